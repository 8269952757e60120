//! Looks up names with the system's resolver. It may hang, so it runs on a few separate threads.

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::vec;

use hyper_util::client::legacy::connect::dns::Name;
use tower_service::Service;

use crate::loopback;
use crate::runtime::offload::Workers;

/// A few threads. More look-ups wait, within their deadlines.
static RESOLVERS: Workers = Workers::resolvers();

/// Returns the addresses of a name.
#[derive(Clone)]
pub(super) struct Resolver;

/// The addresses of `host`, a name or an address, with `port`.
pub(super) async fn addresses(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    if let Ok(address) = host.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(address, port)]);
    }
    let found = look_up(host.to_owned()).await?;
    Ok(found.map(|address| SocketAddr::new(address.ip(), port)).collect())
}

async fn look_up(name: String) -> io::Result<vec::IntoIter<SocketAddr>> {
    let looked_up = RESOLVERS.run(move |_| {
        let found = (name.as_str(), 0).to_socket_addrs()?;
        check_addresses(&name, found).map(Vec::into_iter)
    });
    looked_up.await.map_err(io::Error::other)?
}

/// A key may go over plain http to a loopback name, so that name must not lead to another machine.
fn check_addresses(
    name: &str,
    found: impl Iterator<Item = SocketAddr>,
) -> io::Result<Vec<SocketAddr>> {
    let must_stay_here = loopback::is_name(name);
    let (good, bad): (Vec<_>, Vec<_>) =
        found.partition(|address| !must_stay_here || loopback::is_address(address.ip()));
    match (good.is_empty(), bad.first()) {
        (true, Some(bad)) => Err(not_loopback_error(bad.ip())),
        _ => Ok(good),
    }
}

fn not_loopback_error(address: IpAddr) -> io::Error {
    io::Error::other(format!(
        "this name is for the machine itself, but it was looked up as {address}"
    ))
}

impl Service<Name> for Resolver {
    type Response = vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        Box::pin(look_up(name.as_str().to_owned()))
    }
}

impl reqwest::dns::Resolve for Resolver {
    fn resolve(&self, name: reqwest::dns::Name) -> reqwest::dns::Resolving {
        let found = look_up(name.as_str().to_owned());
        Box::pin(async move { Ok(Box::new(found.await?) as reqwest::dns::Addrs) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_names_resolve_only_to_the_loopback() {
        let found = |addresses: &[&str]| {
            addresses.iter().map(|address| SocketAddr::new(address.parse().unwrap(), 0)).collect()
        };
        let all: Vec<SocketAddr> = found(&["127.0.0.1", "203.0.113.7", "::1"]);
        for name in ["localhost", "LocalHost.", "hex.localhost"] {
            let good: Vec<SocketAddr> = found(&["127.0.0.1", "::1"]);
            assert_eq!(check_addresses(name, all.clone().into_iter()).unwrap(), good, "{name}");
            let error = check_addresses(name, all[1..2].iter().copied()).unwrap_err();
            assert!(error.to_string().contains("203.0.113.7"), "{error}");
        }
        assert_eq!(check_addresses("hex.pm", all.clone().into_iter()).unwrap(), all);
    }
}
