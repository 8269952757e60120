//! Which connection a request uses, and what happens to the connection.

mod common;

use std::fs;
use std::process::Command;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use aura_users::{CancelToken, Client, Error, ErrorKind, Options, User, blocking, reqwest};
use common::{Act, Request, Server, bound, json, raw, user, within};

/// The ways to call: a blocking call, a started call, and a call in a runtime of the program.
struct Ways {
    blocking: blocking::Client,
    hosted: Vec<(tokio::runtime::Runtime, Client)>,
}

impl Ways {
    fn of(options: &Options) -> Self {
        let own = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let threads = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        Self {
            blocking: blocking::Client::new(options.clone()).unwrap(),
            hosted: vec![
                (own, Client::new(options.clone()).unwrap()),
                (threads, Client::new(options.clone()).unwrap()),
            ],
        }
    }

    const COUNT: usize = 4;

    fn get(&self, way: usize, options: &Options) -> Result<User, Error> {
        match way {
            0 => self.blocking.with_options(options.clone()).get_user("eric"),
            1 => {
                let client = self.blocking.with_options(options.clone());
                let call = client.get_user_start("eric").unwrap();
                assert!(call.wait(Some(bound(60))));
                call.take().unwrap()
            }
            _ => {
                let (runtime, client) = &self.hosted[way - 2];
                let client = client.with_options(options.clone());
                // Without a thread, the runtime does nothing between two calls.
                runtime.block_on(client.get_user("eric"))
            }
        }
    }
}

/// Options for a server, directly or as the proxy on the way to another server.
const ROUTES: [fn(&Server) -> Options; 2] = [Server::options, Server::options_as_proxy];

