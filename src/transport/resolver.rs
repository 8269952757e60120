//! Looks up names with the system's resolver. It may hang, so it runs on a few separate threads.

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use std::vec;

use hyper_util::client::legacy::connect::dns::Name;
use tower_service::Service;

use crate::loopback;
use crate::runtime::offload::Workers;
use crate::runtime::shared::Shared;

static LOOK_UPS: LookUps = LookUps::new(PATIENCE, Workers::resolvers(), |name| {
    check_addresses(name, (name, 0).to_socket_addrs()?)
});

/// All callers that need a name share one look-up of it, so a name whose look-up hangs holds one
/// thread, or two after [`PATIENCE`].
struct LookUps {
    /// A few threads. More look-ups wait, within their deadlines.
    threads: Workers,
    resolve: fn(&str) -> Found,
    running: Shared<String, Found>,
}

type Found = io::Result<Vec<SocketAddr>>;

/// The system's resolver asks its next server after this time.
const PATIENCE: Duration = Duration::from_secs(5);

impl LookUps {
    const fn new(patience: Duration, threads: Workers, resolve: fn(&str) -> Found) -> Self {
        Self { threads, resolve, running: Shared::new(patience) }
    }

    async fn find(&'static self, name: &str) -> Found {
        loop {
            let (mut found, duty) = self.running.join(&name.to_owned());
            if let Some(duty) = duty {
                let looked_up = self.threads.run(|_| duty.fulfil(|name| (self.resolve)(name)));
                looked_up.await.map_err(io::Error::other)?;
            }
            let found = found.wait_for(Option::is_some).await;
            // Without a result, the caller with the duty has ended.
            if let Some(found) = found.ok().and_then(|found| found.as_ref().map(duplicate)) {
                return found;
            }
        }
    }
}

/// The same result for another caller.
fn duplicate(found: &Found) -> Found {
    match found {
        Ok(addresses) => Ok(addresses.clone()),
        Err(error) => Err(match error.raw_os_error() {
            Some(number) => io::Error::from_raw_os_error(number),
            None => io::Error::new(error.kind(), error.to_string()),
        }),
    }
}

/// Returns the addresses of a name.
#[derive(Clone)]
pub(super) struct Resolver;

/// The addresses of `host`, a name or an address, with `port`.
pub(super) async fn addresses(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    if let Ok(address) = host.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(address, port)]);
    }
    let found = LOOK_UPS.find(host).await?;
    Ok(found.into_iter().map(|address| SocketAddr::new(address.ip(), port)).collect())
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
        Box::pin(async move { Ok(LOOK_UPS.find(name.as_str()).await?.into_iter()) })
    }
}

