//! The message and the hint of a TLS error.

use std::net::IpAddr;

use rustls::{AlertDescription, CertificateError, Error, InvalidMessage};

use super::proxy_error::CHECK_PROXY;

/// The other end of TLS.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Peer {
    Server,
    Proxy,
}

/// What to do about an error.
#[derive(Clone, Copy)]
enum Advice {
    Address,
    Trust,
    Plain,
    Clock,
    NewCertificate,
    LeafCertificate,
    Key,
}

impl Advice {
    fn about(self, peer: Peer) -> &'static str {
        match (self, peer) {
            (Self::Address, Peer::Server) => "check repo_url",
            (Self::Address, Peer::Proxy) => CHECK_PROXY,
            (Self::Trust, Peer::Server) => {
                "check repo_url; to trust your own certificate authority, set the option ca_file"
            }
            (Self::Trust, Peer::Proxy) => {
                "check the proxy; to trust its certificate authority, set the option ca_file"
            }
            (Self::Plain, Peer::Server) => {
                "check the port in repo_url, and whether it should begin with http://"
            }
            (Self::Plain, Peer::Proxy) => {
                "check the port in the proxy's URL, and whether it should begin with http://"
            }
            (Self::Clock, Peer::Server) => {
                "check this machine's clock; otherwise the server needs a new certificate"
            }
            (Self::Clock, Peer::Proxy) => {
                "check this machine's clock; otherwise the proxy needs a new certificate"
            }
            (Self::NewCertificate, Peer::Server) => "the server needs another certificate",
            (Self::NewCertificate, Peer::Proxy) => "the proxy needs another certificate",
            (Self::LeafCertificate, _) => {
                "create a certificate that this one signs, or one without CA:TRUE"
            }
            (Self::Key, _) => {
                "check the size of the key, and that ca_file holds the authority's present \
                 certificate"
            }
        }
    }
}

/// The message, and a hint.
pub(super) fn explain(error: &Error, peer: Peer) -> (String, &'static str) {
    let (words, advice) = explain_error(error);
    let words = match peer {
        Peer::Server => words,
        Peer::Proxy => words.replace("the server", "the proxy"),
    };
    (words, advice.about(peer))
}

fn explain_error(error: &Error) -> (String, Advice) {
    let (words, advice) = match error {
        Error::InvalidCertificate(error) => return explain_certificate(error),
        Error::InvalidMessage(InvalidMessage::InvalidContentType)
        | Error::InvalidMessage(InvalidMessage::UnknownProtocolVersion) => (
            "what the server sends is not TLS: it may speak plain http on this port",
            Advice::Plain,
        ),
        Error::AlertReceived(alert) => return (explain_alert(*alert), Advice::Address),
        Error::PeerIncompatible(_) => (
            "the server offers no version or cipher of TLS that this library accepts (it accepts \
             TLS 1.2 and 1.3)",
            Advice::Address,
        ),
        Error::NoCertificatesPresented => ("the server shows no certificate", Advice::Address),
        Error::NoApplicationProtocol => {
            ("the server agrees on no version of HTTP", Advice::Address)
        }
        Error::InvalidMessage(_) | Error::PeerSentOversizedRecord | Error::DecryptError => {
            ("the server sends broken TLS", Advice::Plain)
        }
        Error::InappropriateMessage { .. }
        | Error::InappropriateHandshakeMessage { .. }
        | Error::PeerMisbehaved(_) => ("the server breaks the rules of TLS", Advice::Address),
        _ => ("the handshake failed within this library", Advice::Address),
    };
    (words.to_owned(), advice)
}

