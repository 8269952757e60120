//! The admin API and the API of one world, over HTTP.

use aura_sandbox::WorldHandle;
use serde_json::Value;

use super::{Reply, request};

/// A world as a client sees it.
pub(crate) struct Client<'a> {
    world: &'a WorldHandle,
    port: u16,
    prefix: String,
}

impl<'a> Client<'a> {
    pub(crate) fn new(world: &'a WorldHandle, port: u16) -> Client<'a> {
        let origin = format!("http://127.0.0.1:{port}");
        let prefix = world.url().strip_prefix(&origin).expect("an address here").to_owned();
        Client { world, port, prefix }
    }

    pub(crate) fn admin(&self, method: &str, path: &str, body: &str) -> Reply {
        let token = format!("Bearer {}", self.world.admin_token());
        let target = format!("{}/_sandbox{path}", self.prefix);
        request(self.port, method, &target, &[("Authorization", &token)], body)
    }

    /// An admin request that must succeed.
    pub(crate) fn done(&self, method: &str, path: &str, body: Value) -> Value {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let reply = self.admin(method, path, &body);
        let text = String::from_utf8_lossy(&reply.body).into_owned();
        assert!((200..300).contains(&reply.status), "{method} {path}: {} {text}", reply.status);
        if reply.body.is_empty() { Value::Null } else { reply.json() }
    }

    pub(crate) fn get(&self, target: &str, authorization: &str) -> Reply {
        self.send("GET", target, authorization, "")
    }

    pub(crate) fn send(
        &self,
        method: &str,
        target: &str,
        authorization: &str,
        body: &str,
    ) -> Reply {
        let mut headers = vec![("User-Agent", "test/1.0"), ("Content-Type", "application/json")];
        if !authorization.is_empty() {
            headers.push(("Authorization", authorization));
        }
        request(self.port, method, &format!("{}{target}", self.prefix), &headers, body)
    }

    pub(crate) fn create(&self, name: &str) -> Reply {
        let body = format!(
            "{{\"username\":\"{name}\",\"password\":\"correct horse\",\
             \"emails\":[{{\"email\":\"{name}@example.com\"}}]}}"
        );
        self.send("POST", "/api/users", "", &body)
    }
}
