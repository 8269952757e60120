//! The worlds of one process: the first one, and later ones under `/w/ID`.

use std::collections::BTreeMap;
use std::io;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use hyper::Uri;

use crate::config::Http2;
use crate::http::reply::Stamp;
use crate::new::NewWorld;
use crate::profile::{KeyOrder, Profile};
use crate::random::{Use, system_secret};
use crate::store::Store;
use crate::world::{Place, World};

/// More worlds than this are a leak in a test.
const MOST_WORLDS: usize = 10_000;

/// The state that all connections share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) root: Arc<Hosted>,
    profile: Profile,
    http2: Mutex<Http2>,
    /// Whether requests are logged on standard error.
    pub(crate) verbose: bool,
    worlds: RwLock<BTreeMap<String, Arc<Hosted>>>,
    next: AtomicU64,
}

/// One world, and how it is reached.
#[derive(Debug)]
pub(crate) struct Hosted {
    /// Empty for the first world.
    pub(crate) id: String,
    pub(crate) profile: Profile,
    pub(crate) place: Place,
    pub(crate) admin_token: String,
    world: Mutex<World>,
    /// The state that a reset restores.
    start: NewWorld,
    store: Option<Mutex<Store>>,
}

impl Hosted {
    /// A world from its document, kept in the file if there is one.
    pub(crate) fn new(
        id: String,
        profile: Profile,
        place: Place,
        start: NewWorld,
        store: Option<Store>,
    ) -> Result<Hosted, String> {
        let mut store = store;
        let kept = store.as_mut().map(Store::load).transpose()?.flatten();
        let mut world =
            World::build(profile, place.clone(), kept.unwrap_or_else(|| start.clone()))?;
        if let Some(store) = &mut store {
            store.replace(&mut world).map_err(|error| error.to_string())?;
        }
        Ok(Hosted {
            id,
            profile: world.profile,
            place,
            admin_token: system_secret(),
            world: Mutex::new(world),
            start,
            store: store.map(Mutex::new),
        })
    }

    /// The world, for reading. A request that panicked leaves it consistent, so a poisoned lock
    /// does not matter.
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the world. If there is a file, the change is on disk when this returns.
    pub(crate) fn change<T>(&self, act: impl FnOnce(&mut World) -> T) -> io::Result<T> {
        let mut world = self.world();
        world.write_due_rows();
        let value = act(&mut world);
        self.keep(|store| store.save(&mut world))?;
        Ok(value)
    }

    /// Replaces the world and its journal.
    pub(crate) fn restore(&self, form: NewWorld) -> Result<(), String> {
        let built = World::build(self.profile, self.place.clone(), form)?;
        let mut world = self.world();
        *world = built;
        self.keep(|store| store.replace(&mut world)).map_err(|error| error.to_string())
    }

    /// Resets the world to its start.
    pub(crate) fn reset(&self) -> Result<(), String> {
        self.restore(self.start.clone())
    }

    fn keep(&self, act: impl FnOnce(&mut Store) -> io::Result<()>) -> io::Result<()> {
        match &self.store {
            Some(store) => act(&mut store.lock().unwrap_or_else(PoisonError::into_inner)),
            None => Ok(()),
        }
    }

    /// The stamp of a reply. The sandbox's own replies use no request id.
    pub(crate) fn stamp(&self, is_plain: bool) -> Stamp {
        let mut world = self.world();
        let shuffled = world.key_order == KeyOrder::Shuffled && !is_plain;
        Stamp {
            key_nonce: shuffled.then(|| u64::from_be_bytes(world.random.bytes(Use::Keys))),
            date: crate::clock::http_date(world.clock.peek()),
            request_id: match is_plain {
                true => [0; 15],
                false => world.random.bytes(Use::Request),
            },
        }
    }
}

impl Shared {
    pub(crate) fn new(root: Hosted, profile: Profile, http2: Http2, verbose: bool) -> Self {
        Shared {
            root: Arc::new(root),
            profile,
            http2: Mutex::new(http2),
            verbose,
            worlds: RwLock::default(),
            next: AtomicU64::new(1),
        }
    }

    /// How connections speak HTTP/2 from now on.
    pub(crate) fn http2(&self) -> Http2 {
        self.http2.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn set_http2(&self, http2: Http2) -> Result<(), String> {
        http2.check()?;
        *self.http2.lock().unwrap_or_else(PoisonError::into_inner) = http2;
        Ok(())
    }

    /// Makes another world.
    pub(crate) fn add(&self, start: NewWorld) -> Result<Arc<Hosted>, String> {
        let id = self.next.fetch_add(1, Ordering::Relaxed).to_string();
        let prefix = format!("/w/{id}");
        let place = Place { url: format!("{}{prefix}", self.root.place.url), prefix };
        let hosted = Arc::new(Hosted::new(id.clone(), self.profile, place, start, None)?);
        let mut worlds = self.worlds.write().unwrap_or_else(PoisonError::into_inner);
        if worlds.len() >= MOST_WORLDS {
            return Err(format!("there are {MOST_WORLDS} worlds already: delete some"));
        }
        worlds.insert(id, Arc::clone(&hosted));
        Ok(hosted)
    }

    /// Deletes a world. Its running requests go on.
    pub(crate) fn remove(&self, id: &str) -> bool {
        let mut worlds = self.worlds.write().unwrap_or_else(PoisonError::into_inner);
        worlds.remove(id).is_some()
    }

    pub(crate) fn worlds(&self) -> Vec<Arc<Hosted>> {
        let worlds = self.worlds.read().unwrap_or_else(PoisonError::into_inner);
        worlds.values().map(Arc::clone).collect()
    }

    /// The world a target is in, and the target without the world's prefix. `None`: no such world.
    pub(crate) fn locate(&self, uri: &Uri) -> Option<(Arc<Hosted>, Uri)> {
        let Some(rest) = uri.path().strip_prefix("/w/") else {
            return Some((Arc::clone(&self.root), uri.clone()));
        };
        let id = rest.split('/').next().unwrap_or("");
        let worlds = self.worlds.read().unwrap_or_else(PoisonError::into_inner);
        let hosted = Arc::clone(worlds.get(id)?);
        let path = match &rest[id.len()..] {
            "" => "/",
            path => path,
        };
        let target = match uri.query() {
            Some(query) => format!("{path}?{query}"),
            None => path.to_owned(),
        };
        Some((hosted, Uri::from_str(&target).ok()?))
    }
}
