//! What to do next about a reply that is an error.

pub(super) const RESET_ON_WEBSITE: &str = "this server does not reset passwords over its API (hex.pm \
     since July 2026): reset the password on its website, for hex.pm at \
     https://hex.pm/password/reset";
pub(super) const SIGN_UP_ON_WEBSITE: &str = "this server does not create accounts over its API (hex.pm \
     since September 2026): sign up on its website, for hex.pm at https://hex.pm/signup";
pub(super) const DEACTIVATED: &str =
    "hex.pm sends this if the account is deactivated: contact its support";
pub(super) const NO_SUCH_ENDPOINT: &str = "this server does not have this endpoint: check repo_url";
pub(super) const NOT_A_HEX_API: &str =
    "this is not the reply of a Hex API: check repo_url, which must end in /api on hex.pm";
pub(super) const NOT_OF_A_USER: &str =
    "the credential belongs to an organization: use a credential of a user";
pub(super) const SET_OTP: &str = "set the option otp to the code of the authenticator app";
pub(super) const BASIC_DISABLED: &str = "set the option api_key to an API key or to an OAuth token";
pub(super) const SET_KEY: &str = "set the option api_key or the variable HEX_API_KEY to an API key; \
     an empty variable counts as not set";
pub(super) const CHECK_KEY: &str =
    "check the option api_key: it must be an API key, or `Bearer ` followed by an OAuth token";
pub(super) const NEW_KEY: &str = "create a new key on the server's website";
pub(super) const SCOPE: &str = "use a key with the permission api:read";
pub(super) const BLOCKED: &str = "ask the server's operators why they block this network address";
pub(super) const CHECK_NAME: &str = "check the name (upper and lower case do not matter); an e-mail \
     address is found only if it is verified and public";
pub(super) const NO_SUCH_REQUEST: &str =
    "the server does not know such requests: check repo_url, or contact its operators";
pub(super) const SERVER_FAILED: &str =
    "the server failed: try again later, or contact its operators";
pub(super) const OUTCOME_UNKNOWN: &str =
    "the server failed: its operators can find out if the request was completed";
pub(super) const VERIFY_EMAIL: &str =
    "follow the link in the e-mail that the server sent to the account's address";
pub(super) const NOT_PERMITTED: &str = "use a credential that permits this call";
pub(super) const RATE_LIMITED: &str = "wait until the rate limit resets; a call waits by itself if \
     rate_limit is wait and total_timeout is long enough";
pub(super) const INVALID_REPLY: &str =
    "check repo_url, and check that no proxy or login page answers instead of the server";
pub(super) const REDIRECT_LOOP: &str =
    "check repo_url; if it is correct, the server redirects in a loop";
pub(super) const BROKEN_REDIRECT: &str =
    "check repo_url; if it is correct, tell the server's operators about the redirect";
pub(super) const REQUEST_TIMEOUT: &str =
    "the server did not receive the whole request in time: check the network";
pub(super) const MISDIRECTED: &str =
    "the server does not serve the host in repo_url: check repo_url";
pub(super) const TOO_EARLY: &str =
    "the server was not ready for this request: try again in a moment";
pub(super) const REDIRECT: &str = "check repo_url: a redirect is followed only to the same origin, and \
     never for a POST";
