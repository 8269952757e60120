//! The peer in Rust: reqwest and serde, as a program would use them.

use aura_users_compare::{Arguments, one_by_one};
use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderMap, HeaderValue};
use serde::Deserialize;
use serde::de::DeserializeOwned;

#[derive(Deserialize)]
struct User {
    username: String,
}

#[derive(Deserialize)]
struct Row {
    action: String,
    #[serde(rename = "params")]
    _params: serde_json::Value,
}

fn main() {
    let arguments = Arguments::read();
    // Our own crate is in the same build. With its features, reqwest needs a provider.
    rustls::crypto::ring::default_provider().install_default().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    headers.insert(AUTHORIZATION, HeaderValue::from_static("key"));
    let client = reqwest::Client::builder().default_headers(headers).no_proxy().build().unwrap();
    let get = Get { client, base: arguments.url.clone() };
    match arguments.job.as_str() {
        "user" => one_by_one(&arguments, |seen| {
            let user: User = runtime.block_on(get.json("/users/orguser".to_owned()));
            seen.checksum += user.username.len();
        }),
        "stream" => one_by_one(&arguments, |seen| {
            for page in 1.. {
                let path = format!("/users/me/audit-logs?page={page}");
                let rows: Vec<Row> = runtime.block_on(get.json(path));
                if rows.is_empty() {
                    break;
                }
                seen.rows += rows.len();
                seen.checksum += rows.iter().map(|row| row.action.len()).sum::<usize>();
            }
        }),
        job => panic!("no job {job}"),
    }
}

struct Get {
    client: reqwest::Client,
    base: String,
}

impl Get {
    async fn json<T: DeserializeOwned>(&self, path: String) -> T {
        let reply = self.client.get(format!("{}{path}", self.base)).send().await.unwrap();
        let body = reply.error_for_status().unwrap().bytes().await.unwrap();
        serde_json::from_slice(&body).unwrap()
    }
}
