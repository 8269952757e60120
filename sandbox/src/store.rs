//! A world in an SQLite file. Each request writes its changes in one transaction, before the
//! answer.
//!
//! Each object in the world is a row with its document, in the form of a world file. Mail and audit
//! logs only grow. SQLite syncs its write-ahead log at every commit. So a killed process, or a
//! machine without power, loses no answered change.

use std::io;
use std::path::Path;

use rusqlite::{Connection, OptionalExtension, Transaction, params};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::new::{NewDraws, NewMembership, NewOrganization, NewWorld, parse};
use crate::world::{Dirty, World};

/// Raised if older files can no longer be read.
const VERSION: i64 = 1;
const TABLES: &str = "
    create table thing (
        kind text not null, id integer not null, document text not null, primary key (kind, id)
    ) strict, without rowid;
    create table audit (
        user integer not null, id integer not null, document text not null, primary key (user, id)
    ) strict, without rowid;
    create table mail (id integer primary key, document text not null) strict;
";

#[derive(Debug)]
pub(crate) struct Store {
    file: Connection,
    /// How many mails and rows are in the file.
    mails: usize,
    audit: Vec<usize>,
    /// The settings in the file, without those that every request changes.
    settings: String,
}

fn other(error: rusqlite::Error) -> io::Error {
    io::Error::other(error)
}

/// An organization's row, with its members.
#[derive(serde::Deserialize, Serialize)]
struct Kept {
    organization: Option<NewOrganization>,
    members: Vec<NewMembership>,
}

impl Store {
    /// Opens the file, or makes it.
    pub(crate) fn open(path: &Path) -> io::Result<Store> {
        let named = |error: rusqlite::Error| {
            io::Error::other(format!("cannot use {} as data: {error}", path.display()))
        };
        let file = Connection::open(path).map_err(named)?;
        // Only one process at a time. A second one gets an error, and does not damage the world.
        file.pragma_update(None, "locking_mode", "exclusive").map_err(named)?;
        file.pragma_update(None, "journal_mode", "wal").map_err(named)?;
        file.pragma_update(None, "synchronous", "full").map_err(named)?;
        let mut store = Store { file, mails: 0, audit: Vec::new(), settings: String::new() };
        store.prepare().map_err(named)?;
        let version: i64 =
            store.file.query_row("pragma user_version", [], |row| row.get(0)).map_err(named)?;
        if version != VERSION {
            let text = format!(
                "cannot use {} as data: it has the form {version}, this program writes {VERSION}",
                path.display()
            );
            return Err(io::Error::other(text));
        }
        Ok(store)
    }

    /// Makes the tables in an empty file, in one transaction.
    fn prepare(&mut self) -> rusqlite::Result<()> {
        let transaction = self.file.transaction()?;
        let tables: i64 =
            transaction.query_row("select count(*) from sqlite_schema", [], |row| row.get(0))?;
        if tables == 0 {
            transaction.execute_batch(TABLES)?;
            transaction.pragma_update(None, "user_version", VERSION)?;
        }
        transaction.commit()
    }

    /// The world in the file, if there is one.
    pub(crate) fn load(&mut self) -> Result<Option<NewWorld>, String> {
        let read = |sql: &str| -> rusqlite::Result<Vec<String>> {
            self.file.prepare(sql)?.query_map([], |row| row.get(0))?.collect()
        };
        let things = |kind: &str| {
            read(&format!("select document from thing where kind = '{kind}' order by id"))
        };
        let settings: Option<String> = self
            .file
            .query_row("select document from thing where kind = 'settings'", [], |r| r.get(0))
            .optional()
            .map_err(|e| e.to_string())?;
        let Some(settings) = settings else {
            return Ok(None);
        };
        let mut world: NewWorld = parse(settings.as_bytes())?;
        let all = |rows: rusqlite::Result<Vec<String>>| rows.map_err(|error| error.to_string());
        for kept in documents::<Kept>(all(things("organization"))?)? {
            world.organizations.extend(kept.organization);
            world.memberships.extend(kept.members);
        }
        world.users = documents(all(things("user"))?)?;
        world.packages = documents(all(things("package"))?)?;
        world.keys = documents(all(things("key"))?)?;
        world.tokens = documents(all(things("token"))?)?;
        world.audit_logs = documents(all(read("select document from audit order by user, id"))?)?;
        world.mails = documents(all(read("select document from mail order by id"))?)?;
        Ok(Some(world))
    }

