//! The message and the hint of a TLS error.

use rustls::{AlertDescription, CertificateError, Error, InvalidMessage};

const REPO_URL: &str = "check repo_url";
const CA_FILE: &str =
    "check repo_url; to trust your own certificate authority, set the option ca_file";
const PLAIN: &str = "check the port in repo_url, and whether it should begin with http://";
const CLOCK: &str = "check this machine's clock; otherwise the server needs a new certificate";

/// The message, and a hint.
pub(super) fn explain(error: &Error) -> (String, Option<&'static str>) {
    let (words, hint) = match error {
        Error::InvalidCertificate(error) => return explain_certificate(error),
        Error::InvalidMessage(InvalidMessage::InvalidContentType)
        | Error::InvalidMessage(InvalidMessage::UnknownProtocolVersion) => {
            ("what the server sends is not TLS: it may speak plain http on this port", PLAIN)
        }
        Error::AlertReceived(alert) => return explain_alert(*alert),
        Error::PeerIncompatible(_) => (
            "the server offers no version or cipher of TLS that this library accepts (it accepts \
             TLS 1.2 and 1.3)",
            REPO_URL,
        ),
        Error::NoCertificatesPresented => ("the server shows no certificate", REPO_URL),
        Error::NoApplicationProtocol => ("the server agrees on no version of HTTP", REPO_URL),
        Error::InvalidMessage(_) | Error::PeerSentOversizedRecord | Error::DecryptError => {
            ("the server sends broken TLS", PLAIN)
        }
        Error::InappropriateMessage { .. }
        | Error::InappropriateHandshakeMessage { .. }
        | Error::PeerMisbehaved(_) => ("the server breaks the rules of TLS", REPO_URL),
        _ => ("the handshake failed within this library", REPO_URL),
    };
    (words.to_owned(), Some(hint))
}

fn explain_certificate(error: &CertificateError) -> (String, Option<&'static str>) {
    use CertificateError as E;
    let (words, hint) = match error {
        E::Expired | E::ExpiredContext { .. } => ("the server's certificate has expired", CLOCK),
        E::NotValidYet | E::NotValidYetContext { .. } => {
            ("the server's certificate is not valid yet", CLOCK)
        }
        E::UnknownIssuer => (
            "the server's certificate is signed by itself, or by an authority that is not trusted \
             here",
            CA_FILE,
        ),
        E::NotValidForName => ("the server's certificate is for another host", REPO_URL),
        E::NotValidForNameContext { expected, presented } => {
            let expected = expected.to_str();
            let presented: Vec<_> = presented.iter().take(8).map(|name| plain_name(name)).collect();
            let others = match presented.is_empty() {
                true => "no host at all".to_owned(),
                false => presented.join(", "),
            };
            let words = format!("the server's certificate is not for {expected}, but for {others}");
            return (words, Some(REPO_URL));
        }
        E::Revoked => ("the server's certificate was revoked", REPO_URL),
        E::BadSignature => ("the signature of the server's certificate is wrong", CA_FILE),
        E::BadEncoding => ("the server's certificate is malformed", REPO_URL),
        E::InvalidPurpose | E::InvalidPurposeContext { .. } => {
            ("the server's certificate is not meant for servers", REPO_URL)
        }
        E::UnhandledCriticalExtension => {
            ("the server's certificate has conditions that this library does not know", REPO_URL)
        }
        E::UnsupportedSignatureAlgorithmContext { .. }
        | E::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => (
            "the server's certificate, or one above it, uses an algorithm that is not supported \
             (such as SHA-1, MD5 or a key of an unusual size)",
            REPO_URL,
        ),
        // The errors of webpki that have no name in rustls.
        E::Other(other) => {
            let text = other.to_string();
            let words = match text.as_str() {
                "CaUsedAsEndEntity" => {
                    "the server's certificate is that of an authority, as one that signs itself \
                     often is"
                }
                _ => "the server's certificate is refused",
            };
            return (words.to_owned(), Some(CA_FILE));
        }
        _ => ("the server's certificate is refused", CA_FILE),
    };
    (words.to_owned(), Some(hint))
}

/// `DnsName("hex.pm")` is hex.pm.
fn plain_name(name: &str) -> &str {
    name.split('"').nth(1).unwrap_or(name)
}

fn explain_alert(alert: AlertDescription) -> (String, Option<&'static str>) {
    use AlertDescription as A;
    let words = match alert {
        A::ProtocolVersion => {
            "the server refuses this version of TLS: this library speaks TLS 1.2 and 1.3"
        }
        A::HandshakeFailure | A::InsufficientSecurity => {
            "the server and this library have no cipher of TLS in common"
        }
        A::CertificateRequired | A::NoCertificate => {
            "the server wants a certificate of its client, and this library sends none"
        }
        A::BadCertificate | A::UnknownCA | A::CertificateUnknown | A::AccessDenied => {
            "the server refuses its client: it may want a certificate, and this library sends none"
        }
        A::UnrecognisedName => "the server knows no host of this name",
        A::NoApplicationProtocol => "the server agrees on no version of HTTP",
        A::InternalError => "the server reports an error of its own",
        _ => return (format!("the server ended the handshake: {}", name(alert)), Some(REPO_URL)),
    };
    (words.to_owned(), Some(REPO_URL))
}

/// The alert's name as separate words: `decode error`.
fn name(alert: AlertDescription) -> String {
    let mut words = String::new();
    for character in format!("{alert:?}").chars() {
        if character.is_ascii_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.push(character.to_ascii_lowercase());
    }
    words
}
