//! The accounts and keys of `world.json`, and the state that unpublished requests left.

use std::collections::BTreeMap;

use aura_sandbox::{
    Config, Handles, KeyOrder, NewAuditRow, NewCount, NewEmail, NewKey, NewOrganization, NewToken,
    NewUser, Profile, Role, Sandbox, Timestamp,
};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::common::request;
use crate::wire;

pub(crate) struct World {
    pub(crate) sandbox: Sandbox,
}

/// The recorded pages of audit logs: account, page, file and exchange.
const PAGES: [(&str, usize, &str); 8] = [
    ("auditor", 1, "q_1"),
    ("auditor", 2, "q_25"),
    ("auditor", 3, "page_3"),
    ("auditor", 5, "accept_0"),
    ("exact100", 1, "exact100_page_1"),
    ("twins", 1, "twins_page_1"),
    ("twins", 3, "twins_page_3"),
    ("bulkuser", 2, "bulk_page_2"),
];

impl World {
    pub(crate) fn build(profile: Profile) -> World {
        // A time before the first recording. Each exchange is replayed in its recorded minute.
        let start = Timestamp::from_second(1_795_430_000).expect("a time");
        let config = Config::default().profile(profile).clock(start).key_order(KeyOrder::Recorded);
        let sandbox = Sandbox::start(config).expect("start");
        let world: Value = serde_json::from_str(&wire::text("world.json")).expect("JSON");
        // Part of the recorded servers' sample data, and named in the recordings.
        let mut organizations = vec![serde_json::json!({
            "name": "myrepo", "account_email": "myrepo@example.com"
        })];
        organizations.extend(world["organizations"].as_array().expect("a list").clone());
        for organization in organizations {
            sandbox.add_organization(new_organization(&organization)).expect("organization");
        }
        for user in world["users"].as_array().expect("a list") {
            sandbox.add_user(new_user(user)).expect("user");
            join(&sandbox, user);
        }
        for (name, key) in world["keys"].as_object().expect("an object") {
            sandbox.create_key(new_key(name, key)).expect("key");
        }
        for (name, token) in world["oauth_tokens"].as_object().expect("an object") {
            sandbox.create_token(new_token(name, token)).expect("token");
        }
        for address in world["blocked_addresses"].as_array().expect("a list") {
            let address = address.as_str().and_then(|a| a.parse().ok());
            sandbox.block_address(address.expect("an address"));
        }
        let world = World { sandbox };
        world.fill_logs(profile);
        world
    }

    /// Fills audit logs with the recorded rows, and with others if none were recorded.
    fn fill_logs(&self, profile: Profile) {
        let recorded = wire::load(profile, "audit");
        for (user, len) in
            [("auditor", 427), ("exact100", 100), ("twins", 250), ("bulkuser", 20_000)]
        {
            let mut rows: Vec<NewAuditRow> = (0..len).map(|n| row(n).expect("a row")).collect();
            for (_, page, name) in PAGES.iter().filter(|(u, ..)| *u == user) {
                let exchange = recorded.iter().find(|e| e.name == *name);
                let reply = exchange.and_then(|e| e.reply.as_ref()).expect(name);
                let page_rows: Vec<RowForm> = serde_json::from_slice(&reply.body).expect(name);
                let start = (page - 1) * 100;
                for (slot, form) in rows[start..].iter_mut().zip(page_rows) {
                    *slot = form.into();
                }
            }
            rows.reverse();
            self.sandbox.add_audit_rows(user, rows).expect("rows");
        }
    }

    /// Makes the changes of unpublished requests before this exchange.
    pub(crate) fn prepare(&self, file: &str, name: &str) {
        let legacy = self.sandbox.profile() == Profile::Legacy;
        match (file, name) {
            ("create", "get_created_no_password") => self.create("newuser5"),
            ("create", "get_created_verified_by_email") => self.verify("newuser1@example.com"),
            ("audit", "revoke_key") => self.key("auditor", "shift-1", "shift-1"),
            ("keys", "basic_default_same_name") if legacy => self.post_key("basic-key"),
            ("keys", "with_key") if legacy => {
                self.post_key("permnull");
                self.post_key("x");
            }
            ("keys", "list") => {
                self.use_key("key-plain-future");
                self.use_key("key-plain-write");
            }
            ("ratelimit", "hdr_201") if legacy => self.create("rluser"),
            ("publish", "plain_after") => {
                let headers = [("User-Agent", "golden/1.0"), ("Authorization", "key-plain-api")];
                let target = "/api/keys/from-key";
                let reply = request(self.sandbox.port(), "DELETE", target, &headers, "");
                assert_eq!(reply.status, 200, "{target}");
            }
            ("extra", "odd_rows") => self.logged1(),
            ("extra", "create_twice_2") => self.create("twice1"),
            ("extra", "create_after_verified") => self.verify("twice1@example.com"),
            _ => {}
        }
    }

