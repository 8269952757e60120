//! Decides which hosts and addresses are the loopback.

use std::net::IpAddr;

use url::{Host, Url};

/// RFC 6761, 6.3: `localhost` and its subdomains never leave the machine.
pub(crate) fn is_name(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
    name == "localhost" || name.ends_with(".localhost")
}

pub(crate) fn is_address(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

/// Whether the host of `url` is this machine.
pub(crate) fn is_host_of(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => is_name(name),
        Some(Host::Ipv4(address)) => is_address(address.into()),
        Some(Host::Ipv6(address)) => is_address(address.into()),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_addresses_of_this_machine() {
        for name in ["localhost", "LOCALHOST", "localhost.", "a.localhost", "a.b.localhost."] {
            assert!(is_name(name), "{name}");
        }
        for name in ["localhost.example", "mylocalhost", "", "."] {
            assert!(!is_name(name), "{name}");
        }
        for address in ["127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1"] {
            assert!(is_address(address.parse().unwrap()), "{address}");
        }
        for address in ["0.0.0.0", "10.0.0.1", "::", "::ffff:10.0.0.1", "fe80::1"] {
            assert!(!is_address(address.parse().unwrap()), "{address}");
        }
    }
}