fn explain_certificate(error: &CertificateError) -> (String, Advice) {
    use CertificateError as E;
    let (words, advice) = match error {
        E::Expired | E::ExpiredContext { .. } => {
            ("the server's certificate has expired", Advice::Clock)
        }
        E::NotValidYet | E::NotValidYetContext { .. } => {
            ("the server's certificate is not valid yet", Advice::Clock)
        }
        E::UnknownIssuer => (
            "the server's certificate is signed by itself, or by an authority that is not trusted \
             here",
            Advice::Trust,
        ),
        E::NotValidForName => ("the server's certificate is for another host", Advice::Address),
        E::NotValidForNameContext { expected, presented } => {
            let (expected, others) = (expected.to_str(), hosts(presented));
            let words = format!("the server's certificate is not for {expected}, but for {others}");
            return (words, Advice::Address);
        }
        E::Revoked => ("the server's certificate was revoked", Advice::NewCertificate),
        // ring refuses the signature of a short RSA key with the same error.
        E::BadSignature => (
            "a signature of the server's certificate is wrong, or is by an RSA key of fewer than \
             2048 bits, which is not supported",
            Advice::Key,
        ),
        E::BadEncoding => ("the server's certificate is malformed", Advice::NewCertificate),
        E::InvalidPurpose | E::InvalidPurposeContext { .. } => {
            ("the server's certificate is not meant for servers", Advice::NewCertificate)
        }
        E::UnhandledCriticalExtension => (UNKNOWN_CONDITION, Advice::NewCertificate),
        E::UnsupportedSignatureAlgorithmContext { .. }
        | E::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => (
            "the server's certificate, or one above it, uses an algorithm that is not supported \
             (such as SHA-1, MD5 or a key of an unusual size)",
            Advice::NewCertificate,
        ),
        E::Other(other) => return explain_other(&other.to_string()),
        _ => ("the server's certificate is refused", Advice::NewCertificate),
    };
    (words.to_owned(), advice)
}

const UNKNOWN_CONDITION: &str =
    "the server's certificate has conditions that this library does not know";

/// The errors of webpki that have no name in rustls.
fn explain_other(name: &str) -> (String, Advice) {
    let words = match name {
        "CaUsedAsEndEntity" => {
            let words = "the server's certificate is that of a certificate authority (CA:TRUE), \
                         which may only sign the certificates of servers";
            return (words.to_owned(), Advice::LeafCertificate);
        }
        "UnsupportedCertVersion" => {
            "the server's certificate, or one above it, is of X.509 version 1 or 2, and only \
             version 3 is supported"
        }
        "UnsupportedCriticalExtension" => UNKNOWN_CONDITION,
        "EndEntityUsedAsCa" => {
            "the server's certificate is signed by one that is not of a certificate authority"
        }
        "NameConstraintViolation" => {
            "the authority of the server's certificate may not sign for this host"
        }
        "PathLenConstraintViolated" => {
            "there are more authorities above the server's certificate than one of them permits"
        }
        other => {
            let end = other.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(other.len());
            let words = format!("the server's certificate is refused: {}", words(&other[..end]));
            return (words, Advice::NewCertificate);
        }
    };
    (words.to_owned(), Advice::NewCertificate)
}

/// The most hosts that a message lists.
const MOST_HOSTS: usize = 8;

/// The hosts among the names of a certificate.
fn hosts(names: &[String]) -> String {
    let mut hosts: Vec<_> = names.iter().filter_map(|name| host(name)).collect();
    if hosts.is_empty() {
        return "no host at all".to_owned();
    }
    let more = hosts.len().saturating_sub(MOST_HOSTS);
    hosts.truncate(MOST_HOSTS);
    if more > 0 {
        hosts.push(format!("{more} more"));
    }
    hosts.join(", ")
}

/// The host in a name as webpki writes it: `DnsName("hex.pm")` or `IpAddress(127.0.0.1)`. Other
/// kinds of names are no hosts.
fn host(name: &str) -> Option<String> {
    let inner = |before: &str, after: &str| name.strip_prefix(before)?.strip_suffix(after);
    if let Some(dns) = inner("DnsName(\"", "\")") {
        return Some(dns.to_owned());
    }
    // webpki omits the zeros at the end of an IPv6 address.
    let address = inner("IpAddress(", ")")?.parse::<IpAddr>();
    Some(address.map_or_else(|_| "another IPv6 address".to_owned(), |address| address.to_string()))
}

