//! The messages and hints about the proxy on the way to a server.

use secrecy::ExposeSecret;
use url::Url;

use super::{Connection, Proxy};

pub(super) const CHECK_PROXY: &str =
    "check the proxy; no_proxy names hosts that are reached without one";
const SET_CREDENTIALS: &str =
    "put the proxy's user and password into its URL, in the option proxy or in the variable";
const CHECK_CREDENTIALS: &str = "the proxy refuses the user and the password in its URL: check them, in the option proxy or in \
     the variable";
const NOT_FROM_PROXY: &str = "this status is that of a proxy, but the request was for the server: \
     check repo_url; a proxy belongs into the option proxy";

impl Proxy {
    /// Names it by the option or variable.
    pub(super) fn name(&self) -> String {
        format!("the proxy of {}", self.source)
    }

    pub(super) fn is_socks(&self) -> bool {
        self.url.expose_secret().starts_with("socks")
    }

    fn has_credentials(&self) -> bool {
        Url::parse(self.url.expose_secret())
            .is_ok_and(|url| !url.username().is_empty() || url.password().is_some())
    }

    /// What to do if the proxy wants other credentials.
    pub(super) fn credentials_hint(&self) -> &'static str {
        if self.has_credentials() { CHECK_CREDENTIALS } else { SET_CREDENTIALS }
    }

    /// The words and the hint for an error of hyper-util, which has no public type and hides its
    /// cause. `None` if it is not about SOCKS.
    pub(super) fn explain_socks(&self, error: &str) -> Option<(String, &'static str)> {
        let (words, hint) = match error.strip_prefix("SOCKS error: ")? {
            // It accepts none of the methods that were offered: only a password, or only none.
            "server does not support user/pass authentication" if self.has_credentials() => {
                ("it does not accept a user and a password", CHECK_PROXY)
            }
            "server does not support user/pass authentication" => {
                ("it requires a user and a password", SET_CREDENTIALS)
            }
            "credentials not accepted" => {
                ("it does not accept this user and password", CHECK_CREDENTIALS)
            }
            "server implements authentication incorrectly" | "failed parsing server response" => {
                ("it does not speak SOCKS5 correctly", CHECK_PROXY)
            }
            "io error during SOCKS handshake" => ("the connection to it broke", CHECK_PROXY),
            "failed serialize request" => {
                ("the server's name, the user or the password is too long for SOCKS", CHECK_PROXY)
            }
            answer => return Some((format!("it answers \"{answer}\""), CHECK_PROXY)),
        };
        Some((words.to_owned(), hint))
    }
}

impl Connection {
    /// What to do about a reply with status 407.
    pub(crate) fn hint_for_407(&self) -> &'static str {
        match &self.proxy {
            // Only for plain http, a proxy writes replies.
            Some(proxy) if !self.is_https && !proxy.is_socks() => proxy.credentials_hint(),
            _ => NOT_FROM_PROXY,
        }
    }
}