impl reqwest::dns::Resolve for Resolver {
    fn resolve(&self, name: reqwest::dns::Name) -> reqwest::dns::Resolving {
        Box::pin(async move {
            let found = LOOK_UPS.find(name.as_str()).await?;
            Ok(Box::new(found.into_iter()) as reqwest::dns::Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::{Condvar, Mutex};
    use std::task::Waker;

    use super::*;

    /// A resolver whose look-ups of `dead…` hang until the test ends them.
    struct Dns {
        have_ended: Mutex<bool>,
        ended: Condvar,
        started: AtomicUsize,
    }

    impl Dns {
        const fn new() -> Self {
            Self {
                have_ended: Mutex::new(false),
                ended: Condvar::new(),
                started: AtomicUsize::new(0),
            }
        }

        fn resolve(&self, name: &str) -> io::Result<Vec<SocketAddr>> {
            if !name.starts_with("dead") {
                return Ok(vec![SocketAddr::new([192, 0, 2, 1].into(), 0)]);
            }
            self.started.fetch_add(1, Ordering::SeqCst);
            let have_ended = self.have_ended.lock().unwrap();
            drop(self.ended.wait_while(have_ended, |have_ended| !*have_ended).unwrap());
            Err(io::Error::other("no such name"))
        }

        fn end(&self) {
            *self.have_ended.lock().unwrap() = true;
            self.ended.notify_all();
        }
    }

    fn poll<T>(future: Pin<&mut impl Future<Output = T>>) -> Poll<T> {
        future.poll(&mut Context::from_waker(Waker::noop()))
    }

    /// Waits for the future. The limit ends a test that would hang.
    fn wait_for<T>(future: impl Future<Output = T>) -> T {
        let builder = &mut tokio::runtime::Builder::new_current_thread();
        let runtime = builder.enable_time().build().unwrap();
        let bounded = async { tokio::time::timeout(Duration::from_secs(60), future).await };
        runtime.block_on(bounded).unwrap()
    }

    #[test]
    fn a_dead_name_holds_one_thread_and_its_callers_share_the_look_up() {
        static DNS: Dns = Dns::new();
        static LOOK_UPS: LookUps =
            LookUps::new(Duration::MAX, Workers::resolvers(), |name| DNS.resolve(name));
        for _ in 0..20 {
            assert!(poll(pin!(LOOK_UPS.find("dead.example"))).is_pending());
        }
        assert_eq!(wait_for(LOOK_UPS.find("good.example")).unwrap().len(), 1);
        let mut waiting = [(); 3].map(|()| Box::pin(LOOK_UPS.find("dead.example")));
        assert!(waiting.iter_mut().all(|waiting| poll(waiting.as_mut()).is_pending()));
        DNS.end();
        for waiting in waiting {
            assert_eq!(wait_for(waiting).unwrap_err().to_string(), "no such name");
        }
        assert_eq!(DNS.started.load(Ordering::SeqCst), 1);
        // The result is not kept.
        wait_for(LOOK_UPS.find("dead.example")).unwrap_err();
        assert_eq!(DNS.started.load(Ordering::SeqCst), 2);
    }

    /// A look-up can hang that would succeed now.
    #[test]
    fn a_look_up_that_takes_long_is_started_once_more() {
        static DNS: Dns = Dns::new();
        static LOOK_UPS: LookUps = LookUps::new(Duration::ZERO, Workers::resolvers(), |name| {
            let has_started = DNS.started.load(Ordering::SeqCst) > 0;
            DNS.resolve(if has_started { "good.example" } else { name })
        });
        let mut first = Box::pin(LOOK_UPS.find("dead.example"));
        assert!(poll(first.as_mut()).is_pending());
        while DNS.started.load(Ordering::SeqCst) == 0 {
            std::thread::yield_now();
        }
        assert_eq!(wait_for(LOOK_UPS.find("dead.example")).unwrap().len(), 1);
        DNS.end();
        wait_for(first).unwrap_err();
    }

    #[test]
    fn a_caller_goes_on_if_the_one_that_waits_for_a_thread_ends() {
        static DNS: Dns = Dns::new();
        static LOOK_UPS: LookUps =
            LookUps::new(PATIENCE, Workers::resolvers(), |name| DNS.resolve(name));
        for name in ["dead1", "dead2", "dead3", "dead4"] {
            assert!(poll(pin!(LOOK_UPS.find(name))).is_pending());
        }
        let mut first = Box::pin(LOOK_UPS.find("good.example"));
        let mut second = Box::pin(LOOK_UPS.find("good.example"));
        assert!(poll(first.as_mut()).is_pending() && poll(second.as_mut()).is_pending());
        drop(first);
        DNS.end();
        assert_eq!(wait_for(second).unwrap().len(), 1);
    }

    #[test]
    fn a_panic_ends_the_look_up_for_all() {
        static LOOK_UPS: LookUps =
            LookUps::new(PATIENCE, Workers::resolvers(), |_| panic!("on purpose"));
        for _ in 0..2 {
            assert!(wait_for(LOOK_UPS.find("any")).unwrap_err().to_string().contains("panicked"));
        }
    }

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
