//! Reads and unpacks the body of a reply, within limits.

use std::error::Error as StdError;
use std::io::{self, BufRead, Read};
use std::mem;
use std::time::Duration;

use bytes::Bytes;
use flate2::bufread::GzDecoder;
use http::HeaderMap;
use http::header::CONTENT_ENCODING;
use http_body_util::BodyExt;
use hyper::body::Body;
use tokio::time::Instant;

use super::failure::{BoxError, broken_body};
use crate::ErrorKind;
use crate::runtime::clock::timeout_at;
use crate::runtime::offload::{INLINE, Stop, offload};
use crate::server_text;

/// Why a body could not be read.
#[derive(Debug)]
pub(super) struct BodyError {
    pub(super) kind: ErrorKind,
    pub(super) message: String,
    pub(super) source: Option<Box<dyn StdError + Send + Sync>>,
}

impl BodyError {
    fn new(message: String) -> Self {
        Self { kind: ErrorKind::Decode, message, source: None }
    }

    fn late() -> Self {
        Self { kind: ErrorKind::Timeout, ..Self::new("it did not arrive in time".to_owned()) }
    }

    /// Whether the body stalled.
    pub(super) fn is_late(&self) -> bool {
        self.kind == ErrorKind::Timeout
    }
}

/// The limits of a body.
#[derive(Clone, Copy)]
pub(super) struct Limit {
    /// Its size, both packed and unpacked.
    bytes: u64,
    /// When the body of an error must have arrived.
    error_ends: Option<Instant>,
}

/// An error body is a sentence or a list of field errors.
const MAX_ERROR_BODY: u64 = server_text::MAX_ERROR_BODY as u64;

/// The reading of an error's body ends so long before the attempt. Otherwise the attempt could end
/// first, as a timeout without a status. Timers count whole milliseconds.
const BEFORE_ATTEMPT: Duration = Duration::from_millis(10);

impl Limit {
    /// The limits of a success.
    pub(super) fn new(max_body: u64) -> Self {
        Self { bytes: max_body, error_ends: None }
    }

    /// The limits of an error, whose attempt ends at `ends`.
    pub(super) fn of_error(max_body: u64, ends: Instant) -> Self {
        let left = ends.saturating_duration_since(Instant::now());
        let error_ends = ends.checked_sub(BEFORE_ATTEMPT.min(left / 4)).or(Some(ends));
        Self { bytes: max_body.min(MAX_ERROR_BODY), error_ends }
    }

    pub(super) fn bytes(self) -> u64 {
        self.bytes
    }

    fn exceeded(self) -> BodyError {
        let Self { bytes, error_ends } = self;
        let is_fixed = error_ends.is_some() && bytes == MAX_ERROR_BODY;
        let name = if is_fixed { "" } else { "max_body, " };
        BodyError::new(format!("the reply is larger than {name}{bytes} bytes"))
    }
}

/// The most memory that is reserved for the size that a header announces.
const MAX_PREALLOCATED: u64 = 1 << 20;

/// Reads the body as it was sent.
pub(super) async fn read<B>(incoming: B, limit: Limit) -> Result<Vec<u8>, BodyError>
where
    B: Body<Data = Bytes, Error: Into<BoxError>> + Unpin,
{
    let reading = read_to_end(incoming, limit);
    match limit.error_ends {
        Some(ends) => timeout_at(ends, reading).await.unwrap_or_else(|| Err(BodyError::late())),
        None => reading.await,
    }
}

/// Fails if the body is shorter than its head announced.
pub(super) fn check_length(body: Vec<u8>, announced: u64) -> Result<Vec<u8>, BodyError> {
    let length = body.len() as u64;
    if length >= announced {
        return Ok(body);
    }
    let message =
        format!("the connection broke within the reply: {length} of {announced} bytes came");
    Err(BodyError { kind: ErrorKind::Connect, ..BodyError::new(message) })
}

async fn read_to_end<B>(mut incoming: B, limit: Limit) -> Result<Vec<u8>, BodyError>
where
    B: Body<Data = Bytes, Error: Into<BoxError>> + Unpin,
{
    let announced = incoming.size_hint().lower();
    if announced > limit.bytes {
        return Err(limit.exceeded());
    }
    let mut body =
        Vec::with_capacity(usize::try_from(announced.min(MAX_PREALLOCATED)).unwrap_or(0));
    while let Some(frame) = incoming.frame().await {
        let frame = frame.map_err(|error| broken_body(error.into()))?;
        let Some(chunk) = frame.data_ref() else { continue };
        if (body.len() + chunk.len()) as u64 > limit.bytes {
            return Err(limit.exceeded());
        }
        body.extend_from_slice(chunk);
    }
    Ok(body)
}

