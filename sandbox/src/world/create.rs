//! A new account: the checks in the server's order, then the account, its rows and its mail.
//!
//! If a field has several errors, the last one counts, so every check overwrites the one before.
//! Checks that need the database (taken names, lengths of columns) come last, and report one error
//! at a time.

use unicode_segmentation::UnicodeSegmentation;

use super::World;
use super::account::{Email, User, downcase};
use super::audit::audited_email;
use super::ids::UserId;
use super::keys::Owner;
use super::log::AuditLog;
use super::password::PasswordHash;
use crate::term::{Map, Term};

/// Why there is no new account.
#[derive(Debug)]
pub(crate) enum CreateError {
    /// 422 with these errors by field.
    Invalid(Map),
    /// 400: text the database cannot hold.
    BadText,
    /// 500: the real server's code fails here.
    Crash,
}

/// Errors about a new password, by field.
pub(crate) type PasswordErrors = Map;

pub(crate) const BLANK: &str = "can't be blank";
pub(crate) const NOT_A_STRING: &str = "expected type string";
pub(crate) const NOT_A_LIST: &str = "expected type list(map)";
const TAKEN: &str = "has already been taken";
const BAD_FORMAT: &str = "has invalid format";
const RESERVED: [&str; 6] = ["me", "hex", "hexpm", "elixir", "erlang", "otp"];
/// The address column's width, in code points.
const EMAIL_WIDTH: usize = 255;

struct NewAccount {
    username: String,
    full_name: Option<String>,
    password: Option<String>,
    addresses: Vec<String>,
}

impl World {
    /// `POST /api/users`.
    pub(crate) fn create_user(
        &mut self,
        params: &Map,
        signed_in: bool,
        user_agent: &str,
    ) -> Result<UserId, CreateError> {
        let account = self.check(params, signed_in)?;
        self.check_database(&account)?;
        let [address] = account.addresses.as_slice() else {
            return Err(CreateError::Crash);
        };
        let id = self.insert(&account, address);
        self.log_creation(id, user_agent);
        self.mail_verification(id);
        Ok(id)
    }

    fn check(&self, params: &Map, signed_in: bool) -> Result<NewAccount, CreateError> {
        let mut errors = Map::new();
        let username = string_field(params, "username", &mut errors);
        let full_name = string_field(params, "full_name", &mut errors);
        let password = string_field(params, "password", &mut errors);
        if username.is_none() && errors.get("username").is_none() {
            errors.set("username", BLANK);
        }
        let addresses = self.check_emails(params, &mut errors)?;
        check_tfa(params, &mut errors);
        let username = username.map(|name| downcase(&name));
        if let Some(name) = &username {
            check_username(name, &mut errors);
        }
        if let Some(password) = &password {
            check_password(password, params, &mut errors);
        }
        if signed_in {
            return Err(CreateError::Crash);
        }
        match (username, errors.is_empty()) {
            (Some(username), true) => Ok(NewAccount { username, full_name, password, addresses }),
            _ => Err(CreateError::Invalid(errors)),
        }
    }

    fn check_emails(&self, params: &Map, errors: &mut Map) -> Result<Vec<String>, CreateError> {
        let single;
        let value = match (params.get("emails"), params.get("email")) {
            (Some(emails), _) => emails,
            (None, None | Some(Term::Nil | Term::Bool(false))) => {
                errors.set("emails", BLANK);
                return Ok(Vec::new());
            }
            (None, Some(email)) => {
                single = Term::List(vec![Map::new().with("email", email.clone()).into()]);
                &single
            }
        };
        let Some(items) = list_items(value) else {
            errors.set("emails", NOT_A_LIST);
            return Ok(Vec::new());
        };
        if items.is_empty() {
            errors.set("emails", BLANK);
        }
        let mut addresses = Vec::new();
        let mut email_errors = Map::new();
        for item in items {
            match item {
                Term::Map(item) => addresses.extend(self.check_email(item, &mut email_errors)?),
                Term::List(_) => return Err(CreateError::Crash),
                _ => {
                    errors.set("emails", NOT_A_LIST);
                    return Ok(Vec::new());
                }
            }
        }
        if !email_errors.is_empty() {
            errors.set("emails", email_errors);
        }
        Ok(addresses)
    }

    fn check_email(&self, item: &Map, errors: &mut Map) -> Result<Option<String>, CreateError> {
        let mut own = Map::new();
        let address = string_field(item, "email", &mut own);
        check_confirmation(item, "email", "does not match email", &mut own);
        if address.is_none() && own.get("email").is_none() {
            own.set("email", BLANK);
        }
        let address = address.map(|a| downcase(&a));
        if let Some(address) = &address {
            if address.contains('\0') {
                return Err(CreateError::BadText);
            }
            if !is_email(address) {
                own.set("email", BAD_FORMAT);
            }
            if self.address_in_use(address) {
                own.set("email", "already in use");
            }
        }
        for (field, text) in own.into_entries() {
            errors.set(field, text);
        }
        Ok(address)
    }

    fn check_database(&self, account: &NewAccount) -> Result<(), CreateError> {
        if account.full_name.as_ref().is_some_and(|n| n.contains('\0')) {
            return Err(CreateError::BadText);
        }
        if self.by_name.contains_key(&account.username) {
            let errors = Map::new().with("username", TAKEN);
            return Err(CreateError::Invalid(errors));
        }
        for (index, address) in account.addresses.iter().enumerate() {
            if address.chars().count() > EMAIL_WIDTH {
                return Err(CreateError::Crash);
            }
            if account.addresses[..index].contains(address) {
                let errors = Map::new().with("email", TAKEN);
                return Err(CreateError::Invalid(Map::new().with("emails", errors)));
            }
        }
        Ok(())
    }

