//! The route to a server: direct, or through a proxy.
//!
//! The syntax of `no_proxy` is that of curl and of Python's requests. Where they differ, we follow:
//!
//! - curl: a domain matches whole labels (in requests, `example.com` also matches `myexample.com`),
//!   spaces separate entries like commas, IPv6 networks are supported, and a network with more bits
//!   than an address has (`192.0.2.5/33`) matches nothing
//! - requests: an entry may have a port
//!
//! In both, `*` is valid only on its own.

use std::net::IpAddr;

use secrecy::{ExposeSecret, SecretString};
use url::{Host, Url};

use super::environment::Environment;
use super::option_values;
use super::options;
use crate::Result;
use crate::loopback;
use crate::transport::Proxy;

/// Set by a CGI server.
pub(super) const CGI: &str = "REQUEST_METHOD";
pub(super) const HTTP_PROXY: [&str; 2] = ["http_proxy", "HTTP_PROXY"];
pub(super) const HTTPS_PROXY: [&str; 2] = ["https_proxy", "HTTPS_PROXY"];
pub(super) const ALL_PROXY: [&str; 2] = ["all_proxy", "ALL_PROXY"];

/// The proxies in the environment.
#[derive(Default)]
pub(super) struct EnvProxies {
    http: Option<ProxyVariable>,
    https: Option<ProxyVariable>,
    all: Option<ProxyVariable>,
}

struct ProxyVariable {
    variable: &'static str,
    /// Its URL, or why it is rejected.
    url: Result<SecretString, String>,
}

impl EnvProxies {
    /// A CGI server copies the `Proxy:` header of a request to `HTTP_PROXY`, so it is ignored there.
    pub(super) fn of(environment: &Environment) -> Self {
        let is_cgi = environment.get(CGI).is_some();
        let http = if is_cgi { &HTTP_PROXY[..1] } else { &HTTP_PROXY };
        Self {
            http: ProxyVariable::first(environment, http),
            https: ProxyVariable::first(environment, &HTTPS_PROXY),
            all: ProxyVariable::first(environment, &ALL_PROXY),
        }
    }

    fn for_url(&self, url: &Url) -> Option<&ProxyVariable> {
        let own = if url.scheme() == "https" { &self.https } else { &self.http };
        own.as_ref().or(self.all.as_ref())
    }
}

impl ProxyVariable {
    /// The first of these variables that is not empty.
    fn first(environment: &Environment, variables: &[&'static str]) -> Option<Self> {
        let (variable, value) = environment.first_set(variables)?;
        let url = match value.into_string() {
            // Other programs accept a host without a scheme, so this does too.
            Ok(text) if !text.contains("://") => option_values::proxy(&format!("http://{text}")),
            Ok(text) => option_values::proxy(&text),
            Err(_) => Err("is not valid UTF-8".to_owned()),
        };
        Some(Self { variable, url })
    }
}

/// The proxy for `url`, if there is one: of the option, or of the environment, except for the
/// loopback.
///
/// # Errors
/// The proxy of the environment is invalid.
pub(super) fn find_proxy(
    url: &Url,
    option: Option<SecretString>,
    environment: &EnvProxies,
    no_proxy: &str,
) -> Result<Option<Proxy>> {
    if is_excepted(url, no_proxy) {
        return Ok(None);
    }
    if let Some(url) = option {
        return Ok(Some(Proxy { url, source: "the option proxy" }));
    }
    let Some(ProxyVariable { variable, url }) =
        environment.for_url(url).filter(|_| !loopback::is_host_of(url))
    else {
        return Ok(None);
    };
    match url {
        Ok(url) => Ok(Some(Proxy { url: url.clone(), source: variable })),
        Err(why) => Err(options::rejected(variable, options::allowed_values("proxy"), why)),
    }
}

/// Whether the proxy is on this machine.
pub(super) fn is_local(proxy: &Proxy) -> bool {
    Url::parse(proxy.url.expose_secret()).is_ok_and(|url| match url.host() {
        // `url` parses the host of a SOCKS URL as a name, even if it is an address.
        Some(Host::Domain(name)) => match name.parse::<IpAddr>() {
            Ok(address) => loopback::is_address(address),
            Err(_) => loopback::is_name(name),
        },
        _ => loopback::is_host_of(&url),
    })
}

/// Whether `no_proxy` contains the host of `url`.
fn is_excepted(url: &Url, no_proxy: &str) -> bool {
    if no_proxy.trim() == "*" {
        return true;
    }
    let port = url.port_or_known_default();
    let entries = no_proxy.split(|character: char| character == ',' || character.is_whitespace());
    match url.host() {
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.').to_ascii_lowercase();
            entries.filter_map(Entry::parse).any(|entry| entry.is_domain_of(&name, port))
        }
        Some(Host::Ipv4(address)) => {
            entries.filter_map(Entry::parse).any(|entry| entry.has(address.into(), port))
        }
        Some(Host::Ipv6(address)) => {
            entries.filter_map(Entry::parse).any(|entry| entry.has(address.into(), port))
        }
        None => false,
    }
}

/// An entry of `no_proxy`: `host`, `host:port`, an address or a network.
struct Entry<'a> {
    host: &'a str,
    port: Option<u16>,
}

