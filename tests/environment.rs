//! Options from the environment: the variables and their precedence. Each case runs in its own
//! process: this program again, which prints its options if a variable asks for them.

mod common;

use std::process::Command;

use aura_users::{Options, blocking};
use common::{Act, Server, user};

const SHOW: &str = "AURA_TEST_SHOW";

/// The options of a client in exactly this environment, which the program may also pass.
fn read_options(variables: &[(&str, &str)]) -> String {
    let text = run_in_environment("options", variables);
    assert_eq!(shown_options(|| Options::new().environment(variables.iter().copied())), text);
    text
}

/// The result of a call in exactly this environment, which the program may also pass.
fn read_user(variables: &[(&str, &str)]) -> String {
    let text = run_in_environment("user", variables);
    assert_eq!(shown_user(Options::new().environment(variables.iter().copied())), text);
    text
}

fn run_in_environment(what: &str, variables: &[(&str, &str)]) -> String {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "a_client_without_an_environment_has_the_defaults", "--nocapture"])
        .env_clear()
        .envs(variables.iter().copied())
        .env(SHOW, what)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().find(|line| line.starts_with("client: ")).unwrap_or(&text).to_owned()
}

#[test]
fn a_client_without_an_environment_has_the_defaults() {
    if std::env::var_os(SHOW).is_some() {
        return print_options();
    }
    let text = read_options(&[]);
    assert!(
        text.contains(r#"repo_url: "https://hex.pm/api", has_credential: false, timeout: 15s"#)
    );
}

fn print_options() {
    if std::env::var_os(SHOW).is_some_and(|what| what == "user") {
        println!("\n{}", shown_user(Options::new()));
        return;
    }
    println!("\n{}", shown_options(Options::new));
}

fn shown_user(options: Options) -> String {
    let user = blocking::Client::new(options.max_retries(0)).unwrap().get_user("eric");
    format!("client: {user:?}")
}

fn shown_options(options: impl Fn() -> Options) -> String {
    let client = blocking::Client::new(options().max_retries(7));
    let without = blocking::Client::new(options().env(false));
    match client {
        Ok(client) => format!("client: {client:?} without: {:?}", without.unwrap()),
        Err(error) => format!("client: {error} without: {}", without.is_ok()),
    }
}

#[test]
fn the_official_variables_count() {
    let text = read_options(&[
        ("HEX_API_URL", "http://localhost:4000/api/"),
        ("HEX_API_KEY", "secret-key"),
        ("HEX_HTTP_TIMEOUT", "7"),
    ]);
    let (client, without) = text.split_once(" without: ").unwrap();
    for part in [
        r#"repo_url: "http://localhost:4000/api""#,
        "has_credential: true",
        "timeout: 7s",
        "max_retries: 7",
    ] {
        assert!(client.contains(part), "{part}: {client}");
    }
    assert!(without.contains(r#"repo_url: "https://hex.pm/api""#), "{without}");
    assert!(without.contains("has_credential: false"), "{without}");
    assert!(!text.contains("secret-key"), "{text}");
}

#[test]
fn an_empty_variable_counts_as_not_set() {
    let text = read_options(&[("HEX_API", "http://localhost:4001/api"), ("HEX_API_URL", "")]);
    assert!(text.contains("http://localhost:4001/api"), "Hex's own second name: {text}");
    let text = read_options(&[("HEX_API_URL", ""), ("HEX_API_KEY", "")]);
    assert!(text.contains(r#"repo_url: "https://hex.pm/api", has_credential: false"#), "{text}");
}

#[test]
fn a_bad_variable_is_named_and_can_be_ignored() {
    for (variable, value) in [("HEX_API_URL", "nonsense"), ("HEX_HTTP_TIMEOUT", "soon")] {
        let text = read_options(&[(variable, value)]);
        assert!(text.contains("invalid_argument") && text.contains(variable), "{text}");
        assert!(text.ends_with("without: true") && !text.contains("pw"), "{text}");
    }
}

#[test]
fn the_variable_of_an_unreadable_ca_file_is_named() {
    let variables = [
        ("HEX_API_URL", "https://localhost:1/api"),
        ("HEX_CACERTS_PATH", "/nonexistent/roots.pem"),
    ];
    let text = read_user(&variables);
    let start = "invalid_argument: HEX_CACERTS_PATH: ca_file /nonexistent/roots.pem cannot be used";
    assert!(text.contains(start), "{text}");
}

#[test]
fn an_unusable_proxy_is_an_error_only_of_calls_that_would_use_it() {
    let server = Server::start(|_, _| Act::Reply(user()));
    let bad = "ftp://user:pw@localhost";
    let elsewhere = ("HEX_API_URL", "http://hex.example/api");
    for variable in ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] {
        let text = read_user(&[elsewhere, (variable, bad)]);
        assert!(text.contains("invalid_argument") && text.contains(variable), "{text}");
        assert!(!text.contains("pw"), "{text}");
    }
    let here = ("HEX_API_URL", server.url());
    for (variable, value) in
        [("http_proxy", bad), ("https_proxy", bad), ("all_proxy", "socks9://x")]
    {
        let text = read_user(&[(here.0, &here.1), (variable, value)]);
        assert!(text.contains("eric"), "{text}");
    }
    for further in [("http_proxy", "http://localhost:1"), ("no_proxy", "hex.example")] {
        let text = read_user(&[elsewhere, ("all_proxy", bad), further]);
        assert!(text.contains("connect"), "{text}");
    }
}

#[test]
fn proxies_apply_except_to_the_loopback_and_to_no_proxy() {
    let proxy = Server::start(|_, _| Act::Reply(user()));
    let url = proxy.url();
    let url = url.strip_suffix("/api").unwrap();
    let elsewhere = ("HEX_API_URL", "http://hex.example/api");
    for variable in ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] {
        let text = read_user(&[elsewhere, (variable, url)]);
        assert!(text.contains("eric"), "{text}");
    }
    let asked = proxy.requests();
    // Each variable twice: in the process, and passed.
    assert_eq!(asked.len(), 8);
    assert_eq!(asked[0].target, "http://hex.example/api/users/eric");

    let excepted = [elsewhere, ("http_proxy", url), ("no_proxy", "hex.example")];
    assert!(read_user(&excepted).contains("connect"));
    let under_cgi = [elsewhere, ("HTTP_PROXY", url), ("REQUEST_METHOD", "GET")];
    assert!(read_user(&under_cgi).contains("connect"));
    assert_eq!(proxy.requests().len(), 8);

    let here = Server::start(|_, _| Act::Reply(user()));
    let text = read_user(&[("HEX_API_URL", &here.url()), ("http_proxy", url)]);
    assert!(text.contains("eric"), "{text}");
    assert_eq!(proxy.requests().len(), 8);
}
