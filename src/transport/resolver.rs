//! Looks names up as the system does. That may hang, so it has threads of its own: a few.

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::vec;

use hyper_util::client::legacy::connect::dns::Name;
use tower_service::Service;

use crate::loopback;
use crate::runtime::offload::Crew;

/// Threads that look names up at once. More look-ups wait for their turn, within their deadlines.
static RESOLVERS: Crew = Crew::resolvers();

/// Gives the addresses of a name.
#[derive(Clone)]
pub(super) struct Resolver;

async fn look_up(name: String) -> io::Result<vec::IntoIter<SocketAddr>> {
    let must_stay_here = loopback::is_name(&name);
    let looked_up = RESOLVERS.run(move |_| {
        let addresses = (name.as_str(), 0).to_socket_addrs()?;
        // A key that goes over plain http to this name must not leave the machine.
        let (good, bad): (Vec<_>, Vec<_>) =
            addresses.partition(|address| !must_stay_here || loopback::is_address(address.ip()));
        match (good.is_empty(), bad.first()) {
            (true, Some(bad)) => Err(elsewhere(bad.ip())),
            _ => Ok(good.into_iter()),
        }
    });
    looked_up.await.map_err(io::Error::other)?
}

fn elsewhere(address: IpAddr) -> io::Error {
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
