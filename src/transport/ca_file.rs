//! Reads the root certificates of `ca_file`.

use std::collections::HashSet;
use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::{Error, Result};

/// No file of roots is larger.
const MAX_BYTES: u64 = 16 << 20;

/// The certificates of a file.
pub(super) struct CaFile {
    pub(super) roots: RootCertStore,
    /// Those that the file itself does not trust for servers.
    pub(super) rejected: HashSet<CertificateDer<'static>>,
}

impl Default for CaFile {
    fn default() -> Self {
        Self { roots: RootCertStore::empty(), rejected: HashSet::new() }
    }
}

impl CaFile {
    pub(super) fn read(path: &Path) -> Result<Self> {
        let read = read(path).map_err(|error| refused(path, &error))?;
        Self::parse(&read).map_err(|why| refused(path, &why))
    }

    fn parse(text: &[u8]) -> Result<Self, String> {
        let (mut file, mut seen) = (Self::default(), HashSet::new());
        for (section, number) in sections(text)?.into_iter().zip(1..) {
            let (certificate, settings) = section.split();
            let is_trusted = trusts_servers(settings).ok_or_else(|| {
                format!("the trust settings of its certificate {number} are damaged")
            })?;
            let certificate = CertificateDer::from(certificate.to_vec());
            // As in OpenSSL, the first entry of a certificate counts.
            if !seen.insert(certificate.clone()) {
                continue;
            }
            if is_trusted {
                file.roots.add(certificate).map_err(|_| {
                    format!(
                        "its certificate {number} cannot be read as the certificate of an authority"
                    )
                })?;
            } else {
                file.rejected.insert(certificate);
            }
        }
        match (file.roots.is_empty(), file.rejected.is_empty()) {
            (true, true) => Err("it holds no certificate in PEM form".to_owned()),
            (true, false) => {
                Err("its trust settings reject each of its certificates for servers".to_owned())
            }
            (false, _) => Ok(file),
        }
    }
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    File::open(path)?.take(MAX_BYTES + 1).read_to_end(&mut text)?;
    match text.len() as u64 > MAX_BYTES {
        true => Err(io::Error::other("it is larger than 16 MiB")),
        false => Ok(text),
    }
}

/// The error of a file that cannot be used.
fn refused(path: &Path, why: &dyn fmt::Display) -> Error {
    let shown = match is_surely_path(path) {
        true => format!(" {}", path.display()),
        false => String::new(),
    };
    Error::invalid_argument(format!("ca_file{shown} cannot be used: {why}"))
}

/// Whether an error may repeat this path. It may be a secret that was set as the wrong option, and a
/// key in base64 may contain slashes, also as its first character.
fn is_surely_path(path: &Path) -> bool {
    let text = path.to_string_lossy();
    let is_in_folder = || {
        let folder = path.parent().filter(|folder| folder.file_name().is_some());
        path.is_absolute() && folder.is_some_and(Path::is_dir)
    };
    !text.contains(|character: char| character.is_control() || character == '@')
        && (text.ends_with(".pem") || text.ends_with(".crt") || is_in_folder())
}

/// The names under which OpenSSL reads certificates from PEM. Only the last one has trust settings.
const LABELS: [&[u8]; 3] = [b"CERTIFICATE", b"X509 CERTIFICATE", TRUSTED];
const TRUSTED: &[u8] = b"TRUSTED CERTIFICATE";

/// A certificate in PEM, and what follows it there.
struct Section {
    der: CertificateDer<'static>,
    has_settings: bool,
}

impl Section {
    /// The certificate, and its trust settings.
    fn split(&self) -> (&[u8], &[u8]) {
        let all = self.der.as_ref();
        let rest = element(all).map_or(&[][..], |(_, _, rest)| rest);
        let settings = if self.has_settings { rest } else { &[] };
        (&all[..all.len() - rest.len()], settings)
    }
}

/// The certificates in a PEM file. Keys, comments and other text are skipped.
fn sections(text: &[u8]) -> Result<Vec<Section>, String> {
    let damaged = || "it is damaged: a part of it is no PEM".to_owned();
    // A byte order mark would hide the first line.
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let mut sections = Vec::new();
    // The label and the lines of the certificate that is being read.
    let mut open: Option<(&[u8], Vec<u8>)> = None;
    for line in text.split(|byte| matches!(byte, b'\n' | b'\r')).map(<[u8]>::trim_ascii) {
        if let Some(rest) = line.strip_prefix(b"-----BEGIN ") {
            let label = rest.strip_suffix(b"-----").ok_or_else(damaged)?;
            if open.is_some() {
                return Err(damaged());
            }
            let begin = || (label, b"-----BEGIN CERTIFICATE-----\n".to_vec());
            open = LABELS.contains(&label).then(begin);
            continue;
        }
        let Some((label, mut pem)) = open.take() else { continue };
        if line
            .strip_prefix(b"-----END ")
            .is_some_and(|rest| rest.strip_suffix(b"-----") == Some(label))
        {
            pem.extend_from_slice(b"-----END CERTIFICATE-----\n");
            let der = CertificateDer::from_pem_slice(&pem).map_err(|_| damaged())?;
            sections.push(Section { der, has_settings: label == TRUSTED });
        } else {
            pem.extend_from_slice(line);
            pem.push(b'\n');
            open = Some((label, pem));
        }
    }
    if open.is_some() { Err(damaged()) } else { Ok(sections) }
}

const SEQUENCE: u8 = 0x30;
const OBJECT_IDENTIFIER: u8 = 0x06;
const SERVER_AUTH: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 1];
const ANY_EXTENDED_KEY_USAGE: &[u8] = &[0x55, 0x1d, 0x25, 0];