    fn insert(&mut self, account: &NewAccount, address: &str) -> UserId {
        let now = self.now();
        let email = Email {
            id: self.next_email_id(),
            address: address.to_owned(),
            verified: false,
            primary: true,
            public: true,
            verification: Some((self.random.secret(), now)),
            updated_at: now,
        };
        let text = account.password.as_deref();
        let password = text.map(|text| PasswordHash::new(text, &mut self.random));
        self.add_account(User {
            username: account.username.clone(),
            full_name: account.full_name.clone(),
            password,
            handles: None,
            emails: vec![email],
            service: false,
            deactivated: false,
            otp: None,
            organization: None,
            audit: AuditLog::default(),
            resets: Vec::new(),
            inserted_at: now,
            updated_at: now,
        })
    }

    pub(crate) fn next_email_id(&mut self) -> i64 {
        let id = self.next_email_id;
        self.next_email_id += 1;
        id
    }

    /// Adds an account to the indexes of names and addresses.
    pub(crate) fn add_account(&mut self, user: User) -> UserId {
        let id = UserId(self.users.len());
        self.by_name.insert(user.username.clone(), id);
        for email in &user.emails {
            let owners = self.by_email.entry(email.address.clone()).or_default();
            owners.push(id);
        }
        self.users.push(user);
        self.dirty.users.insert(id.0);
        id
    }

    fn log_creation(&mut self, id: UserId, user_agent: &str) {
        let actor = Some(Owner::User(id));
        let user = self.audited_user(id);
        self.audit(actor, "user.create", user, Some(user_agent));
        let Some(email) = self.user(id).emails.first().map(audited_email) else {
            return;
        };
        self.audit(actor, "email.add", email.clone(), Some(user_agent));
        let change = Map::new().with("old_email", Term::Nil).with("new_email", email);
        self.audit(actor, "email.primary", change.clone(), Some(user_agent));
        self.audit(actor, "email.public", change, Some(user_agent));
    }
}

/// The new password of a finished reset, or its fault.
pub(crate) fn check_new_password(params: &Map) -> Result<String, PasswordErrors> {
    let mut errors = Map::new();
    let password = string_field(params, "password", &mut errors);
    match password {
        Some(password) => {
            check_password(&password, params, &mut errors);
            if errors.is_empty() { Ok(password) } else { Err(errors) }
        }
        None => {
            if errors.is_empty() {
                errors.set("password", BLANK);
            }
            Err(errors)
        }
    }
}

/// A text parameter. White space alone counts as missing.
pub(crate) fn string_field(params: &Map, field: &str, errors: &mut Map) -> Option<String> {
    match params.get(field) {
        None | Some(Term::Nil) => None,
        Some(Term::Str(text)) if text.trim_start().is_empty() => None,
        Some(Term::Str(text)) => Some(text.clone()),
        Some(_) => {
            errors.set(field, NOT_A_STRING);
            None
        }
    }
}

/// The items of a list, or of an object with numbered keys: these come first, in order.
pub(crate) fn list_items(value: &Term) -> Option<Vec<&Term>> {
    match value {
        Term::List(items) => Some(items.iter().collect()),
        Term::Map(map) => {
            let mut items: Vec<_> = map
                .entries()
                .iter()
                .map(|(key, item)| {
                    let number = key.parse::<i128>().ok();
                    ((number.is_none(), number, key), item)
                })
                .collect();
            items.sort_by(|a, b| a.0.cmp(&b.0));
            Some(items.into_iter().map(|(_, item)| item).collect())
        }
        _ => None,
    }
}

fn check_username(name: &str, errors: &mut Map) {
    if name.graphemes(true).take(3).count() < 3 {
        errors.set("username", "should be at least 3 character(s)");
    }
    // The server's pattern allows one newline at the end.
    let body = name.strip_suffix('\n').unwrap_or(name);
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-.".contains(c);
    if body.is_empty() || !body.chars().all(allowed) {
        errors.set("username", BAD_FORMAT);
    }
    if RESERVED.contains(&name) {
        errors.set("username", "is reserved");
    }
}

fn check_password(password: &str, params: &Map, errors: &mut Map) {
    if password.graphemes(true).take(8).count() < 8 {
        errors.set("password", "should be at least 8 character(s)");
    }
    check_confirmation(params, "password", "does not match password", errors);
}

fn check_confirmation(params: &Map, field: &str, message: &str, errors: &mut Map) {
    let name = format!("{field}_confirmation");
    if let Some(confirmation) = params.get(&name) {
        let matches = params.get(field).unwrap_or(&Term::Nil).same(confirmation);
        if !matches {
            errors.set(name, message);
        }
    }
}

fn check_tfa(params: &Map, errors: &mut Map) {
    match params.get("tfa") {
        None | Some(Term::Nil) => {}
        Some(Term::Map(tfa)) => {
            let mut own = Map::new();
            string_field(tfa, "secret", &mut own);
            if !own.is_empty() {
                errors.set("tfa", own);
            }
        }
        Some(Term::List(items)) if items.is_empty() => {}
        Some(_) => errors.set("tfa", "expected type map"),
    }
}

/// Text, an @, text, a dot, text, all on one line. A newline at the end is allowed.
fn is_email(address: &str) -> bool {
    let line = address.strip_suffix('\n').unwrap_or(address);
    if line.contains('\n') {
        return false;
    }
    let Some(first) = line.chars().next() else {
        return false;
    };
    let Some((_, domain)) = line[first.len_utf8()..].split_once('@') else {
        return false;
    };
    let Some(first) = domain.chars().next() else {
        return false;
    };
    domain[first.len_utf8()..].split_once('.').is_some_and(|(_, tail)| !tail.is_empty())
}