#[test]
fn bytes_before_the_request_are_no_reply_to_it() {
    let other = json(200, &[], r#"{"username":"other"}"#);
    let timed_out = raw(408, &[("connection", "close")], "text/plain", b"too slow");
    let cases = [other, timed_out].map(|more| ROUTES.map(|route| (more.clone(), route)));
    for (more, route) in cases.into_iter().flatten() {
        let server = Server::start(move |_, _| Act::ReplyAndMore(user(), 3, more.clone()));
        let ways = Ways::of(&route(&server));
        for way in 0..Ways::COUNT {
            for (round, pause) in [0, 5, 60, 0, 200].into_iter().enumerate() {
                let key = Options::new().api_key(format!("key {round}"));
                assert_eq!(ways.get(way, &key).unwrap().username(), "eric", "way {way}");
                server.wait_for_more(5 * way + round + 1);
                thread::sleep(Duration::from_millis(pause));
            }
        }
        // Each request had its own connection, and none was sent twice.
        assert_eq!(server.requests().len(), 5 * Ways::COUNT);
        assert_eq!(server.connections(), 5 * Ways::COUNT);
    }
}

#[test]
fn bytes_after_a_reply_are_no_reply_to_the_next_request() {
    let other = json(200, &[], r#"{"username":"other"}"#);
    let server = Server::start(move |_, _| Act::Reply([user(), other.clone()].concat()));
    let ways = Ways::of(&server.options());
    for way in 0..Ways::COUNT {
        for _ in 0..5 {
            assert_eq!(ways.get(way, &Options::new()).unwrap().username(), "eric");
        }
    }
    assert_eq!(server.requests().len(), 5 * Ways::COUNT, "nothing was sent twice");
}

#[test]
fn a_good_connection_is_used_again() {
    for route in ROUTES {
        let server = Server::start(|_, _| Act::Reply(user()));
        let ways = Ways::of(&route(&server));
        for way in 0..Ways::COUNT {
            let others = server.connections();
            for pause in [0, 0, 60, 0] {
                thread::sleep(Duration::from_millis(pause));
                ways.get(way, &Options::new().api_key(format!("key {pause}"))).unwrap();
            }
            // Through a proxy, blocking and started calls share the background thread.
            assert!(server.connections() <= others + 1, "way {way}");
        }
    }
}

#[test]
fn a_connection_that_switched_protocols_is_not_used_again() {
    let switch = b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n";
    let server = Server::start(|nth, _| match nth % 2 {
        0 => Act::Reply(switch.to_vec()),
        _ => Act::Reply(user()),
    });
    let ways = Ways::of(&server.options().max_retries(0));
    for way in 0..Ways::COUNT {
        let error = ways.get(way, &Options::new()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnexpectedStatus, "way {way}: {error}");
        ways.get(way, &Options::new()).unwrap();
        let requests = server.requests();
        let [.., switched, next] = &requests[..] else { unreachable!() };
        assert_ne!(switched.connection, next.connection, "way {way}");
    }
}

#[test]
fn a_connection_on_which_an_attempt_timed_out_is_not_used_again() {
    let is_late = |request: &Request| request.header("authorization") == Some("late");
    let cut = user()[..30].to_vec();
    let cases = [Vec::new(), cut].map(|stall| ROUTES.map(|route| (stall.clone(), route)));
    for (stall, route) in cases.into_iter().flatten() {
        let server = Server::start(move |_, request| match is_late(request) {
            true => Act::Stall(stall.clone()),
            false => Act::Reply(user()),
        });
        let ways = Ways::of(&route(&server).max_retries(0));
        let late =
            || server.requests().into_iter().filter(is_late).map(|request| request.connection);
        for way in 0..Ways::COUNT {
            ways.get(way, &Options::new()).unwrap();
            let seen = late().count();
            let hurried = Options::new().api_key("late").timeout(Duration::from_millis(200));
            // On a busy machine the timeout may pass before the request arrives.
            let mut attempts = 0;
            for _ in (0..60).take_while(|_| late().count() == seen) {
                let error = ways.get(way, &hurried).unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
                attempts = attempts.max(error.attempts());
            }
            assert_eq!((late().count() > seen, attempts), (true, 1), "way {way}");
            ways.get(way, &Options::new()).unwrap();
            let next = server.requests().into_iter().rfind(|request| !is_late(request)).unwrap();
            assert!(late().all(|connection| connection != next.connection), "way {way}");
        }
    }
}

fn open_sockets() -> usize {
    open_descriptors("socket:")
}

/// How many descriptors of this kind are open.
fn open_descriptors(kind: &str) -> usize {
    let entries = fs::read_dir("/proc/self/fd").unwrap().filter_map(Result::ok);
    let links = entries.filter_map(|entry| fs::read_link(entry.path()).ok());
    links.filter(|link| link.to_string_lossy().starts_with(kind)).count()
}

/// Whether the test `name` runs in its own process, with few descriptors. If not, runs it there.
fn is_alone(name: &str) -> bool {
    const ALONE: &str = "AURA_TEST_ALONE";
    if std::env::var_os(ALONE).is_some() {
        return true;
    }
    let status = Command::new("sh")
        .args(["-c", "ulimit -n 256; exec \"$0\" --exact \"$1\""])
        .arg(std::env::current_exe().unwrap())
        .arg(name)
        .env(ALONE, "1")
        .status()
        .unwrap();
    assert!(status.success());
    false
}

#[test]
#[cfg(unix)]
fn a_thousand_calls_at_once_need_few_descriptors() {
    if !is_alone("a_thousand_calls_at_once_need_few_descriptors") {
        return;
    }
    let server = Server::start(|_, _| Act::Reply(user()));
    let client = server.client();
    let calls: Vec<_> = (0..1000).map(|_| client.get_user_start("eric").unwrap()).collect();
    for call in calls {
        assert!(call.wait(Some(bound(60))));
        call.take().unwrap().unwrap();
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_blocking_call_needs_two_descriptors() {
    const CALLS: usize = 20;
    if !is_alone("a_blocking_call_needs_two_descriptors") {
        return;
    }
    let server = Server::start(|_, _| Act::Stall(Vec::new()));
    let token = CancelToken::new();
    let client = server.client().with_cancel_token(token.clone());
    let (sockets, others) = (open_sockets(), open_descriptors("anon_inode:"));
    thread::scope(|scope| {
        let calls = [0; CALLS].map(|_| scope.spawn(|| client.get_user("eric").unwrap_err()));
        while server.requests().len() < CALLS {
            thread::sleep(Duration::from_millis(10));
        }
        // The server in this process has two of each connection.
        assert_eq!(open_sockets() - sockets, 3 * CALLS);
        assert_eq!(open_descriptors("anon_inode:") - others, CALLS);
        token.cancel();
        for call in calls {
            assert_eq!(call.join().unwrap().kind(), ErrorKind::Cancelled);
        }
    });
}

#[test]
#[cfg(target_os = "linux")]
fn a_post_leaves_no_connection_behind() {
    if !is_alone("a_post_leaves_no_connection_behind") {
        return;
    }
    let server = Server::start(|_, _| Act::Reply(json(204, &[], "")));
    let ways = Ways::of(&server.options());
    let before = open_sockets();
    for _ in 0..50 {
        ways.blocking.reset_user_password("eric").unwrap();
        let call = ways.blocking.reset_user_password_start("eric").unwrap();
        assert!(call.wait(Some(bound(60))));
        call.take().unwrap().unwrap();
        for (runtime, client) in &ways.hosted {
            runtime.block_on(client.reset_user_password("eric")).unwrap();
        }
    }
    // The server closes its ends a little later. Each way of calling may keep one connection, which
    // has three descriptors with those of the server, and has a runtime with one or two.
    for _ in 0..600 {
        if open_sockets() <= before + 5 * Ways::COUNT {
            return;
        }
        thread::sleep(Duration::from_millis(100));
    }
    panic!("{} sockets more", open_sockets() - before);
}

#[test]
#[cfg(target_os = "linux")]
fn a_post_closes_an_idle_connection_if_there_are_too_many() {
    if !is_alone("a_post_closes_an_idle_connection_if_there_are_too_many") {
        return;
    }
    // The two calls need two connections.
    let both = Barrier::new(2);
    let server = Server::start(move |_, request| {
        if request.method != "GET" {
            return Act::Stall(Vec::new());
        }
        both.wait();
        Act::Reply(user())
    });
    let token = CancelToken::new();
    let options = server.options().max_connections(2).timeout(bound(60));
    let client = blocking::Client::new(options).unwrap().with_cancel_token(token.clone());
    for call in [0; 2].map(|_| client.get_user_start("eric").unwrap()) {
        assert!(call.wait(Some(bound(60))));
    }
    let before = open_sockets();
    let posts = [0; 2].map(|_| client.reset_user_password_start("eric").unwrap());
    while server.requests().len() < 4 {
        thread::sleep(Duration::from_millis(10));
    }
    // Otherwise idle connections are closed after 50 s.
    let ends = Instant::now() + Duration::from_secs(20);
    while open_sockets() > before && Instant::now() < ends {
        thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(open_sockets(), before);
    token.cancel();
    assert!(posts.iter().all(|post| post.wait(Some(bound(60)))));
}

/// The n-th call's own `connect_timeout`.
fn own_connect_timeout(nth: usize) -> Options {
    Options::new().connect_timeout(bound(60) + Duration::from_millis(nth as u64))
}

#[test]
fn calls_share_connections_whatever_their_connect_timeout() {
    let server = Server::start(|_, _| Act::Reply(user()));
    let ways = Ways::of(&server.options());
    for way in 0..Ways::COUNT {
        for nth in [1, 0, 3, 2] {
            ways.get(way, &own_connect_timeout(nth)).unwrap();
        }
        assert_eq!(server.connections(), way + 1);
    }
}

#[test]
fn connections_to_a_server_are_limited_and_calls_wait_for_their_turn() {
    let server = Server::start(|_, _| {
        thread::sleep(Duration::from_millis(5));
        Act::Reply(user())
    });
    let client = blocking::Client::new(server.options().max_connections(3)).unwrap();
    let calls: Vec<_> = (0..100)
        .map(|nth| client.with_options(own_connect_timeout(nth)).get_user_start("eric").unwrap())
        .collect();
    for call in calls {
        assert!(call.wait(Some(bound(60))));
        call.take().unwrap().unwrap();
    }
    assert!(server.connections() <= 3, "{}", server.connections());

    let mute = Server::start(|_, _| Act::Stall(Vec::new()));
    let client = blocking::Client::new(mute.options().max_connections(1)).unwrap();
    let first = client.get_user_start("eric").unwrap();
    let limit = Duration::from_millis(300);
    let hurried = client.with_options(Options::new().timeout(limit));
    let error = within(limit, || {
        let second = hurried.get_user_start("eric").unwrap();
        assert!(second.wait(None));
        second.take().unwrap().unwrap_err()
    });
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Timeout, 0), "{error}");
    assert!(error.message().starts_with("no free connection within timeout"), "{error}");
    assert!(error.hint().unwrap().contains("max_connections"), "{error}");
    drop(first);
}

#[test]
fn a_program_can_use_its_own_http_client() {
    let server = Server::start(|_, _| Act::Reply(user()));
    let tls = rustls_that_trusts_nothing();
    let own = reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .no_proxy()
        .build()
        .unwrap();
    for (refused, name) in [
        (server.options().proxy("http://localhost:1"), "proxy"),
        (server.options().no_proxy("*"), "no_proxy"),
        (server.options().ca_file("/tmp/x.pem"), "ca_file"),
        (server.options().connect_timeout(Duration::from_secs(1)), "connect_timeout"),
    ] {
        let error = Client::with_http_client(refused, own.clone()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        assert!(error.message().starts_with(&format!("{name} does not apply")), "{error}");
    }
    let client = Client::with_http_client(server.options(), own).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        client.get_user("eric").await.unwrap();
        client.get_user("eric").await.unwrap();
        let late = client.with_options(Options::new().no_proxy("*"));
        assert_eq!(late.get_user("eric").await.unwrap_err().kind(), ErrorKind::InvalidArgument);
    });
    assert_eq!((server.requests().len(), server.connections()), (2, 1));
}

fn rustls_that_trusts_nothing() -> rustls::ClientConfig {
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth()
}
