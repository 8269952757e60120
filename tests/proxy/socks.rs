//! SOCKS5 proxies.

use aura_users::{ErrorKind, Options, blocking};

use crate::authority::Authority;
use crate::common::{Act, Server, user};
use crate::get;
use crate::servers::{socks, socks_with, tls_options, tls_port};

#[test]
fn the_refusal_of_a_socks_proxy_is_explained() {
    type Case = (&'static str, &'static [&'static [u8]], &'static str, &'static str);
    let cases: [Case; 5] = [
        ("", &[b"\x05\xff"], "it requires a user and a password", "put the proxy's user"),
        ("u:pw@", &[b"\x05\xff"], "does not accept a user and a password", "check the proxy"),
        ("u:pw@", &[b"\x05\x02", b"\x01\x01"], "not accept this user", "refuses the user"),
        (
            "",
            &[b"\x05\x00", b"\x05\x02\x00\x01\0\0\0\0\0\0"],
            "it answers \"connection not allowed\"",
            "check the proxy",
        ),
        ("", &[b"HTTP/1.1 400 Bad Request\r\n\r\n"], "does not speak SOCKS5", "check the proxy"),
    ];
    for (credentials, answers, words, hint) in cases {
        let proxy = format!("socks5h://{credentials}127.0.0.1:{}", socks_with(answers));
        let options = Options::new().repo_url("https://hex.example/api").env(false).max_retries(0);
        let error = get(options.proxy(proxy)).unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Connect, 0), "{error}");
        assert!(error.message().contains(words), "{error}");
        assert!(error.hint().unwrap().contains(hint), "{error}");
        assert!(!error.message().contains("SOCKS error"), "{error}");
    }
}

/// With socks5, the client looks up the name before it connects to the proxy.
#[test]
fn a_name_that_is_not_found_is_no_matter_of_the_socks_proxy() {
    // No name has a part of 64 letters, so no server is asked.
    let url = format!("https://{}.invalid/api", "a".repeat(64));
    let options = Options::new().repo_url(url).env(false).max_retries(0);
    let error = get(options.proxy("socks5://127.0.0.1:1")).unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Connect, 0), "{error}");
    assert!(error.message().starts_with("the name of the server was not found"), "{error}");
    assert!(error.hint().unwrap().contains("socks5h://"), "{error}");
}

#[test]
fn socks_leads_to_http_and_https() {
    let (authority, plain) = (Authority::new(), Server::start(|_, _| Act::Reply(user())));
    let root = authority.file();
    let (tls_port, _) = tls_port(&authority);
    let tls = tls_options(tls_port, &root);
    let (port, asked) = socks();
    let proxy = |scheme: &str| format!("{scheme}://127.0.0.1:{port}");
    let url = plain.url().replace("127.0.0.1", "localhost");
    get(plain.options().repo_url(&url).proxy(proxy("socks5h"))).unwrap();
    get(plain.options().repo_url(&url).proxy(proxy("socks5"))).unwrap();
    get(tls.clone().proxy(proxy("socks5h"))).unwrap();
    let client = blocking::Client::new(
        plain.options().proxy(format!("socks5h://er%20ic:p%40ss@127.0.0.1:{port}")),
    );
    let client = client.unwrap();
    client.get_user("eric").unwrap();
    client.get_user("eric").unwrap();
    // The certificate is that of localhost.
    for scheme in ["socks5", "socks5h"] {
        let by_address = format!("https://[::1]:{tls_port}/api");
        let error = get(tls.clone().repo_url(by_address).proxy(proxy(scheme))).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Tls, "{error}");
    }
    let asked = asked.lock().unwrap();
    assert_eq!(asked[0], ["", "", "localhost"]);
    let locally = &asked[1][2];
    assert!(locally == "127.0.0.1" || locally == "an address of IPv6", "{asked:?}");
    assert_eq!(asked[2], ["", "", "localhost"]);
    assert_eq!(asked[3], ["er ic", "p@ss", "127.0.0.1"]);
    assert_eq!(asked[4..], [["", "", "an address of IPv6"], ["", "", "an address of IPv6"]]);
    assert_eq!(plain.requests().last().unwrap().target, "/api/users/eric");
}