fn explain_alert(alert: AlertDescription) -> String {
    use AlertDescription as A;
    let words = match alert {
        A::ProtocolVersion => {
            "the server refuses this version of TLS: this library speaks TLS 1.2 and 1.3"
        }
        // Servers also send it if a client shows no certificate.
        A::HandshakeFailure => {
            "the server refuses the handshake: it and this library may have no cipher or kind of \
             key in common, or it wants a certificate of its client, and this library sends none"
        }
        A::InsufficientSecurity => "the server and this library have no cipher of TLS in common",
        A::CertificateRequired | A::NoCertificate => {
            "the server wants a certificate of its client, and this library sends none"
        }
        A::BadCertificate | A::UnknownCA | A::CertificateUnknown | A::AccessDenied => {
            "the server refuses its client: it may want a certificate, and this library sends none"
        }
        A::UnrecognisedName => "the server knows no host of this name",
        A::NoApplicationProtocol => "the server agrees on no version of HTTP",
        A::InternalError => "the server reports an error of its own",
        _ => return format!("the server ended the handshake: {}", words(&format!("{alert:?}"))),
    };
    words.to_owned()
}

/// A name of a library as separate words: `DecodeError` is "decode error".
fn words(name: &str) -> String {
    let mut words = String::new();
    for character in name.chars() {
        if character.is_ascii_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.push(character.to_ascii_lowercase());
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_hosts_are_listed_and_in_plain_form() {
        let list =
            |names: &[&str]| hosts(&names.iter().map(|&name| name.into()).collect::<Vec<_>>());
        let names = [
            "IpAddress(127.0.0.2)",
            "IpAddress(0::1)",
            "IpAddress(fe80)",
            "DnsName(\"ex.org\")",
            "UniformResourceIdentifier(\"http://a/b\")",
            "Unsupported(0x01)",
            "DirectoryName",
        ];
        assert_eq!(list(&names), "127.0.0.2, ::1, another IPv6 address, ex.org");
        assert_eq!(list(&names[4..]), "no host at all");
        let many: Vec<_> = (0..11).map(|at| format!("DnsName(\"{at}.org\")")).collect();
        let many = hosts(&many);
        assert!(many.starts_with("0.org, 1.org") && many.ends_with("7.org, 3 more"), "{many}");
    }

    #[test]
    fn every_error_of_webpki_has_words() {
        for (name, part) in [
            ("CaUsedAsEndEntity", "CA:TRUE"),
            ("UnsupportedCertVersion", "version 1"),
            ("MaximumPathDepthExceeded", "refused: maximum path depth exceeded"),
            ("Strange { inner: 1 }", "refused: strange"),
        ] {
            let (words, _) = explain_other(name);
            assert!(words.contains(part) && !words.contains('{'), "{words}");
        }
    }

    #[test]
    fn a_fault_of_the_proxy_names_only_the_proxy() {
        use CertificateError as E;
        for error in [
            Error::InvalidCertificate(E::Expired),
            Error::InvalidCertificate(E::UnknownIssuer),
            Error::InvalidCertificate(E::BadSignature),
            Error::InvalidCertificate(E::Revoked),
            Error::InvalidMessage(InvalidMessage::InvalidContentType),
            Error::AlertReceived(AlertDescription::HandshakeFailure),
        ] {
            let (words, hint) = explain(&error, Peer::Proxy);
            assert!(!words.contains("server's") && !hint.contains("repo_url"), "{words}; {hint}");
            let (words, hint) = explain(&error, Peer::Server);
            assert!(!words.contains("proxy") && !hint.contains("proxy"), "{words}; {hint}");
        }
    }
}
