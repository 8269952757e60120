//! Restores a world from its document.

use super::limits::{CodeSubject, Subject};
use super::{Place, World};
use crate::clock::Clock;
use crate::new::{NewCounts, NewWorld, NewWrongCodes, Role};
use crate::profile::Profile;
use crate::random::Random;

impl World {
    /// Builds the world that the document describes. An error names the position of an invalid
    /// value.
    pub(crate) fn build(profile: Profile, place: Place, form: NewWorld) -> Result<World, String> {
        let mut world = World::empty(form.profile.unwrap_or(profile), place);
        world.clock = Clock::from_form(form.clock.as_ref())?;
        world.random = Random { seed: form.seed, draws: form.draws };
        world.key_order = form.key_order;
        world.limits.settings = form.rate_limits.unwrap_or_default();
        world.blocked = form.blocked_addresses.into_iter().collect();
        let mut members: Vec<(String, String, Role)> = Vec::new();
        each("organizations", form.organizations, |mut organization| {
            // The accounts come after the organizations.
            for (name, role) in std::mem::take(&mut organization.members) {
                members.push((organization.name.clone(), name, role));
            }
            world.seed_organization(organization).map(drop)
        })?;
        each("users", form.users, |user| world.seed_user(user).map(drop))?;
        for (organization, username, role) in members {
            let error = |text| format!("organizations: members of \"{organization}\": {text}");
            let id = world.known_user(&username).map_err(error)?;
            let org = world.known_organization(&organization).map_err(error)?;
            world.join(org, id, role);
        }
        each("memberships", form.memberships, |membership| world.seed_member(&membership))?;
        each("packages", form.packages, |package| world.seed_package(package))?;
        each("keys", form.keys, |key| world.seed_key(key).map(drop))?;
        each("tokens", form.tokens, |token| world.seed_token(token).map(drop))?;
        each("audit_logs", form.audit_logs, |log| world.seed_audit_log(log).map(drop))?;
        each("audit_writers", form.audit_writers, |writer| world.add_audit_writer(writer))?;
        each("rules", form.rules, |rule| world.rules.add(rule).map(drop))?;
        world.mails = form.mails;
        world.restore_rate_counts(&form.rate_counts)?;
        world.restore_wrong_codes(&form.wrong_codes)?;
        Ok(world)
    }

    fn restore_rate_counts(&mut self, form: &NewCounts) -> Result<(), String> {
        self.limits.minute = form.minute;
        for (index, count) in form.counts.iter().enumerate() {
            let place = |error| format!("rate_counts.counts[{index}]: {error}");
            let subject = match (&count.username, &count.organization, count.address) {
                (Some(name), None, None) => Subject::User(self.known_user(name).map_err(place)?),
                (None, Some(name), None) => {
                    Subject::Organization(self.known_organization(name).map_err(place)?)
                }
                (None, None, Some(address)) => Subject::Address(address),
                _ => {
                    let text = "expected one of \"username\", \"organization\", \"address\"";
                    return Err(place(text.to_owned()));
                }
            };
            self.limits.counts.insert(subject, count.count);
        }
        Ok(())
    }

    fn restore_wrong_codes(&mut self, forms: &[NewWrongCodes]) -> Result<(), String> {
        for (index, form) in forms.iter().enumerate() {
            let place = |error| format!("wrong_codes[{index}]: {error}");
            let subject = match (&form.username, &form.address) {
                (Some(name), None) => CodeSubject::User(self.known_user(name).map_err(place)?),
                (None, Some(address)) => CodeSubject::Address(address.clone()),
                _ => {
                    let text = "expected either \"username\" or \"address\"";
                    return Err(place(text.to_owned()));
                }
            };
            self.limits.wrong_codes.insert(subject, (form.window, form.count));
        }
        Ok(())
    }
}

fn each<T>(
    name: &str,
    forms: Vec<T>,
    mut put: impl FnMut(T) -> Result<(), String>,
) -> Result<(), String> {
    for (index, form) in forms.into_iter().enumerate() {
        put(form).map_err(|error| format!("{name}[{index}]: {error}"))?;
    }
    Ok(())
}
