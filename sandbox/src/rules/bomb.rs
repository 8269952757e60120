//! A gzip body that unpacks into any number of bytes. It is created in pieces.

use flate2::{Compress, Compression, Crc, FlushCompress};

/// The unpacked size of one piece.
const PIECE: u64 = 1 << 20;

/// The pieces of one body. It unpacks into spaces, which a JSON reader skips.
#[derive(Debug)]
pub(crate) struct Bomb {
    left: u64,
    stage: Stage,
    piece: Vec<u8>,
    piece_crc: Crc,
    crc: Crc,
}

#[derive(Debug, PartialEq, Eq)]
enum Stage {
    Header,
    Body,
    Trailer,
    Over,
}

impl Bomb {
    pub(crate) fn new(bytes: u64) -> Bomb {
        let (piece, piece_crc) = packed(PIECE as usize);
        Bomb { left: bytes, stage: Stage::Header, piece, piece_crc, crc: Crc::new() }
    }

    /// The next bytes to send.
    pub(crate) fn next(&mut self) -> Option<Vec<u8>> {
        match self.stage {
            Stage::Header => {
                self.stage = Stage::Body;
                // Deflate, no name, no time, no operating system.
                Some(vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255])
            }
            Stage::Body if self.left >= PIECE => {
                self.left -= PIECE;
                self.crc.combine(&self.piece_crc);
                // Ends on a byte and refers to nothing before it, so it can be sent repeatedly.
                Some(self.piece.clone())
            }
            Stage::Body => {
                self.stage = Stage::Trailer;
                let (rest, crc) = packed(self.left as usize);
                self.crc.combine(&crc);
                Some(rest)
            }
            Stage::Trailer => {
                self.stage = Stage::Over;
                // An empty last block, stored.
                let mut end = vec![1, 0, 0, 0xff, 0xff];
                end.extend(self.crc.sum().to_le_bytes());
                end.extend(self.crc.amount().to_le_bytes());
                Some(end)
            }
            Stage::Over => None,
        }
    }
}

/// Packs this number of spaces, at most a piece, up to a full flush.
fn packed(len: usize) -> (Vec<u8>, Crc) {
    let spaces = vec![b' '; len];
    let mut crc = Crc::new();
    crc.update(&spaces);
    let mut packer = Compress::new(Compression::best(), false);
    let mut out = Vec::with_capacity(64 * 1024);
    // The memory is large enough, so this cannot fail.
    let _ = packer.compress_vec(&spaces, &mut out, FlushCompress::Full);
    (out, crc)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn unpacks_into_the_requested_size() {
        for bytes in [0, 1, 1000, PIECE, 5 * PIECE + 17] {
            let mut bomb = Bomb::new(bytes);
            let packed: Vec<u8> = std::iter::from_fn(|| bomb.next()).flatten().collect();
            let mut text = String::new();
            let mut reader = flate2::read::GzDecoder::new(packed.as_slice());
            reader.read_to_string(&mut text).expect("gzip with the right sum");
            assert_eq!(text.len() as u64, bytes);
            assert!(text.bytes().all(|b| b == b' '));
            assert!(packed.len() as u64 <= 64 + bytes / 500, "{} for {bytes}", packed.len());
        }
    }
}