impl<'a> Entry<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let whole = Self { host: text, port: None };
        if text.is_empty() {
            return None;
        }
        if let Some(rest) = text.strip_prefix('[') {
            let (host, rest) = rest.split_once(']')?;
            let port = rest.strip_prefix(':').map(str::parse).transpose().ok()?;
            return Some(Self { host, port });
        }
        // Several colons are an IPv6 address.
        match text.split_once(':') {
            Some((host, port)) if !port.contains(':') => match port.parse() {
                Ok(port) => Some(Self { host, port: Some(port) }),
                Err(_) => None,
            },
            _ => Some(whole),
        }
    }

    fn is_for(&self, port: Option<u16>) -> bool {
        self.port.is_none() || self.port == port
    }

    /// Whether it is `name`, or a domain that `name` is in.
    fn is_domain_of(&self, name: &str, port: Option<u16>) -> bool {
        let domain = self.host.trim_start_matches('.').trim_end_matches('.').to_ascii_lowercase();
        let is_in = match name.strip_suffix(domain.as_str()) {
            Some(rest) => rest.is_empty() || rest.ends_with('.'),
            None => false,
        };
        !domain.is_empty() && is_in && self.is_for(port)
    }

    fn has(&self, address: IpAddr, port: Option<u16>) -> bool {
        let (network, bits) = match self.host.split_once('/') {
            Some((network, bits)) => (network, bits.parse().map(Some)),
            None => (self.host, Ok(None)),
        };
        let (Ok(network), Ok(bits)) = (network.parse::<IpAddr>(), bits) else { return false };
        let is_in = match (network, address) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                have_same_prefix(network.to_bits().into(), address.to_bits().into(), 32, bits)
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                have_same_prefix(network.to_bits(), address.to_bits(), 128, bits)
            }
            _ => false,
        };
        is_in && self.is_for(port)
    }
}

/// Whether the first `bits` of two numbers of `width` bits are equal, or all bits if it is `None`.
fn have_same_prefix(one: u128, other: u128, width: u32, bits: Option<u32>) -> bool {
    let rest = width.checked_sub(bits.unwrap_or(width));
    rest.is_some_and(|rest| (one ^ other).checked_shr(rest).unwrap_or(0) == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_excepted_from_the_proxy() {
        for (no_proxy, url, is) in [
            ("*", "https://hex.pm", true),
            (" * ", "https://hex.pm", true),
            ("a,*", "https://hex.pm", false),
            ("", "https://hex.pm", false),
            (",", "https://hex.pm", false),
            (".", "https://hex.pm", false),
            ("hex.pm", "https://hex.pm", true),
            ("hex.pm", "https://www.hex.pm", true),
            ("hex.pm", "https://myhex.pm", false),
            (".hex.pm", "https://www.hex.pm", true),
            (".hex.pm", "https://hex.pm", true),
            ("HEX.PM.", "https://hex.pm", true),
            ("hex.pm", "https://hex.pm.", true),
            ("a b , hex.pm", "https://hex.pm", true),
            ("hex.pm:443", "https://hex.pm", true),
            ("hex.pm:444", "https://hex.pm", false),
            ("hex.pm:444", "https://hex.pm:444", true),
            ("hex.pm:x", "https://hex.pm", false),
            ("10.0.0.1", "http://10.0.0.1", true),
            ("0.0.1", "http://10.0.0.1", false),
            ("10.0.0.0/8", "http://10.1.2.3", true),
            ("10.0.0.0/8", "http://11.1.2.3", false),
            ("0.0.0.0/0", "http://11.1.2.3", true),
            ("10.0.0.0/x", "http://10.0.0.0", false),
            ("10.0.0.1/32", "http://10.0.0.1", true),
            ("10.0.0.1/33", "http://10.0.0.1", false),
            ("10.0.0.1/128", "http://10.0.0.1", false),
            ("10.0.0.1:80", "http://10.0.0.1", true),
            ("10.0.0.1:81", "http://10.0.0.1", false),
            ("::1", "http://[::1]", true),
            ("[::1]", "http://[::1]", true),
            ("[::1]:8080", "http://[::1]:8080", true),
            ("[::1]:8080", "http://[::1]", false),
            ("fd00::/8", "http://[fd12::1]", true),
            ("fd00::/8", "http://[fe12::1]", false),
            ("fd00::/128", "http://[fd00::]", true),
            ("fd00::/129", "http://[fd00::]", false),
            ("::/0", "http://[fe12::1]", true),
            ("::/0", "http://10.0.0.1", false),
        ] {
            let url = Url::parse(url).unwrap();
            assert_eq!(is_excepted(&url, no_proxy), is, "{no_proxy:?} {url}");
        }
    }

    #[test]
    fn a_proxy_is_on_this_machine_or_not() {
        for (url, is) in [
            ("http://localhost:3128", true),
            ("socks5://127.0.0.1:1080", true),
            ("socks5h://[::1]:1080", true),
            ("socks5://10.0.0.1:1080", false),
            ("http://proxy.example", false),
        ] {
            let proxy = Proxy { url: url.into(), source: "the option proxy" };
            assert_eq!(is_local(&proxy), is, "{url}");
        }
    }
}
