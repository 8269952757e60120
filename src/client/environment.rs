//! The environment variables of a client: those of the process, or those that the program passed.

use std::collections::HashMap;
use std::ffi::OsString;
use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};

use crate::{Error, Result};

/// Where a client finds its variables.
#[derive(Clone, Default)]
pub(crate) struct Environment(Option<Arc<HashMap<&'static str, SecretString>>>);

impl Environment {
    /// Of several with the same name the last counts.
    pub(super) fn of(variables: impl Iterator<Item = (&'static str, String)>) -> Self {
        let variables = variables.map(|(name, value)| (name, SecretString::from(value)));
        Self(Some(Arc::new(variables.collect())))
    }

    pub(super) fn is_of_process(&self) -> bool {
        self.0.is_none()
    }

    pub(super) fn or(self, other: &Self) -> Self {
        Self(self.0.or_else(|| other.0.clone()))
    }

    pub(super) fn get(&self, variable: &str) -> Option<OsString> {
        match &self.0 {
            None => std::env::var_os(variable),
            Some(given) => Some(given.get(variable)?.expose_secret().into()),
        }
    }

    /// The first of these variables that is not empty.
    pub(super) fn first_set(&self, variables: &[&'static str]) -> Option<(&'static str, OsString)> {
        let value = |variable| self.get(variable).filter(|value| !value.is_empty());
        variables.iter().find_map(|variable| Some((*variable, value(variable)?)))
    }

    /// As `first_set`, but as text.
    pub(super) fn first_text(
        &self,
        variables: &[&'static str],
    ) -> Result<Option<(&'static str, String)>> {
        let Some((variable, value)) = self.first_set(variables) else { return Ok(None) };
        match value.into_string() {
            Ok(value) => Ok(Some((variable, value))),
            Err(_) => Err(Error::invalid_argument(format!("{variable} is not valid UTF-8"))),
        }
    }
}
