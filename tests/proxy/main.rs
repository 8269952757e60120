//! Calls through proxies.
//!
//! - `main`: http proxies. tinyproxy from Debian is one (`tools/need tinyproxy-bin` installs it).
//! - `https_proxy`: proxies that speak TLS
//! - `tunnel`: https through CONNECT
//! - `socks`: SOCKS5
//! - `servers`: the proxies and servers of these tests

#[path = "../common/authority.rs"]
mod authority;
#[path = "../common/mod.rs"]
mod common;
mod https_proxy;
mod servers;
mod socks;
mod tunnel;

use std::time::Duration;

use aura_users::{Error, ErrorKind, Options, User, blocking};
use common::{Act, Flood, Server, behind, bound, json, user, within};
use servers::{Connects, Proxy, socks};

const CREDENTIALS: &str = "eric:p%61ssw0rd@";

#[test]
fn requests_go_through_the_proxy_with_its_credentials() {
    let (proxy, server) = (Proxy::start(), Server::start(|_, _| Act::Reply(user())));
    let client = server.client().with_options(Options::new().proxy(proxy.url(CREDENTIALS)));
    client.get_user("eric").unwrap();
    client.get_user("eric").unwrap();
    let requests = server.requests();
    let via = requests[0].header("via").unwrap();
    assert!(via.contains("tinyproxy"), "{via}");
    assert_eq!(requests[0].header("proxy-authorization"), None);
}

#[test]
fn plain_http_goes_to_the_proxy_with_the_whole_url() {
    let proxy = Server::start(|nth, _| match nth {
        0 => Act::Reply(json(302, &[("location", "/api/users/2")], "")),
        3 => Act::Reply(json(204, &[], "")),
        _ => Act::Reply(user()),
    });
    let url = proxy.url().replace("//", "//er%20ic:p%40ss@");
    let client = blocking::Client::new(behind(&url).api_key("key")).unwrap();
    client.get_user("1").unwrap();
    client.get_user("3").unwrap();
    client.reset_user_password("4").unwrap();
    let requests = proxy.requests();
    let targets = ["users/1", "users/2", "users/3", "users/4/reset"];
    for (request, target) in requests.iter().zip(targets) {
        assert_eq!(request.target, format!("http://hex.example/api/{target}"));
        assert_eq!(request.header("host"), Some("hex.example"));
        assert_eq!(request.header("authorization"), Some("key"));
        assert_eq!(request.header("proxy-authorization"), Some("Basic ZXIgaWM6cEBzcw=="));
    }
    let connections: Vec<_> = requests.iter().map(|request| request.connection).collect();
    assert_eq!(connections, [0, 0, 0, 1]);
}

#[test]
fn a_flood_of_interim_replies_through_a_proxy_delays_nothing() {
    let (socks, _) = socks();
    let limit = Duration::from_millis(500);
    for way in ["http", "CONNECT", "SOCKS"] {
        let flood = Flood::start();
        let behind = behind(&format!("http://127.0.0.1:{}", flood.port)).max_retries(0);
        let options = match way {
            "http" => behind,
            "CONNECT" => behind.repo_url("https://hex.example/api"),
            _ => flood.options().proxy(format!("socks5://127.0.0.1:{socks}")),
        };
        let error = within(limit, || get(options.clone().timeout(limit)).unwrap_err());
        let kinds = [ErrorKind::Decode, ErrorKind::Connect, ErrorKind::Timeout];
        assert!(kinds.contains(&error.kind()), "{way}: {error}");
        flood.delays_no_other_call(options.clone());
        // The flood itself ends the call, also on a machine that reads it slowly.
        let patient = options.timeout(bound(60)).total_timeout(bound(60));
        let error = get(patient.connect_timeout(bound(60))).unwrap_err();
        assert!(error.message().contains("interim replies"), "{way}: {error}");
    }
}

#[test]
fn the_error_of_a_proxy_differs_from_the_servers() {
    let (proxy, server) = (Proxy::start(), Server::start(|_, _| Act::Reply(user())));
    let client = server.client().with_options(Options::new().proxy(proxy.url("")));
    let error = client.get_user("eric").unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::UnexpectedStatus, Some(407)));
    assert!(error.hint().unwrap().contains("option proxy"), "{error}");
    // This proxy answers 401 to a wrong password.
    let client = server.client().with_options(Options::new().proxy(proxy.url("eric:wrong@")));
    let error = client.get_user("eric").unwrap_err();
    assert!(!error.to_string().contains("wrong"), "{error}");
    assert_eq!(server.connections(), 0);
}

#[test]
fn hosts_in_no_proxy_are_reached_directly() {
    let server = Server::start(|_, _| Act::Reply(user()));
    let nowhere = Options::new().proxy("http://127.0.0.1:1").max_retries(0);
    let client = server.client().with_options(nowhere.clone());
    assert_eq!(client.get_user("eric").unwrap_err().kind(), ErrorKind::Connect);
    for exceptions in ["127.0.0.1", "127.0.0.0/8", "example.com, 127.0.0.1"] {
        let client = server.client().with_options(nowhere.clone().no_proxy(exceptions));
        client.get_user("eric").unwrap();
    }
}

fn get(options: Options) -> Result<User, Error> {
    blocking::Client::new(options).unwrap().get_user("eric")
}

#[test]
fn refused_credentials_of_a_proxy_are_not_missing_ones() {
    let answer = "HTTP/1.1 407 No\r\ncontent-length: 0\r\n\r\n";
    for scheme in ["http", "https"] {
        for (credentials, hint) in [("", "put the proxy's user"), ("u:pw@", "refuses the user")] {
            let url = Connects::start(answer).url().replace("//", &format!("//{credentials}"));
            let options = Options::new().repo_url(format!("{scheme}://hex.example/api")).env(false);
            let error = get(options.proxy(url)).unwrap_err();
            assert_eq!(error.status(), Some(407), "{error}");
            assert!(error.hint().unwrap().contains(hint), "{error}");
            assert!(!error.to_string().contains("pw"), "{error}");
        }
    }
}

#[test]
fn a_407_without_a_proxy_does_not_ask_for_the_proxys_password() {
    let server = Server::start(|_, _| Act::Reply(json(407, &[], "{}")));
    let error = server.client().get_user("eric").unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::UnexpectedStatus, Some(407)));
    let hint = error.hint().unwrap();
    assert!(hint.contains("check repo_url") && !hint.contains("password"), "{error}");
}

#[test]
fn a_proxy_that_cannot_be_reached_is_named() {
    for scheme in ["http", "https", "socks5", "socks5h"] {
        for url in ["http://192.0.2.1/api", "https://192.0.2.1/api"] {
            let options = Options::new().repo_url(url).env(false).max_retries(0);
            let error = get(options.proxy(format!("{scheme}://u:pw@127.0.0.1:1"))).unwrap_err();
            assert_eq!((error.kind(), error.attempts()), (ErrorKind::Connect, 0), "{error}");
            let message = error.message();
            assert!(message.contains("the proxy of the option proxy"), "{scheme} {url}: {error}");
            assert!(message.contains("refused"), "{scheme} {url}: {error}");
            assert!(!error.to_string().contains("pw"), "{error}");
        }
    }
}
