//! Names and options, which come from a program's own users.

use percent_encoding::percent_decode_str;
use secrecy::ExposeSecret;
use url::Url;

use super::{assert_error, assert_printable};
use crate::client::option_values;
use crate::client::settings::Layers;
use crate::protocol::Request;
use crate::{Client, ErrorKind, OptionSpec, Options};

/// A username or an address that becomes a part of a path.
pub fn path(data: &[u8]) {
    let Ok(name) = std::str::from_utf8(data) else { return };
    let (show, reset) = (Request::get_user(name), Request::reset_user_password(name));
    let (show, reset) = match (show, reset) {
        (Ok(show), Ok(reset)) => (show.target, reset.target),
        (Err(show), Err(reset)) => {
            assert!(matches!(name, "" | "." | ".." | "me"), "{name:?} is refused");
            for error in [show, reset] {
                assert_error(&error);
                assert_eq!(error.kind(), ErrorKind::InvalidArgument);
            }
            return;
        }
        _ => panic!("one of the two refuses {name:?}"),
    };
    let segment = show.strip_prefix("/users/").expect("the route");
    assert!(!matches!(segment, "" | "." | ".." | "me"), "another path than {name:?}");
    assert_eq!(reset, format!("{show}/reset"));
    assert!(
        segment.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~@+%".contains(&byte)),
        "{segment}"
    );
    assert!(percent_decode_str(segment).eq(name.bytes()), "{segment} means something else");
    for base in ["https://hex.pm/api", "http://[::1]:4000", "http://localhost/a%2Fb/c"] {
        for target in [&show, &reset] {
            let url = Url::parse(&format!("{base}{target}")).expect("a URL");
            assert_eq!(url.origin(), Url::parse(base).expect("a URL").origin());
            assert!(url.as_str().strip_prefix(base) == Some(target), "{url} was made of {target}");
            assert!(url.query().is_none() && url.fragment().is_none());
        }
    }
}

/// The first byte selects an option, and the rest is its value. If the byte is beyond the last
/// option, the rest is the name of an option.
pub fn option(data: &[u8]) {
    let Some((pick, text)) = data.split_first() else { return };
    let Ok(text) = std::str::from_utf8(text) else { return };
    match Options::SPECS.get(usize::from(*pick)) {
        Some(spec) => set(spec, text),
        None => {
            let known = Options::SPECS.iter().any(|spec| spec.name == text);
            if let Err(error) = Options::new().set(text, "api_key").map_err(|e| e.to_string()) {
                assert!(
                    known || text.len() < 12 || !error.contains(text),
                    "{error} repeats a name"
                );
            }
            let error = Options::new().set(text, "\0").err();
            assert!(known || error.as_ref().is_some_and(|e| e.message().starts_with("unknown")));
            assert_eq!(known, Options::new().unset(text).is_ok());
            error.iter().for_each(assert_error);
        }
    }
}

/// Whether an error may repeat the value, because it is a URL without a part that may be secret.
fn is_plain_url(spec: &OptionSpec, value: &str) -> bool {
    spec.name == "repo_url" && value.contains("://") && !value.contains(['@', '?', '#'])
}

fn set(spec: &OptionSpec, value: &str) {
    let mut options = Options::new().env(false);
    if let Err(error) = options.set(spec.name, value) {
        assert_error(&error);
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        assert!(error.message().starts_with(spec.name), "{error}");
        assert!(error.message().ends_with(spec.allowed), "{error}");
        // Check every word: the value may be a secret, and a part of a URL may be a password.
        let own_text = error.message().strip_suffix(spec.allowed).unwrap_or_default();
        for word in value.split(|c: char| !c.is_alphanumeric()).filter(|word| word.len() > 12) {
            assert!(
                is_plain_url(spec, value) || !own_text.contains(word),
                "{error} repeats {word}"
            );
        }
        return;
    }
    assert!(!options.is_empty());
    let debug = format!("{options:?}");
    assert_printable("the debug form", &debug);
    if matches!(spec.name, "api_key" | "otp" | "proxy") {
        let mut other = Options::new().env(false);
        other.set(spec.name, "http://localhost").expect("good for all three");
        assert_eq!(debug, format!("{other:?}"), "a secret shows");
    }
    let settings =
        Layers::new(options.clone(), None).and_then(|layers| layers.resolve(&Options::new()));
    let settings = settings.expect("a value that was accepted resolves");
    let base = option_values::repo_url(&settings.base).expect("the base is a base");
    assert_eq!(base, settings.base);
    assert!(Url::parse(&format!("{base}/users/me")).is_ok_and(|url| url.path().ends_with("/me")));
    if spec.name == "proxy" {
        let known = settings.connection.proxy.as_ref().expect("it is on the way");
        let known = Url::parse(known.url.expose_secret()).expect("it is in its normal form");
        let scheme = Url::parse(value).expect("it was accepted").scheme().to_owned();
        assert_eq!(known.scheme(), scheme, "{value:?}");
    } else {
        Client::new(options).expect("as the settings do");
    }
}
