//! The recorded exchanges: JSON lines in `{server}-{file}.jsonl`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use crate::http::Request;

/// The recorded exchanges of one folder, in the order of the files' names and of their lines.
#[derive(Debug)]
pub struct Wire {
    pub(crate) exchanges: Vec<Exchange>,
}

#[derive(Debug, Clone)]
pub(crate) struct Exchange {
    pub(crate) server: String,
    pub(crate) file: String,
    pub(crate) name: String,
    pub(crate) request: Request,
    /// The recording has only the length of a very large body.
    pub(crate) request_body_left_out: bool,
    /// `None` if the server closed without an answer.
    pub(crate) reply: Option<Reply>,
    /// Closed by the server after the reply, announced or not.
    pub(crate) closed: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) version: String,
    pub(crate) status: u16,
    pub(crate) reason: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Wire {
    /// The folder `tests/wire` of the workspace this crate was built in.
    #[must_use]
    pub fn default_dir() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../wire")
    }

    /// Reads every `{server}-{file}.jsonl` of a folder.
    ///
    /// # Errors
    ///
    /// If the folder or a file cannot be read, or has no exchange, or a line is not one. The error
    /// names the file and the line.
    pub fn open(dir: impl AsRef<Path>) -> io::Result<Self> {
        let dir = dir.as_ref();
        let named =
            |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", dir.display()));
        let mut paths = Vec::new();
        for entry in fs::read_dir(dir).map_err(named)? {
            let path = entry.map_err(named)?.path();
            if path.extension().is_some_and(|extension| extension == "jsonl") {
                paths.push(path);
            }
        }
        paths.sort();
        let mut exchanges = Vec::new();
        for path in paths {
            read_file(&path, &mut exchanges)?;
        }
        if exchanges.is_empty() {
            return Err(invalid(format!("{}: no recorded exchange", dir.display())));
        }
        Ok(Self { exchanges })
    }
}

impl Exchange {
    pub(crate) fn id(&self) -> String {
        format!("{}/{}/{}", self.server, self.file, self.name)
    }

    /// Whether the connection ends with the reply. It must end too if the length does not match the
    /// body (a reply to HEAD). Otherwise a client would wait for bytes that were never recorded.
    pub(crate) fn closes(&self) -> bool {
        let Some(reply) = &self.reply else {
            return true;
        };
        self.closed
            || reply.header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"))
            || !reply.length_is_plain()
    }
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// Whether a length describes the body, or the status has neither length nor body.
    pub(crate) fn length_is_plain(&self) -> bool {
        match self.header("content-length") {
            Some(length) => length.parse() == Ok(self.body.len()),
            None => matches!(self.status, 204 | 304) && self.body.is_empty(),
        }
    }

    /// The reply as it went over the wire.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes =
            format!("{} {} {}\r\n", self.version, self.status, self.reason).into_bytes();
        for (name, value) in &self.headers {
            bytes.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
        }
        bytes.extend_from_slice(b"\r\n");
        bytes.extend_from_slice(&self.body);
        bytes
    }
}

#[derive(Deserialize)]
struct Line {
    name: String,
    request: RequestLine,
    response: Option<ResponseLine>,
    #[serde(default)]
    connection_closed_by_server_after: bool,
}

#[derive(Deserialize)]
struct RequestLine {
    method: String,
    target: String,
    version: String,
    headers: Vec<(String, String)>,
    body: Option<String>,
    body_base64: Option<String>,
    body_note: Option<String>,
}

#[derive(Deserialize)]
struct ResponseLine {
    version: String,
    status: u16,
    reason: String,
    headers: Vec<(String, String)>,
    body: Option<String>,
    body_base64: Option<String>,
    body_left_out: Option<String>,
}

fn read_file(path: &Path, exchanges: &mut Vec<Exchange>) -> io::Result<()> {
    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let Some((server, file)) = stem.split_once('-') else {
        return Err(invalid(format!("{}: not named SERVER-FILE.jsonl", path.display())));
    };
    let text = fs::read_to_string(path)
        .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))?;
    for (number, line) in text.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        let exchange = serde_json::from_str(line)
            .map_err(|error| error.to_string())
            .and_then(|line| exchange(server, file, line))
            .map_err(|error| invalid(format!("{}:{}: {error}", path.display(), number + 1)))?;
        exchanges.push(exchange);
    }
    Ok(())
}

fn exchange(server: &str, file: &str, line: Line) -> Result<Exchange, String> {
    let request = line.request;
    Ok(Exchange {
        server: server.to_owned(),
        file: file.to_owned(),
        name: line.name,
        request_body_left_out: request.body_note.is_some(),
        request: Request {
            method: request.method,
            target: request.target,
            version: request.version,
            headers: request.headers,
            body: body(request.body, request.body_base64)?,
        },
        reply: line.response.map(reply).transpose()?,
        closed: line.connection_closed_by_server_after,
    })
}

fn reply(line: ResponseLine) -> Result<Reply, String> {
    let mut reply = Reply {
        version: line.version,
        status: line.status,
        reason: line.reason,
        headers: line.headers,
        body: body(line.body, line.body_base64)?,
    };
    if line.body_left_out.is_some() {
        let length = reply.header("content-length").unwrap_or_default();
        let length = length
            .parse()
            .map_err(|_| format!("body left out, but content-length is {length:?}"))?;
        reply.body = stand_in_page(length)?;
    }
    Ok(reply)
}

fn body(text: Option<String>, base64: Option<String>) -> Result<Vec<u8>, String> {
    match base64 {
        Some(base64) => STANDARD.decode(&base64).map_err(|error| format!("body_base64: {error}")),
        None => Ok(text.unwrap_or_default().into_bytes()),
    }
}

/// An HTML page of exactly the recorded length, for a long page that was not recorded.
fn stand_in_page(length: usize) -> Result<Vec<u8>, String> {
    const OPEN: &str = "<!DOCTYPE html>\n<html><body>";
    const CLOSE: &str = "</body></html>\n";
    const MOST: usize = 1 << 20;
    match length.checked_sub(OPEN.len() + CLOSE.len()) {
        Some(filling) if length <= MOST => {
            Ok([OPEN, &" ".repeat(filling), CLOSE].concat().into_bytes())
        }
        _ => Err(format!("no HTML page of {length} bytes can stand in")),
    }
}

pub(crate) fn invalid(message: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message)
}
