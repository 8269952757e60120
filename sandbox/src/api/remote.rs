//! The address of a request, as a load balancer reports it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::http::request::Request;

/// The client's address.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Remote {
    V4(Ipv4Addr),
    /// The real server fails on an address like this.
    V6(Ipv6Addr),
}

impl Remote {
    /// The second to last address in `X-Forwarded-For`, or else the loopback.
    pub(crate) fn of(request: &Request) -> Remote {
        let here = Remote::V4(Ipv4Addr::LOCALHOST);
        let Some(list) = request.header("x-forwarded-for") else {
            return here;
        };
        match list.rsplit(',').nth(1).map(|part| part.trim().parse()) {
            Some(Ok(IpAddr::V4(address))) => Remote::V4(address),
            Some(Ok(IpAddr::V6(address))) => Remote::V6(address),
            _ => here,
        }
    }

    /// As a key's last use shows it: parts joined by dots, for IPv4 and IPv6.
    pub(crate) fn dotted(&self) -> String {
        match self {
            Remote::V4(address) => address.to_string(),
            Remote::V6(address) => {
                let parts = address.segments().map(|part| part.to_string());
                parts.join(".")
            }
        }
    }
}
