//! The mail that the real server would send, and the links in it.

use jiff::{SignedDuration, Timestamp};

use super::World;
use super::account::Reset;
use super::create::{PasswordErrors, check_new_password};
use super::ids::UserId;
use super::keys::Owner;
use super::password::PasswordHash;
use crate::clock;
use crate::http::encode::{form_value, segment};
use crate::new::Mail;
use crate::term::Map;

/// Links are good for a day.
const LINK_LIFE: SignedDuration = SignedDuration::from_hours(24);

fn fresh(since: Timestamp, now: Timestamp) -> bool {
    now.duration_since(since) < LINK_LIFE
}

/// How an attempt to finish a password reset ended.
pub(crate) enum ResetEnd {
    Done,
    BadLink,
    BadPassword(PasswordErrors),
}

impl World {
    /// Writes the mail that asks the owner of a new address to confirm it.
    pub(crate) fn mail_verification(&mut self, id: UserId) {
        let now = self.now();
        let user = self.user(id);
        let Some((email, key)) =
            user.emails.iter().find_map(|e| e.verification.as_ref().map(|(key, _)| (e, key)))
        else {
            return;
        };
        let link = format!(
            "{}/email/verify?username={}&email={}&key={key}",
            self.base_url,
            form_value(&user.username),
            form_value(&email.address),
        );
        let mail = Mail {
            to: email.address.clone(),
            kind: "email-verification".to_owned(),
            subject: "Hex.pm - Email verification".to_owned(),
            text: format!("Please confirm your address by following this link:\n\n{link}\n"),
            link,
            sent_at: clock::micros(now),
        };
        self.mails.push(mail);
    }

    /// Follows the link of a verification mail. Returns `false` if the link is invalid or too old.
    pub(crate) fn verify_email(&mut self, username: &str, address: &str, key: &str) -> bool {
        let now = self.now();
        let Some(id) = self.find_user(username) else {
            return false;
        };
        if self.user(id).organization.is_some() || self.address_in_use(address) {
            return false;
        }
        let email = self.user_mut(id).emails.iter_mut().find(|e| {
            e.address == address
                && e.verification.as_ref().is_some_and(|(k, since)| k == key && fresh(*since, now))
        });
        let Some(email) = email else {
            return false;
        };
        email.verified = true;
        email.verification = None;
        email.updated_at = now;
        true
    }

    /// Starts a password reset for an account, if it exists. The caller cannot see whether it does.
    /// Returns `false` if the account has no address, because the real server fails then.
    pub(crate) fn reset_init(
        &mut self,
        name: &str,
        caller: Option<Owner>,
        user_agent: Option<&str>,
    ) -> bool {
        let now = self.now();
        let Some(id) = self.find_user(name) else {
            return true;
        };
        if self.user(id).organization.is_some() {
            return true;
        }
        let key = self.random.secret();
        let base_url = self.base_url.clone();
        let user = self.user_mut(id);
        let primary = user.primary_email().map(str::to_owned);
        user.resets.push(Reset { key: key.clone(), primary_email: primary.clone(), at: now });
        let has_address = primary.is_some();
        if let Some(to) = primary {
            let link = format!(
                "{base_url}/password/new?username={}&key={key}",
                form_value(&user.username)
            );
            let mail = Mail {
                to,
                kind: "password-reset".to_owned(),
                subject: "Hex.pm - Password reset request".to_owned(),
                text: format!("Choose a new password by following this link:\n\n{link}\n"),
                link,
                sent_at: clock::micros(now),
            };
            self.mails.push(mail);
        }
        self.audit(caller, "password.reset.init", Map::new(), user_agent);
        has_address
    }

    /// Whether a reset link can still be used.
    pub(crate) fn reset_link_good(&mut self, username: &str, key: &str) -> Option<UserId> {
        let now = self.now();
        let id = self.find_user(username)?;
        let user = self.user(id);
        let primary = user.primary_email();
        let good = user.organization.is_none()
            && user.resets.iter().any(|reset| {
                reset.key == key
                    && reset.primary_email.as_deref() == primary
                    && fresh(reset.at, now)
            });
        good.then_some(id)
    }

    /// Finishes a password reset. By default, this revokes every key and token.
    pub(crate) fn reset_finish(&mut self, params: &Map, user_agent: Option<&str>) -> ResetEnd {
        let text = |name: &str| params.get(name).and_then(|v| v.as_str()).unwrap_or("");
        let Some(id) = self.reset_link_good(text("username"), text("key")) else {
            return ResetEnd::BadLink;
        };
        let password = match check_new_password(params) {
            Ok(password) => password,
            Err(errors) => return ResetEnd::BadPassword(errors),
        };
        let now = self.now();
        let password = PasswordHash::new(&password, &mut self.random);
        let user = self.user_mut(id);
        user.password = Some(password);
        user.resets.clear();
        user.updated_at = now;
        self.tokens.retain(|token| token.owner != Owner::User(id));
        self.dirty.tokens = true;
        if params.get("revoke_all_access").is_none_or(|v| v.as_str() == Some("yes")) {
            let just_before = now.checked_sub(SignedDuration::from_secs(1)).unwrap_or(now);
            for index in 0..self.keys.len() {
                let key = &self.keys[index];
                if key.owner == Owner::User(id) && !key.revoked(now) {
                    let key = self.key_mut(index);
                    key.revoke_at = Some(just_before);
                    key.updated_at = now;
                }
            }
        }
        self.audit(None, "password.reset.finish", Map::new(), user_agent);
        ResetEnd::Done
    }

    /// `/api/users/NAME`.
    pub(crate) fn user_path(&self, id: UserId) -> String {
        format!("/api/users/{}", segment(&self.user(id).username))
    }
}
