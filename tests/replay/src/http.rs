//! Reads one HTTP/1.1 request from a stream.

use std::io::{self, BufRead, Read};

use crate::wire::invalid;

/// A larger head is refused. The longest recorded target has 12 kB.
const MOST_HEAD: u64 = 256 << 10;
const MOST_BODY: u64 = 16 << 20;

/// A request, recorded or received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) version: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    /// All values of a header, in order.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers
            .iter()
            .filter(move |(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}

/// The next request of a connection; `None` if the client closed it between requests.
///
/// # Errors
///
/// `InvalidData` names the fault of the request. Any other kind comes from the stream.
pub(crate) fn read_request(stream: &mut impl BufRead) -> io::Result<Option<Request>> {
    let mut head = stream.by_ref().take(MOST_HEAD);
    let Some(line) = read_line(&mut head)? else {
        return Ok(None);
    };
    let mut words = line.splitn(2, ' ');
    let method = words.next().unwrap_or_default().to_owned();
    // The target is all text between the first and the last space. The caller finds a raw space in
    // it.
    let Some((target, version)) = words.next().and_then(|rest| rest.rsplit_once(' ')) else {
        return Err(invalid(format!("not a request line: {line:?}")));
    };
    let mut headers = Vec::new();
    loop {
        let Some(line) = read_line(&mut head)? else {
            return Err(invalid("the request ends within its headers".to_owned()));
        };
        if line.is_empty() {
            break;
        }
        let Some((name, value)) = line.split_once(':') else {
            return Err(invalid(format!("not a header line: {line:?}")));
        };
        headers.push((name.to_owned(), value.trim_matches([' ', '\t']).to_owned()));
    }
    let mut request = Request {
        method,
        target: target.to_owned(),
        version: version.to_owned(),
        headers,
        body: Vec::new(),
    };
    request.body = read_body(stream, &request)?;
    Ok(Some(request))
}

/// A line without its CRLF; `None` at the end of the stream. Foreign bytes are read as Latin-1.
fn read_line(head: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut line = Vec::new();
    if head.read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    let Some(line) = line.strip_suffix(b"\r\n") else {
        return Err(invalid("a line of the head is cut off, too long or without CRLF".to_owned()));
    };
    Ok(Some(match std::str::from_utf8(line) {
        Ok(line) => line.to_owned(),
        Err(_) => line.iter().copied().map(char::from).collect(),
    }))
}

fn read_body(stream: &mut impl BufRead, request: &Request) -> io::Result<Vec<u8>> {
    if let Some(coding) = request.all("transfer-encoding").next() {
        return Err(invalid(format!(
            "transfer-encoding: {coding} (a client sends a content-length)"
        )));
    }
    let lengths: Vec<&str> = request.all("content-length").collect();
    let length = match lengths[..] {
        [] => 0,
        [length] => length.parse().map_err(|_| invalid(format!("content-length: {length:?}")))?,
        _ => return Err(invalid("more than one content-length".to_owned())),
    };
    if length > MOST_BODY {
        return Err(invalid(format!("a body of {length} bytes")));
    }
    let mut body = Vec::new();
    stream.take(length).read_to_end(&mut body)?;
    if body.len() as u64 == length { Ok(body) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> io::Result<Option<Request>> {
        read_request(&mut text.as_bytes())
    }

    #[test]
    fn reads_one_request_after_the_other() {
        let mut stream =
            "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabcGET /b HTTP/1.1\r\nhost:y \r\n\r\n".as_bytes();
        let first = read_request(&mut stream).unwrap().unwrap();
        assert_eq!(
            (first.method.as_str(), first.target.as_str(), &first.body[..]),
            ("POST", "/a", &b"abc"[..])
        );
        let second = read_request(&mut stream).unwrap().unwrap();
        assert_eq!(second.target, "/b");
        assert_eq!(second.all("Host").collect::<Vec<_>>(), ["y"]);
        assert!(read_request(&mut stream).unwrap().is_none());
    }

    #[test]
    fn keeps_a_raw_space_in_the_target() {
        assert_eq!(read("GET /a b HTTP/1.1\r\n\r\n").unwrap().unwrap().target, "/a b");
    }

    #[test]
    fn names_the_fault_of_a_request() {
        for (text, part) in [
            ("GET\r\n\r\n", "request line"),
            ("GET / HTTP/1.1\r\nnonsense\r\n\r\n", "header line"),
            ("GET / HTTP/1.1\r\nHost: x\r\n", "within its headers"),
            ("GET / HTTP/1.1\nHost: x\n\n", "without CRLF"),
            ("POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", "content-length"),
            ("POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na", "more than one"),
            ("POST / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n", "99999999999 bytes"),
            ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", "chunked"),
        ] {
            let error = read(text).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidData, "{text:?}");
            assert!(error.to_string().contains(part), "{text:?}: {error}");
        }
        let long = format!("GET /{} HTTP/1.1\r\n\r\n", "x".repeat(1 << 20));
        assert!(read(&long).unwrap_err().to_string().contains("too long"));
        let cut = read("POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\na").unwrap_err();
        assert_eq!(cut.kind(), io::ErrorKind::UnexpectedEof);
    }
}