    /// Sets the clock to the minute of the exchange, and uses up as many requests of that minute as
    /// the recording had.
    pub(crate) fn rewind(&self, exchange: &wire::Exchange) {
        let number =
            |name: &str| -> Option<i64> { exchange.reply.as_ref()?.header(name)?.parse().ok() };
        let (Some(limit), Some(remaining), Some(reset)) = (
            number("x-ratelimit-limit"),
            number("x-ratelimit-remaining"),
            number("x-ratelimit-reset"),
        ) else {
            return;
        };
        self.sandbox.freeze_clock();
        self.sandbox.set_clock(Timestamp::from_second(reset - 30).expect("a time"));
        let refused = exchange.reply.as_ref().is_some_and(|reply| reply.status == 429);
        let wanted = if refused { limit } else { limit - remaining - 1 };
        let credential = exchange.header("Authorization");
        let address = exchange.header("X-Forwarded-For").expect("an address");
        let mut headers = vec![("User-Agent", "golden/1.0"), ("X-Forwarded-For", address)];
        headers.extend(credential.map(|credential| ("Authorization", credential)));
        for _ in self.counted(credential, address, reset)..wanted {
            request(self.sandbox.port(), "GET", "/api/users/eric", &headers, "");
        }
    }

    /// How many requests of the same kind came in this minute.
    fn counted(&self, credential: Option<&str>, address: &str, reset: i64) -> i64 {
        let world = self.sandbox.snapshot();
        let key = world.keys.into_iter().find(|key| key.secret.as_deref() == credential);
        let mut subject = NewCount::default();
        match key.filter(|_| credential.is_some()) {
            Some(key) => {
                (subject.username, subject.organization) = (key.username, key.organization)
            }
            None => subject.address = address.split(',').next().and_then(|a| a.parse().ok()),
        }
        let counts = world.rate_counts;
        let mut counts = counts.counts.iter().filter(|_| counts.minute == reset / 60 - 1);
        let found = counts.find(|c| {
            (&c.username, &c.organization, c.address)
                == (&subject.username, &subject.organization, subject.address)
        });
        found.map_or(0, |count| count.count)
    }

    /// An account with a name and rows that were changed in the database.
    fn logged1(&self) {
        let profile = self.sandbox.profile();
        let exchanges = wire::load(profile, "extra");
        let reply = |name: &str| {
            let exchange = exchanges.iter().find(|e| e.name == name);
            exchange.and_then(|e| e.reply.clone()).expect(name)
        };
        let user = NewUser {
            username: "logged1".to_owned(),
            full_name: optional(&reply("escapes").json()["full_name"]),
            emails: vec![NewEmail::verified("logged1@example.com")],
            ..NewUser::default()
        };
        self.sandbox.add_user(user).expect("logged1");
        let rows: Vec<RowForm> = serde_json::from_slice(&reply("odd_rows").body).expect("odd_rows");
        let rows = rows.into_iter().rev().map(NewAuditRow::from);
        self.sandbox.add_audit_rows("logged1", rows).expect("rows");
        self.key("logged1", "logged1", "0123456789abcdef0123456789abcdef");
    }

    fn key(&self, username: &str, name: &str, secret: &str) {
        let key = NewKey {
            username: Some(username.to_owned()),
            name: Some(name.to_owned()),
            secret: Some(secret.to_owned()),
            ..NewKey::default()
        };
        self.sandbox.create_key(key).expect(name);
    }

    fn use_key(&self, secret: &str) {
        let headers = [("User-Agent", "golden/1.0"), ("Authorization", secret)];
        let reply = request(self.sandbox.port(), "GET", "/api", &headers, "");
        assert_eq!(reply.status, 200, "{secret}");
    }

    fn post(&self, target: &str, authorization: &[(&str, &str)], body: &str) {
        let mut headers = vec![("User-Agent", "golden/1.0"), ("Content-Type", "application/json")];
        headers.extend(authorization);
        let reply = request(self.sandbox.port(), "POST", target, &headers, body);
        assert_eq!(reply.status, 201, "{target} {body}");
    }

    fn create(&self, username: &str) {
        let email = format!("{username}@example.com");
        let body = format!("{{\"username\":\"{username}\",\"email\":\"{email}\"}}");
        self.post("/api/users", &[], &body);
    }

