//! Stored passwords: a salted SHA-256. It is fast, so a test may sign in a thousand times, and good
//! enough for accounts in tests. A real server needs bcrypt or argon2.

use sha2::{Digest, Sha256};

use crate::random::{Random, Use, hex, unhex};

/// A stored password.
#[derive(Debug, Clone)]
pub(crate) struct PasswordHash {
    salt: [u8; 16],
    digest: [u8; 32],
}

impl PasswordHash {
    pub(crate) fn new(password: &str, random: &mut Random) -> Self {
        let salt = random.bytes(Use::Secret);
        let digest = digest(&salt, password);
        PasswordHash { salt, digest }
    }

    /// In the form of a snapshot.
    pub(crate) fn text(&self) -> String {
        format!("{}:{}", hex(&self.salt), hex(&self.digest))
    }

    pub(crate) fn from_text(text: &str) -> Option<Self> {
        let (salt, digest) = text.split_once(':')?;
        Some(PasswordHash { salt: unhex(salt)?, digest: unhex(digest)? })
    }

    pub(crate) fn verify(&self, password: &str) -> bool {
        digest(&self.salt, password) == self.digest
    }
}

fn digest(salt: &[u8], password: &str) -> [u8; 32] {
    Sha256::new().chain_update(salt).chain_update(password).finalize().into()
}
