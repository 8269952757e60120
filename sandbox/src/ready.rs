//! Announces the server: as JSON for programs, as a banner for people, as variables for commands.

use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use aura_sandbox::{Demo, Sandbox};
use serde_json::{Value, json};

/// A running server, and the content of its demo.
pub(crate) struct Ready<'a> {
    sandbox: &'a Sandbox,
    demo: Option<Demo>,
}

/// The file of `--ready-file`, removed with this value.
pub(crate) struct ReadyFile(PathBuf);

impl Drop for ReadyFile {
    fn drop(&mut self) {
        // Another program may have removed it.
        let _ = fs::remove_file(&self.0);
    }
}

impl<'a> Ready<'a> {
    pub(crate) fn new(sandbox: &'a Sandbox, demo: Option<Demo>) -> Self {
        Ready { sandbox, demo }
    }

    pub(crate) fn json(&self) -> Value {
        let sandbox = self.sandbox;
        let mut ready = json!({
            "url": sandbox.url(),
            "api_url": sandbox.api_url(),
            "port": sandbox.port(),
            "pid": std::process::id(),
            "profile": sandbox.profile().as_str(),
            "admin_url": sandbox.admin_url(),
            "admin_token": sandbox.admin_token(),
        });
        if let Some(path) = sandbox.socket() {
            ready["socket"] = path.to_string_lossy().into();
            ready["port"] = Value::Null;
        }
        if let Some(path) = sandbox.ca_file() {
            ready["ca_file"] = path.to_string_lossy().into();
        }
        if let Some(demo) = &self.demo {
            ready["username"] = demo.username.into();
            ready["password"] = demo.password.into();
            ready["api_key"] = demo.api_key.as_str().into();
        }
        ready
    }

    /// The variables that clients and tests read.
    pub(crate) fn variables(&self) -> Vec<(&'static str, String)> {
        let sandbox = self.sandbox;
        let mut variables = vec![
            ("HEX_API_URL", sandbox.api_url()),
            ("AURA_SANDBOX_ADMIN_URL", sandbox.admin_url()),
            ("AURA_SANDBOX_ADMIN_TOKEN", sandbox.admin_token().to_owned()),
        ];
        if let Some(demo) = &self.demo {
            variables.push(("HEX_API_KEY", demo.api_key.clone()));
        }
        if let Some(path) = sandbox.ca_file() {
            variables.push(("HEX_CACERTS_PATH", path.to_string_lossy().into_owned()));
        }
        if let Some(path) = sandbox.socket() {
            variables.push(("AURA_SANDBOX_SOCKET", path.to_string_lossy().into_owned()));
        }
        variables
    }

    /// The banner for a terminal: lines to copy.
    pub(crate) fn banner(&self) -> String {
        let sandbox = self.sandbox;
        let mut text = format!(
            "aura-sandbox {} answers at {} like hex.pm (profile {}). Ctrl-C stops it.\n\n",
            env!("CARGO_PKG_VERSION"),
            sandbox.url(),
            sandbox.profile()
        );
        for (name, value) in self.variables() {
            let _ = writeln!(text, "  export {name}={}", quote(&value));
        }
        let mut curl = "curl".to_owned();
        if let Some(path) = sandbox.ca_file() {
            let _ = write!(curl, " --cacert {}", quote(&path.to_string_lossy()));
        }
        if let Some(path) = sandbox.socket() {
            let _ = write!(curl, " --unix-socket {}", quote(&path.to_string_lossy()));
        }
        let _ = match &self.demo {
            Some(_) => writeln!(
                text,
                "\n  {curl} -H \"Authorization: $HEX_API_KEY\" \"$HEX_API_URL/users/me\""
            ),
            None => writeln!(text, "\n  {curl} \"$HEX_API_URL\""),
        };
        let _ = writeln!(
            text,
            "  {curl} -H \"Authorization: Bearer $AURA_SANDBOX_ADMIN_TOKEN\" \
             \"$AURA_SANDBOX_ADMIN_URL/mailbox\"\n"
        );
        text
    }

    /// Writes the JSON, atomically, into a file that only its owner can read.
    pub(crate) fn write(&self, path: &Path) -> io::Result<ReadyFile> {
        let named = |error: io::Error| {
            io::Error::new(error.kind(), format!("cannot write {}: {error}", path.display()))
        };
        let mut unfinished = path.as_os_str().to_owned();
        unfinished.push(format!(".{}", std::process::id()));
        let unfinished = PathBuf::from(unfinished);
        let written = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&unfinished)
            .and_then(|mut file| writeln!(file, "{}", self.json()))
            .and_then(|()| fs::rename(&unfinished, path));
        if written.is_err() {
            let _ = fs::remove_file(&unfinished);
        }
        written.map_err(named)?;
        Ok(ReadyFile(path.to_owned()))
    }
}

/// Quotes the text as one word for a shell.
fn quote(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/:._-@%+=,".contains(c);
    match text.chars().all(plain) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', "'\\''")),
    }
}
