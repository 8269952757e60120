//! A cache of records with their ETags, which saves transfers.
//!
//! A 304 still counts against the rate limit. The key is the origin, the credential and the path, so
//! no credential gets a record that the server sent to another.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use http::header::{CONTENT_TYPE, ETAG, HeaderMap, HeaderValue};

use super::settings::Settings;
use crate::protocol::{Reply, Request};

/// The cached records of a client.
#[derive(Default)]
pub(crate) struct Cache(Mutex<Records>);

#[derive(Default)]
struct Records {
    by_key: HashMap<Key, (u64, Arc<Record>)>,
    /// Counts uses. The record with the lowest number was used least recently.
    clock: u64,
}

/// The origin and credential as one number, and the URL.
type Key = (u64, String);

/// A cached reply.
pub(crate) struct Record {
    /// Unchanged: the server's ETags have no quotes, and it compares them byte for byte.
    pub(crate) etag: HeaderValue,
    content_type: Option<HeaderValue>,
    body: Vec<u8>,
}

fn key(settings: &Settings, request: &Request) -> Key {
    (settings.rate_key, format!("{}{}", settings.base, request.target))
}

impl Cache {
    pub(crate) fn get(&self, settings: &Settings, request: &Request) -> Option<Arc<Record>> {
        let mut records = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        records.clock += 1;
        let now = records.clock;
        let (used, record) = records.by_key.get_mut(&key(settings, request))?;
        *used = now;
        Some(Arc::clone(record))
    }

    /// Caches a successful reply with an ETag. If there are too many records, removes the least
    /// recently used.
    pub(crate) fn put(&self, settings: &Settings, request: &Request, reply: &Reply) {
        let Some(etag) = reply.headers.get(ETAG).filter(|_| reply.status == 200) else { return };
        let record = Arc::new(Record {
            etag: etag.clone(),
            content_type: reply.headers.get(CONTENT_TYPE).cloned(),
            body: reply.body.clone(),
        });
        let mut records = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        records.clock += 1;
        let now = records.clock;
        records.by_key.insert(key(settings, request), (now, record));
        while records.by_key.len() > settings.cache as usize {
            let oldest = records.by_key.iter().min_by_key(|(_, (used, _))| *used);
            let Some(oldest) = oldest.map(|(key, _)| key.clone()) else { return };
            records.by_key.remove(&oldest);
        }
    }

    pub(crate) fn remove(&self, settings: &Settings, request: &Request) {
        let mut records = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        records.by_key.remove(&key(settings, request));
    }
}

impl Record {
    /// The cached reply, with the headers of the 304.
    pub(crate) fn reply(&self, not_modified: Reply) -> Reply {
        let mut headers: HeaderMap = not_modified.headers;
        if let Some(content_type) = &self.content_type {
            headers.insert(CONTENT_TYPE, content_type.clone());
        }
        Reply { status: 200, headers, body: self.body.clone(), ..not_modified }
    }
}
