//! Finds the way to a server: direct, or through a proxy.
//!
//! `no_proxy` means the same as in curl and in Python's requests. If they differ, we follow:
//!
//! - curl: a domain matches at its dots (for requests, `example.com` matches `myexample.com` too),
//!   blanks separate entries as commas do, and IPv6 networks count
//! - requests: an entry may have a port
//!
//! In both, `*` counts only if it stands alone.

use std::net::IpAddr;

use secrecy::{ExposeSecret, SecretString};
use url::{Host, Url};

use super::option_values;
use super::options;
use crate::Result;
use crate::loopback;
use crate::transport::Proxy;

/// Set by a CGI host.
pub(super) const CGI: &str = "REQUEST_METHOD";
pub(super) const HTTP_PROXY: [&str; 2] = ["http_proxy", "HTTP_PROXY"];
pub(super) const HTTPS_PROXY: [&str; 2] = ["https_proxy", "HTTPS_PROXY"];
pub(super) const ALL_PROXY: [&str; 2] = ["all_proxy", "ALL_PROXY"];

/// The proxies that the environment names.
#[derive(Default)]
pub(super) struct EnvProxies {
    http: Option<Named>,
    https: Option<Named>,
    all: Option<Named>,
}

struct Named {
    variable: &'static str,
    /// Its URL, or what is wrong with it.
    url: Result<SecretString, String>,
}

impl EnvProxies {
    /// A CGI host puts a request's `Proxy:` header into `HTTP_PROXY`, so there it does not count.
    pub(super) fn read() -> Self {
        let is_cgi = std::env::var_os(CGI).is_some();
        let http = if is_cgi { &HTTP_PROXY[..1] } else { &HTTP_PROXY };
        Self {
            http: Named::first(http),
            https: Named::first(&HTTPS_PROXY),
            all: Named::first(&ALL_PROXY),
        }
    }

    fn of(&self, url: &Url) -> Option<&Named> {
        let own = if url.scheme() == "https" { &self.https } else { &self.http };
        own.as_ref().or(self.all.as_ref())
    }
}

impl Named {
    /// The first of these that is set to something.
    fn first(variables: &[&'static str]) -> Option<Self> {
        variables.iter().find_map(|variable| {
            let value = std::env::var_os(variable).filter(|value| !value.is_empty())?;
            let url = match value.into_string() {
                // Other programs take a bare host here, so ours does too.
                Ok(text) if !text.contains("://") => {
                    option_values::proxy(&format!("http://{text}"))
                }
                Ok(text) => option_values::proxy(&text),
                Err(_) => Err("is not valid UTF-8".to_owned()),
            };
            Some(Self { variable, url })
        })
    }
}

/// The proxy on the way to `url`, if there is one: that of the option, or that of the environment,
/// which does not count for the loopback.
///
/// # Errors
/// The environment's is none that can be used.
pub(super) fn proxy(
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
    let Some(Named { variable, url }) = environment.of(url).filter(|_| !loopback::is_host_of(url))
    else {
        return Ok(None);
    };
    match url {
        Ok(url) => Ok(Some(Proxy { url: url.clone(), source: variable })),
        Err(why) => Err(options::refused(variable, options::allowed("proxy"), why)),
    }
}

/// Whether the way to the proxy does not leave this machine.
pub(super) fn stays_here(proxy: &Proxy) -> bool {
    Url::parse(proxy.url.expose_secret()).is_ok_and(|url| match url.host() {
        // In a URL of socks, an address is no address yet.
        Some(Host::Domain(name)) => match name.parse::<IpAddr>() {
            Ok(address) => loopback::is_address(address),
            Err(_) => loopback::is_name(name),
        },
        _ => loopback::is_host_of(&url),
    })
}

/// Whether `no_proxy` names the host of `url`.
fn is_excepted(url: &Url, no_proxy: &str) -> bool {
    if no_proxy.trim() == "*" {
        return true;
    }
    let port = url.port_or_known_default();
    let entries = no_proxy.split(|character: char| character == ',' || character.is_whitespace());
    match url.host() {
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.').to_ascii_lowercase();
            entries.filter_map(Entry::read).any(|entry| entry.is_domain_of(&name, port))
        }
        Some(Host::Ipv4(address)) => {
            entries.filter_map(Entry::read).any(|entry| entry.has(address.into(), port))
        }
        Some(Host::Ipv6(address)) => {
            entries.filter_map(Entry::read).any(|entry| entry.has(address.into(), port))
        }
        None => false,
    }
}

/// One entry of `no_proxy`: `host`, `host:port`, an address or a network.
struct Entry<'a> {
    host: &'a str,
    port: Option<u16>,
}

impl<'a> Entry<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let whole = Self { host: text, port: None };
        if text.is_empty() {
            return None;
        }
        if let Some(rest) = text.strip_prefix('[') {
            let (host, rest) = rest.split_once(']')?;
            let port = rest.strip_prefix(':').map(str::parse).transpose().ok()?;
            return Some(Self { host, port });
        }
        // More than one colon is an address of IPv6.
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
            Some((network, bits)) => (network, bits.parse().ok()),
            None => (self.host, Some(128)),
        };
        let (Ok(network), Some(bits)) = (network.parse::<IpAddr>(), bits) else { return false };
        let is_in = match (network, address) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                agree(network.to_bits().into(), address.to_bits().into(), 32, bits)
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                agree(network.to_bits(), address.to_bits(), 128, bits)
            }
            _ => false,
        };
        is_in && self.is_for(port)
    }
}

/// Whether two numbers of `width` bits have the first `bits` in common.
fn agree(one: u128, other: u128, width: u32, bits: u32) -> bool {
    let rest = width.saturating_sub(bits);
    (one ^ other).checked_shr(rest).unwrap_or(0) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_reached_without_a_proxy() {
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
            ("10.0.0.1:80", "http://10.0.0.1", true),
            ("10.0.0.1:81", "http://10.0.0.1", false),
            ("::1", "http://[::1]", true),
            ("[::1]", "http://[::1]", true),
            ("[::1]:8080", "http://[::1]:8080", true),
            ("[::1]:8080", "http://[::1]", false),
            ("fd00::/8", "http://[fd12::1]", true),
            ("fd00::/8", "http://[fe12::1]", false),
            ("::/0", "http://[fe12::1]", true),
            ("::/0", "http://10.0.0.1", false),
        ] {
            let url = Url::parse(url).unwrap();
            assert_eq!(is_excepted(&url, no_proxy), is, "{no_proxy:?} {url}");
        }
    }

    #[test]
    fn a_proxy_of_this_machine() {
        for (url, is) in [
            ("http://localhost:3128", true),
            ("socks5://127.0.0.1:1080", true),
            ("socks5h://[::1]:1080", true),
            ("socks5://10.0.0.1:1080", false),
            ("http://proxy.example", false),
        ] {
            let proxy = Proxy { url: url.into(), source: "the option proxy" };
            assert_eq!(stays_here(&proxy), is, "{url}");
        }
    }
}
