//! HTTP/2 frames as bytes (RFC 9113, 4.1): finds the end of each, and builds frames that no library
//! would send.

use bytes::{Buf, Bytes, BytesMut};

pub(super) const DATA: u8 = 0;
pub(super) const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
pub(super) const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
pub(super) const CONTINUATION: u8 = 9;

pub(super) const ACK: u8 = 1;
pub(super) const END_HEADERS: u8 = 4;

/// Length, type, flags and stream.
const HEAD: usize = 9;

/// A whole frame.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) kind: u8,
    pub(super) flags: u8,
    pub(super) stream: u32,
    pub(super) bytes: Bytes,
}

/// Takes whole frames from the front of the bytes read so far.
pub(super) fn next_frame(read: &mut BytesMut) -> Option<Frame> {
    let mut head = read.get(..HEAD)?;
    let length = head.get_uint(3) as usize;
    let (kind, flags) = (head.get_u8(), head.get_u8());
    // The highest bit is reserved.
    let stream = head.get_u32() & !(1 << 31);
    if read.len() < HEAD + length {
        return None;
    }
    let bytes = read.split_to(HEAD + length).freeze();
    Some(Frame { kind, flags, stream, bytes })
}

fn frame(kind: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    // Every payload from here has at most eight bytes.
    let mut bytes = vec![0, 0, payload.len() as u8, kind, 0];
    bytes.extend(stream.to_be_bytes());
    bytes.extend(payload);
    bytes
}

pub(super) fn rst_stream(stream: u32, code: u32) -> Vec<u8> {
    frame(RST_STREAM, stream, &code.to_be_bytes())
}

pub(super) fn goaway(last_stream: u32, code: u32) -> Vec<u8> {
    frame(GOAWAY, 0, &[last_stream.to_be_bytes(), code.to_be_bytes()].concat())
}

/// SETTINGS that change nothing but need an acknowledgement.
pub(super) fn settings() -> Vec<u8> {
    frame(SETTINGS, 0, &[])
}

pub(super) fn ping() -> Vec<u8> {
    frame(PING, 0, b"sandbox!")
}

/// Empty DATA that does not end its stream.
pub(super) fn empty_data(stream: u32) -> Vec<u8> {
    frame(DATA, stream, &[])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_end_of_frames() {
        let mut read = BytesMut::from(&[goaway(5, 7), rst_stream(3, 8)].concat()[..]);
        let rest = read.split_off(20);
        let first = next_frame(&mut read).expect("a frame");
        assert_eq!((first.kind, first.stream, first.bytes.len()), (GOAWAY, 0, 17));
        assert!(next_frame(&mut read).is_none(), "three bytes are no frame");
        read.unsplit(rest);
        let second = next_frame(&mut read).expect("a frame");
        assert_eq!((second.kind, second.stream, second.flags), (RST_STREAM, 3, 0));
        assert_eq!(second.bytes[HEAD..], 8u32.to_be_bytes());
        assert!(next_frame(&mut read).is_none() && read.is_empty());
    }
}
