//! Finds the caller, and what the credential allows.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::fault::{Fault, text};
use super::remote::Remote;
use crate::http::accept::Format;
use crate::http::reply::Reply;
use crate::http::request::Request;
use crate::world::World;
use crate::world::ids::{OrgId, UserId};
use crate::world::keys::{Owner, allows, scopes_allow};

/// The credential that a request carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Credential {
    None,
    Password,
    Key(usize),
    Token(usize),
}

/// The caller, also one without a credential.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Caller {
    pub(crate) credential: Credential,
    pub(crate) user: Option<UserId>,
    pub(crate) organization: Option<OrgId>,
    /// Whether the address of the sign-in, or the primary address, is verified.
    verified: bool,
}

/// The permission that an endpoint requires.
#[derive(Default)]
pub(crate) struct Needs {
    /// `api:read`, `api:write`: split at the colon.
    pub(crate) domain: Option<(&'static str, &'static str)>,
    pub(crate) allow_unconfirmed: bool,
}

/// Why a caller is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Denied {
    Missing,
    Invalid,
    Password,
    BasicDisabled,
    Key,
    RevokedKey,
    Domain,
    Unconfirmed,
    TfaNotEnabled,
    OtpRequired,
    OtpInvalid,
    OtpTooMany,
    NotFound,
    Access(&'static str),
}

const NOBODY: Caller =
    Caller { credential: Credential::None, user: None, organization: None, verified: false };

impl Caller {
    /// The account whose log gets an action.
    pub(crate) fn owner(&self) -> Option<Owner> {
        self.user.map(Owner::User).or(self.organization.map(Owner::Organization))
    }

    fn new(world: &World, credential: Credential, owner: Owner, address: Option<&str>) -> Caller {
        match owner {
            Owner::User(id) => {
                let emails = &world.user(id).emails;
                let email = emails
                    .iter()
                    .find(|e| Some(e.address.as_str()) == address)
                    .or_else(|| emails.iter().find(|e| e.primary));
                Caller {
                    credential,
                    user: Some(id),
                    organization: None,
                    verified: email.is_some_and(|e| e.verified),
                }
            }
            Owner::Organization(id) => Caller { credential, organization: Some(id), ..NOBODY },
        }
    }
}

/// Reads the Authorization header. Two headers count as none.
pub(crate) fn authenticate(
    world: &mut World,
    request: &Request,
    remote: &Remote,
) -> Result<Result<Caller, Denied>, Fault> {
    let mut values = request.headers.get_all("authorization").iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return Ok(Ok(NOBODY));
    };
    let value = value.as_bytes();
    if let Some(credentials) = value.strip_prefix(b"Basic ") {
        if !world.is_legacy() {
            return Ok(Err(Denied::BasicDisabled));
        }
        return basic(world, credentials);
    }
    Ok(match value.strip_prefix(b"Bearer ") {
        Some(token) => bearer(world, token),
        None => key(world, value, request, remote),
    })
}

fn basic(world: &World, credentials: &[u8]) -> Result<Result<Caller, Denied>, Fault> {
    let decoded = STANDARD.decode(credentials).ok();
    let pair = decoded.as_deref().and_then(|bytes| {
        let colon = bytes.iter().position(|b| *b == b':')?;
        Some((&bytes[..colon], &bytes[colon + 1..]))
    });
    let Some((name, password)) = pair else {
        return Ok(Err(Denied::Invalid));
    };
    let name = text(name)?;
    let password = String::from_utf8_lossy(password);
    let found = world.find_user(name).filter(|id| {
        let user = world.user(*id);
        user.organization.is_none()
            && user.password.as_ref().is_some_and(|hash| hash.verify(&password))
    });
    Ok(found
        .map(|id| Caller::new(world, Credential::Password, Owner::User(id), Some(name)))
        .ok_or(Denied::Password))
}

fn bearer(world: &mut World, token: &[u8]) -> Result<Caller, Denied> {
    let now = world.now();
    let index = world
        .tokens
        .iter()
        .position(|t| t.secret.as_bytes() == token && t.expires_at > now)
        .ok_or(Denied::Key)?;
    let owner = world.tokens[index].owner;
    Ok(Caller::new(world, Credential::Token(index), owner, None))
}