    /// Replaces the file's content with the whole world.
    pub(crate) fn replace(&mut self, world: &mut World) -> io::Result<()> {
        let everything = Dirty {
            users: (0..world.users.len()).collect(),
            organizations: (0..world.organizations.len()).collect(),
            packages: (0..world.packages.len()).collect(),
            keys: (0..world.keys.len()).collect(),
            tokens: true,
        };
        self.mails = 0;
        self.audit.clear();
        self.settings.clear();
        self.write(world, &everything, true).map_err(other)?;
        world.dirty = Dirty::default();
        Ok(())
    }

    /// Writes the changes.
    pub(crate) fn save(&mut self, world: &mut World) -> io::Result<()> {
        // Marks stay until the changes are on disk. After a failure, the next request tries again.
        self.write(world, &world.dirty, false).map_err(other)?;
        world.dirty = Dirty::default();
        Ok(())
    }

    fn write(&mut self, world: &World, dirty: &Dirty, anew: bool) -> rusqlite::Result<()> {
        let mut settings = world.settings();
        let full = document(&settings);
        settings.draws = NewDraws { requests: 0, keys: 0, ..settings.draws };
        let settings = document(&settings);
        let still = dirty.users.is_empty()
            && dirty.organizations.is_empty()
            && dirty.packages.is_empty()
            && dirty.keys.is_empty()
            && !dirty.tokens
            && self.mails == world.mails.len();
        if still && settings == self.settings {
            return Ok(());
        }
        let transaction = self.file.transaction()?;
        if anew {
            transaction.execute_batch("delete from thing; delete from audit; delete from mail")?;
        }
        put(&transaction, "settings", 0, &full)?;
        for index in &dirty.organizations {
            let kept = Kept {
                // The first one is always there.
                organization: (*index > 0).then(|| world.organization_form(*index)),
                members: world.member_forms(*index),
            };
            put(&transaction, "organization", *index, &document(&kept))?;
        }
        self.audit.resize(world.users.len(), 0);
        let mut audit = self.audit.clone();
        for index in &dirty.users {
            put(&transaction, "user", *index, &document(&world.user_form(*index)))?;
            let user = &world.users[*index];
            let pieces = user.audit.pieces();
            for (id, piece) in pieces.iter().enumerate().skip(audit[*index]) {
                transaction
                    .prepare_cached("insert into audit (user, id, document) values (?, ?, ?)")?
                    .execute(params![
                        *index as i64,
                        id as i64,
                        document(&piece.form(&user.username))
                    ])?;
            }
            audit[*index] = pieces.len();
        }
        for index in &dirty.packages {
            put(&transaction, "package", *index, &document(&world.package_form(*index)))?;
        }
        for index in &dirty.keys {
            put(&transaction, "key", *index, &document(&world.key_form(*index)))?;
        }
        if dirty.tokens {
            transaction.execute("delete from thing where kind = 'token'", [])?;
            for (index, token) in world.token_forms().iter().enumerate() {
                put(&transaction, "token", index, &document(token))?;
            }
        }
        for mail in &world.mails[self.mails..] {
            transaction
                .prepare_cached("insert into mail (document) values (?)")?
                .execute([document(mail)])?;
        }
        transaction.commit()?;
        self.mails = world.mails.len();
        self.audit = audit;
        self.settings = settings;
        Ok(())
    }
}

fn put(file: &Transaction<'_>, kind: &str, id: usize, document: &str) -> rusqlite::Result<()> {
    file.prepare_cached("insert or replace into thing (kind, id, document) values (?, ?, ?)")?
        .execute(params![kind, id as i64, document])?;
    Ok(())
}

/// All keys are strings, so writing cannot fail.
fn document(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

fn documents<T: DeserializeOwned>(texts: Vec<String>) -> Result<Vec<T>, String> {
    texts.iter().map(|text| parse(text.as_bytes())).collect()
}