/// Decodes `body` as `Content-Encoding` requires.
pub(super) async fn unpack(
    body: Vec<u8>,
    headers: &HeaderMap,
    limit: Limit,
) -> Result<Vec<u8>, BodyError> {
    if body.is_empty() || !is_gzip(headers)? {
        return Ok(body);
    }
    let is_small = body.len() <= CHUNK;
    let mut unpacking = Decompressor::new(body, limit);
    if is_small && unpacking.run(INLINE as u64)? {
        return Ok(unpacking.text);
    }
    let unpacked = offload(move |stop| {
        unpacking.packed.get_mut().stop = Some(stop.clone());
        unpacking.run(u64::MAX)?;
        Ok(unpacking.text)
    });
    unpacked.await.map_err(|error| BodyError {
        kind: error.kind(),
        message: error.message().to_owned(),
        source: Some(error.into()),
    })?
}

/// Whether the body is packed. The request accepts only gzip.
fn is_gzip(headers: &HeaderMap) -> Result<bool, BodyError> {
    let is_one = |coding: &[u8], names: &[&str]| {
        names.iter().any(|name| coding.eq_ignore_ascii_case(name.as_bytes()))
    };
    let mut codings = headers
        .get_all(CONTENT_ENCODING)
        .iter()
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
        .map(<[u8]>::trim_ascii)
        .filter(|coding| !is_one(coding, &["", "identity"]));
    match (codings.next(), codings.next()) {
        (None, _) => Ok(false),
        // RFC 9110, 8.4.1.3: both names have the same meaning.
        (Some(coding), None) if is_one(coding, &["gzip", "x-gzip"]) => Ok(true),
        (Some(first), second) => {
            let named = [first, b", ", second.unwrap_or_default()];
            let named = &named[..if second.is_some() { 3 } else { 1 }].concat();
            Err(BodyError::new(format!(
                "the reply has the Content-Encoding \"{}\", and only gzip is supported",
                server_text::name(&String::from_utf8_lossy(named))
            )))
        }
    }
}

/// The most members of a gzip stream. Servers send one, and some tools write a few.
const MAX_MEMBERS: u32 = 16;

/// A gzip stream. Bytes after a member that are not another member are skipped, as in browsers and
/// Python's requests. curl refuses them.
struct Decompressor {
    packed: GzDecoder<ChunkedReader>,
    members: u32,
    text: Vec<u8>,
    limit: Limit,
}

impl Decompressor {
    fn new(body: Vec<u8>, limit: Limit) -> Self {
        let text = Vec::with_capacity(body.len().saturating_mul(4).min(MAX_PREALLOCATED as usize));
        let packed = GzDecoder::new(ChunkedReader { bytes: body, at: 0, stop: None });
        Self { packed, members: 1, text, limit }
    }

    /// Unpacks until the end, or until more than `until` bytes are unpacked. Returns whether it
    /// reached the end.
    fn run(&mut self, until: u64) -> Result<bool, BodyError> {
        loop {
            let most = until.min(self.limit.bytes).saturating_add(1);
            let room = most.saturating_sub(self.text.len() as u64);
            let unpacked = self.packed.by_ref().take(room).read_to_end(&mut self.text);
            unpacked.map_err(|error| {
                let message = format!("the reply cannot be decompressed: {error}");
                BodyError { source: Some(error.into()), ..BodyError::new(message) }
            })?;
            let length = self.text.len() as u64;
            if length > self.limit.bytes {
                return Err(self.limit.exceeded());
            }
            if length > until {
                return Ok(false);
            }
            let rest = self.packed.get_mut();
            if !rest.bytes[rest.at..].starts_with(b"\x1f\x8b") {
                return Ok(true);
            }
            if self.members == MAX_MEMBERS {
                let message = "the reply cannot be decompressed: it has too many gzip members";
                return Err(BodyError::new(message.to_owned()));
            }
            self.members += 1;
            self.packed = GzDecoder::new(mem::take(rest));
        }
    }
}

/// Packed bytes, which are read in chunks while the reply is still wanted.
#[derive(Default)]
struct ChunkedReader {
    bytes: Vec<u8>,
    at: usize,
    stop: Option<Stop>,
}

/// The slowest known chunk of this size takes 10 ms.
const CHUNK: usize = 32 << 10;

impl BufRead for ChunkedReader {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.stop.as_ref().is_some_and(Stop::is_set) {
            return Err(io::Error::other("the call has ended"));
        }
        let end = self.bytes.len().min(self.at + CHUNK);
        Ok(&self.bytes[self.at..end])
    }

    fn consume(&mut self, amount: usize) {
        self.at += amount;
    }
}

impl Read for ChunkedReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(buffer)?;
        self.consume(count);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unpacking_stops_when_the_call_has_ended() {
        // Empty stored blocks unpack into nothing.
        let mut body = b"\x1f\x8b\x08\0\0\0\0\0\0\xff".to_vec();
        body.extend(b"\0\0\0\xff\xff".repeat(50_000));
        let mut unpacking = Decompressor::new(body, Limit::new(u64::MAX));
        let stop = Stop::default();
        unpacking.packed.get_mut().stop = Some(stop.clone());
        stop.set();
        let error = unpacking.run(u64::MAX).unwrap_err();
        assert_eq!(error.source.unwrap().to_string(), "the call has ended");
        assert!(unpacking.packed.get_ref().at <= CHUNK);
    }
}
