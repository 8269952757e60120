//! Random values: the system's random bytes, or reproducible ones from a seed.
//!
//! Each use has its own stream of bytes, so one more request does not change the keys.

use sha2::{Digest, Sha256};

use crate::new::NewDraws;

/// The uses of random bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Use {
    Secret,
    Request,
    Chance,
    Order,
    Count,
    Keys,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Random {
    pub(crate) seed: Option<u64>,
    pub(crate) draws: NewDraws,
}

impl Random {
    pub(crate) fn bytes<const N: usize>(&mut self, purpose: Use) -> [u8; N] {
        let Some(seed) = self.seed else {
            return system();
        };
        let (name, draws) = match purpose {
            Use::Secret => ("secret", &mut self.draws.secrets),
            Use::Request => ("request", &mut self.draws.requests),
            Use::Chance => ("chance", &mut self.draws.chances),
            Use::Order => ("order", &mut self.draws.orders),
            Use::Count => ("count", &mut self.draws.counts),
            Use::Keys => ("keys", &mut self.draws.keys),
        };
        *draws += 1;
        let digest = Sha256::new()
            .chain_update(seed.to_be_bytes())
            .chain_update(name)
            .chain_update(draws.to_be_bytes())
            .finalize();
        // N is at most 16 everywhere; a digest has 32.
        let mut bytes = [0; N];
        bytes.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
        bytes
    }

    /// 32 lower-case hex digits, for keys, verification links and reset links.
    pub(crate) fn secret(&mut self) -> String {
        hex(&self.bytes::<16>(Use::Secret))
    }

    /// From 0 to below 1.
    pub(crate) fn chance(&mut self) -> f64 {
        let number = u32::from_be_bytes(self.bytes(Use::Chance));
        f64::from(number) / (f64::from(u32::MAX) + 1.0)
    }

    /// From 0 to `most`, both included.
    pub(crate) fn up_to(&mut self, most: u64) -> u64 {
        let number = u64::from_be_bytes(self.bytes(Use::Count));
        most.checked_add(1).map_or(number, |numbers| number % numbers)
    }
}

/// Mixes a number: the last step of SplitMix64.
pub(crate) fn scatter(number: u64) -> u64 {
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

fn system<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    // Every supported platform has a source of random bytes. Without one, no secret is possible.
    getrandom::fill(&mut bytes).expect("the system provides random bytes");
    bytes
}

/// 32 unpredictable hex digits, also with a seed: for the sandbox's own tokens.
pub(crate) fn system_secret() -> String {
    hex(&system::<16>())
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

pub(crate) fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    if text.len() != 2 * N || !text.is_ascii() {
        return None;
    }
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * index..2 * index + 2], 16).ok()?;
    }
    Some(bytes)
}