/// Whether a certificate with these trust settings counts for servers. `None` if they are damaged.
///
/// This is OpenSSL's rule for X509_TRUST_SSL_SERVER (`-addtrust` and `-addreject` in openssl-x509(1)):
/// it does not count if the rejected uses contain one of the two above, or if there is a list of trusted
/// uses, even an empty one, and it contains neither.
///
/// ```asn1
/// SEQUENCE {
///     trust  SEQUENCE OF OBJECT IDENTIFIER OPTIONAL,
///     reject [0] SEQUENCE OF OBJECT IDENTIFIER OPTIONAL,
///     alias  UTF8String OPTIONAL,
///     keyid  OCTET STRING OPTIONAL,
///     other  [1] SEQUENCE OF AlgorithmIdentifier OPTIONAL
/// }
/// ```
fn trusts_servers(settings: &[u8]) -> Option<bool> {
    if settings.is_empty() {
        return Some(true);
    }
    let (SEQUENCE, mut fields, _) = element(settings)? else { return None };
    let mut values = [None; 5];
    for (value, tag) in values.iter_mut().zip([SEQUENCE, 0xa0, 0x0c, 0x04, 0xa1]) {
        if fields.first() == Some(&tag) {
            let (_, content, rest) = element(fields)?;
            (*value, fields) = (Some(content), rest);
        }
    }
    let [trusted, rejected, ..] = values;
    let is_trusted = trusted.map_or(Some(true), contains_servers)?;
    let is_rejected = rejected.map_or(Some(false), contains_servers)?;
    fields.is_empty().then_some(is_trusted && !is_rejected)
}

/// Whether a list of uses contains that of a server. `None` if it is damaged.
fn contains_servers(mut uses: &[u8]) -> Option<bool> {
    let mut contains = false;
    while !uses.is_empty() {
        let (OBJECT_IDENTIFIER, usage, rest) = element(uses)? else { return None };
        contains |= usage == SERVER_AUTH || usage == ANY_EXTENDED_KEY_USAGE;
        uses = rest;
    }
    Some(contains)
}

/// The first element of some DER: its tag, its content, and what follows it. `None` if it is not
/// complete, or has more than 4 GB.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, rest) = der.split_first()?;
    let (length, rest) = match rest.split_first()? {
        (short @ 0..=0x7f, rest) => (usize::from(*short), rest),
        // The low bits are the number of bytes of the length.
        (long @ 0x81..=0x84, rest) => {
            let (digits, rest) = rest.split_at_checked(usize::from(long & 0x7f))?;
            (digits.iter().fold(0, |sum, digit| sum << 8 | usize::from(*digit)), rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((*tag, content, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An element with this tag.
    fn tagged(tag: u8, content: &[&[u8]]) -> Vec<u8> {
        let content = content.concat();
        let length = u8::try_from(content.len()).unwrap();
        let head = if length < 0x80 { vec![tag, length] } else { vec![tag, 0x81, length] };
        [head, content].concat()
    }

    #[test]
    fn trust_settings_follow_openssl() {
        let (server, any) = (tagged(6, &[SERVER_AUTH]), tagged(6, &[ANY_EXTENDED_KEY_USAGE]));
        let mail = tagged(6, &[&[0x2b, 6, 1, 5, 5, 7, 3, 4]]);
        let trust = |uses: &[&[u8]]| tagged(SEQUENCE, uses);
        let reject = |uses: &[&[u8]]| tagged(0xa0, uses);
        let (name, key, other) = (tagged(0x0c, &[b"ours"]), tagged(4, &[&[1]]), tagged(0xa1, &[]));
        for (fields, trusts) in [
            (vec![], Some(true)),
            (vec![trust(&[&server])], Some(true)),
            (vec![trust(&[&mail, &any])], Some(true)),
            (vec![trust(&[&mail])], Some(false)),
            (vec![trust(&[])], Some(false)),
            (vec![reject(&[])], Some(true)),
            (vec![reject(&[&mail])], Some(true)),
            (vec![reject(&[&mail, &server])], Some(false)),
            (vec![reject(&[&any])], Some(false)),
            (vec![trust(&[&server]), reject(&[&server])], Some(false)),
            (vec![trust(&[&server]), reject(&[&mail]), name.clone(), key, other], Some(true)),
            (vec![name.clone()], Some(true)),
            // Another order, another element, and a list that is none of uses.
            (vec![reject(&[&mail]), trust(&[&mail])], None),
            (vec![tagged(5, &[])], None),
            (vec![trust(&[&name])], None),
        ] {
            let fields: Vec<_> = fields.iter().map(Vec::as_slice).collect();
            let settings = tagged(SEQUENCE, &fields);
            assert_eq!(trusts_servers(&settings), trusts, "{settings:x?}");
            for end in 1..settings.len() {
                assert_eq!(trusts_servers(&settings[..end]), None, "{:x?}", &settings[..end]);
            }
        }
        assert_eq!(trusts_servers(&[]), Some(true));
    }

    #[test]
    fn no_bytes_make_the_reading_panic() {
        for length in
            [&[0x84, 0xff, 0xff, 0xff, 0xff][..], &[0x85, 0, 0, 0, 0, 1], &[0x80], &[0x81]]
        {
            for tag in [SEQUENCE, OBJECT_IDENTIFIER, 0xa0] {
                let bytes = [&[tag], length].concat();
                assert_eq!(trusts_servers(&bytes), None);
                assert_eq!(trusts_servers(&tagged(SEQUENCE, &[&bytes])), None);
            }
        }
    }
}
