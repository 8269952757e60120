//! The server under test: a sandbox, or the server in `AURA_LIVE_URL`.

use aura_sandbox::{Config, Profile, Sandbox};

use crate::common::{Connection, Reply};

pub(crate) struct Target {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) profile: Profile,
    /// The path that is `/api` in the recordings.
    base: String,
    /// The key of an account with a verified address, if there is one.
    pub(crate) key: Option<String>,
    _sandbox: Option<Sandbox>,
}

/// Host, port and path of a URL that tests may use. hex.pm is refused.
pub(crate) fn parse(url: &str) -> Result<(String, u16, String), String> {
    let refuse = |why: &str| Err(format!("AURA_LIVE_URL={url}: {why}"));
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let (host, port) = authority.rsplit_once(':').unwrap_or((authority, "80"));
    let name = host.trim_end_matches('.').to_ascii_lowercase();
    if name == "hex.pm" || name.ends_with(".hex.pm") {
        return refuse("hex.pm is not there to be tested against; start a hexpm of your own");
    }
    if scheme != "http" {
        return refuse("expected http://HOST:PORT/api of a server of your own");
    }
    match port.parse() {
        Ok(port) => Ok((host.to_owned(), port, format!("/{}", path.trim_end_matches('/')))),
        Err(_) => refuse("the port is not a number"),
    }
}

impl Target {
    /// The requested server, or else a sandbox.
    pub(crate) fn choose(profile: Profile) -> Target {
        match std::env::var("AURA_LIVE_URL") {
            Ok(url) if !url.is_empty() => {
                let (host, port, base) = parse(&url).unwrap_or_else(|error| panic!("{error}"));
                let key = std::env::var("AURA_LIVE_KEY").ok().filter(|key| !key.is_empty());
                Target { host, port, profile, base, key, _sandbox: None }.recognized()
            }
            _ => Target::sandbox(profile),
        }
    }

    /// An empty sandbox, except for the account of a key.
    pub(crate) fn sandbox(profile: Profile) -> Target {
        let sandbox = Sandbox::start(Config::default().profile(profile)).expect("start");
        let user = aura_sandbox::NewUser {
            username: "live-test-owner".into(),
            emails: vec![aura_sandbox::NewEmail::verified("live-test-owner@example.com")],
            ..Default::default()
        };
        sandbox.add_user(user).expect("an account");
        let key = sandbox.add_key("live-test-owner", &["api"]).expect("a key");
        sandbox.generate_audit_rows("live-test-owner", 3).expect("rows");
        let (host, port) = ("127.0.0.1".to_owned(), sandbox.port());
        let base = "/api".to_owned();
        Target { host, port, profile, base, key: Some(key), _sandbox: Some(sandbox) }
    }

    /// Only the older server has the reset endpoint.
    fn recognized(mut self) -> Target {
        let reply = self.send("POST", "/api/users/live-test-nobody/reset", &[], "");
        self.profile = match reply.status {
            204 => Profile::Legacy,
            _ => Profile::Current,
        };
        self
    }

    pub(crate) fn is_live(&self) -> bool {
        self._sandbox.is_none()
    }

    /// A recorded target on this server.
    pub(crate) fn path(&self, target: &str) -> String {
        match target.strip_prefix("/api") {
            Some(rest) => format!("{}{rest}", self.base),
            None => target.to_owned(),
        }
    }

    pub(crate) fn open(&self) -> Connection {
        Connection::open_at(&self.host, self.port)
    }

    pub(crate) fn send(
        &self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Reply {
        let mut head = format!(
            "{method} {} HTTP/1.1\r\nHost: {}:{}\r\nUser-Agent: aura-live/1.0\r\n\
             Accept: application/json\r\nContent-Type: application/json\r\n",
            self.path(target),
            self.host,
            self.port
        );
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
        let reply = self.open().send(head.as_bytes(), method == "HEAD").expect("a reply");
        reply.expect("the server hung up")
    }
}