    fn post_key(&self, name: &str) {
        let body = format!("{{\"name\":\"{name}\"}}");
        self.post("/api/keys", &[("Authorization", "key-plain-api")], &body);
    }

    fn verify(&self, email: &str) {
        let mailbox = self.sandbox.mailbox();
        let mail = mailbox.iter().find(|mail| mail.to == email).expect(email);
        let target = mail.link.strip_prefix(self.sandbox.url()).expect("a link to here");
        let reply = request(self.sandbox.port(), "GET", target, &[], "");
        assert_eq!(reply.status, 302, "{email}");
    }
}

#[derive(serde::Deserialize)]
struct RowForm {
    action: String,
    params: Box<RawValue>,
    user_agent: Option<String>,
}

impl From<RowForm> for NewAuditRow {
    fn from(form: RowForm) -> Self {
        NewAuditRow {
            action: form.action,
            params: form.params,
            user_agent: form.user_agent,
            fields: BTreeMap::new(),
        }
    }
}

fn row(number: usize) -> serde_json::Result<NewAuditRow> {
    serde_json::from_value(serde_json::json!({
        "action": "key.generate", "params": {"n": number}, "user_agent": null
    }))
}

fn strings(value: &Value) -> Vec<String> {
    let items = value.as_array().map(Vec::as_slice).unwrap_or_default();
    let text = |v: &Value| v.as_str().expect("a string").to_owned();
    items.iter().map(text).collect()
}

fn optional(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn new_organization(value: &Value) -> NewOrganization {
    NewOrganization {
        name: optional(&value["name"]).expect("a name"),
        account_email: optional(&value["account_email"]),
        account_packages: strings(&value["account_packages"]),
        billing_active: value["billing_active"].as_bool().unwrap_or(true),
        ..NewOrganization::default()
    }
}

/// In the order of the file, which JSON does not keep. The legacy server lists them in this order.
fn join(sandbox: &Sandbox, user: &Value) {
    for organization in ["zeta_org", "alpha_org", "mid_org"] {
        let role = match user["organizations"][organization].as_str() {
            Some("admin") => Role::Admin,
            Some("write") => Role::Write,
            Some(_) => Role::Read,
            None => continue,
        };
        let name = user["username"].as_str().expect("a name");
        sandbox.add_member(organization, name, role).expect("member");
    }
}

fn new_user(value: &Value) -> NewUser {
    let handle = |name: &str| optional(&value["handles"][name]);
    let emails = value["emails"].as_array().expect("a list");
    NewUser {
        username: optional(&value["username"]).expect("a name"),
        password: match &value["password"] {
            Value::Null if value.get("password").is_some() => None,
            Value::String(password) => Some(password.clone()),
            _ => Some("password1234".to_owned()),
        },
        full_name: optional(&value["full_name"]),
        handles: Handles {
            twitter: handle("twitter"),
            bluesky: handle("bluesky"),
            github: handle("github"),
            elixirforum: handle("elixirforum"),
            freenode: handle("freenode"),
            slack: handle("slack"),
            url: None,
        },
        emails: emails
            .iter()
            .map(|e| NewEmail {
                email: optional(&e[0]).expect("an address"),
                verified: e[1] == true,
                primary: e[2] == true,
                public: e[3] == true,
                ..NewEmail::default()
            })
            .collect(),
        packages: strings(&value["packages"]),
        service: value["service"] == true,
        deactivated: value["deactivated"] == true,
        otp: (value["tfa"] == true).then(|| "999999".to_owned()),
        ..NewUser::default()
    }
}

fn new_key(name: &str, value: &Value) -> NewKey {
    let owner = value[0].as_str().expect("an owner");
    let owner = owner.strip_prefix("the account behind ").unwrap_or(owner);
    let organization = owner.strip_prefix("organization ");
    NewKey {
        username: organization.is_none().then(|| owner.to_owned()),
        organization: organization.map(str::to_owned),
        name: Some(name.to_owned()),
        permissions: vec![optional(&value[1]).expect("a permission")],
        secret: Some(format!("key-{name}")),
        revoked: value[2].as_str().is_some_and(|t| t.starts_with("revoked")),
        revoke_in: value[2].as_str().filter(|t| t.starts_with("to be revoked")).map(|_| 864_000),
        ..NewKey::default()
    }
}

fn new_token(name: &str, value: &Value) -> NewToken {
    NewToken {
        username: optional(&value[0]),
        scopes: vec![optional(&value[1]).expect("a scope")],
        token: Some(format!("token-{name}")),
        expires_in: if value[2].is_string() { -3600 } else { 86_400 },
        ..NewToken::default()
    }
}