fn key(
    world: &mut World,
    secret: &[u8],
    request: &Request,
    remote: &Remote,
) -> Result<Caller, Denied> {
    let now = world.now();
    let index = world.find_key(secret).ok_or(Denied::Key)?;
    let owner = world.keys[index].owner;
    // The account behind an organization does not sign in.
    if matches!(owner, Owner::User(id) if world.user(id).organization.is_some()) {
        return Err(Denied::Key);
    }
    if world.keys[index].revoked(now) {
        return Err(Denied::RevokedKey);
    }
    world.touch_key(index, remote.dotted(), request.user_agent());
    Ok(Caller::new(world, Credential::Key(index), owner, None))
}

/// Whether a credential covers a domain and resource.
pub(crate) fn permits(
    world: &World,
    credential: Credential,
    domain: &str,
    resource: Option<&str>,
) -> Option<bool> {
    match credential {
        Credential::Key(index) => Some(allows(&world.keys[index].permissions, domain, resource)),
        Credential::Token(index) => {
            Some(scopes_allow(&world.tokens[index].scopes, domain, resource))
        }
        Credential::Password | Credential::None => None,
    }
}

/// Whether the caller may use an endpoint that needs a credential.
pub(crate) fn authorize(
    world: &World,
    request: &Request,
    caller: &Caller,
    needs: &Needs,
) -> Result<(), Denied> {
    let Some(owner) = caller.owner() else {
        return Err(Denied::Missing);
    };
    if let Owner::User(id) = owner {
        if world.user(id).service {
            return Ok(());
        }
        if !needs.allow_unconfirmed && !caller.verified {
            return Err(Denied::Unconfirmed);
        }
    }
    let Some((domain, resource)) = needs.domain else {
        return Ok(());
    };
    if permits(world, caller.credential, domain, Some(resource)) == Some(false) {
        return Err(Denied::Domain);
    }
    match (owner, caller.credential) {
        (Owner::User(id), Credential::Token(_)) if resource == "write" => {
            one_time_password(world.user(id).otp.as_deref(), request.header("x-hex-otp"))
        }
        _ => Ok(()),
    }
}

fn one_time_password(expected: Option<&str>, given: Option<&str>) -> Result<(), Denied> {
    match (expected, given) {
        (None, _) => Err(Denied::TfaNotEnabled),
        (Some(_), None) => Err(Denied::OtpRequired),
        (Some(expected), Some(given)) if expected == given => Ok(()),
        (Some(_), Some(_)) => Err(Denied::OtpInvalid),
    }
}

impl Denied {
    pub(crate) fn reply(self, format: Format) -> Reply {
        const BASIC: Option<&str> = Some("Basic realm=hex");
        let (status, challenge, text) = match self {
            Denied::Missing => (401, BASIC, "missing authentication information"),
            Denied::Invalid => (401, BASIC, "invalid authentication information"),
            Denied::Password => (401, BASIC, "invalid username and password combination"),
            Denied::BasicDisabled => (
                401,
                Some("Bearer realm=\"hex\""),
                "Basic authentication is disabled. Update your client to use OAuth or an API key.",
            ),
            Denied::Key => (401, BASIC, "invalid API key"),
            Denied::RevokedKey => (401, BASIC, "API key revoked"),
            Denied::Domain => (401, BASIC, "key not authorized for this action"),
            Denied::Unconfirmed => (403, None, "email not verified"),
            Denied::TfaNotEnabled => {
                (403, None, "Two-factor authentication must be enabled for API write access")
            }
            Denied::OtpRequired => (
                401,
                Some("Bearer realm=\"hex\", error=\"totp_required\""),
                "Two-factor authentication required. Include X-Hex-OTP header with your TOTP code.",
            ),
            Denied::OtpInvalid => (
                401,
                Some("Bearer realm=\"hex\", error=\"invalid_totp\""),
                "Invalid two-factor authentication code",
            ),
            Denied::OtpTooMany => (
                429,
                None,
                "Too many failed two-factor authentication attempts. Please try again later.",
            ),
            Denied::NotFound => return Reply::error(404, format),
            Denied::Access(reason) => (403, None, reason),
        };
        let reply = Reply::error_text(status, format, text);
        match challenge {
            Some(challenge) => reply.header("www-authenticate", challenge),
            None => reply,
        }
    }
}
