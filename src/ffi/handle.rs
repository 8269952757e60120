//! What an opaque pointer points to, and every way in and out for one.

use std::sync::atomic::{AtomicU32, Ordering};

use super::argument::{Out, null};
use crate::{Error, LogLevel, LogRecord, Result};

/// What a handle stands for, and whether it still does.
pub(super) struct Handle<T> {
    value: T,
    /// `ALIVE` until it is freed. Whoever frees or uses a handle again is told, as long as its
    /// memory has not come to another use: a help to the careless, no promise.
    mark: AtomicU32,
    /// Counted up by each call once it has cloned the value, so that a free which comes after
    /// that in time comes after it for the memory too.
    begun: AtomicU32,
}

const ALIVE: u32 = 0x4155_5241;
const FREED: u32 = 0;

impl<T> Handle<T> {
    pub(super) fn new(value: T) -> Self {
        Self { value, mark: AtomicU32::new(ALIVE), begun: AtomicU32::new(0) }
    }

    pub(super) fn value(&self) -> &T {
        &self.value
    }

    pub(super) fn into_value(self) -> T {
        self.value
    }
}

/// A type of the header that is nothing but a [`Handle`].
pub(super) trait Opaque: From<Handle<Self::Of>> {
    type Of;
    const NAME: &'static str;
    fn handle(&self) -> &Handle<Self::Of>;
    fn handle_mut(&mut self) -> &mut Handle<Self::Of>;
}

/// Makes `pub struct aura_thing(Handle<Thing>)` an [`Opaque`].
macro_rules! opaque {
    ($name:ident, $of:ty) => {
        impl $crate::ffi::handle::Opaque for $name {
            type Of = $of;
            const NAME: &'static str = stringify!($name);

            fn handle(&self) -> &$crate::ffi::handle::Handle<$of> {
                &self.0
            }

            fn handle_mut(&mut self) -> &mut $crate::ffi::handle::Handle<$of> {
                &mut self.0
            }
        }

        impl From<$crate::ffi::handle::Handle<$of>> for $name {
            fn from(handle: $crate::ffi::handle::Handle<$of>) -> Self {
                Self(handle)
            }
        }
    };
}
pub(super) use opaque;

/// A new handle, for the caller to own.
pub(super) fn made<H: Opaque>(value: H::Of) -> Box<H> {
    Box::new(Handle::new(value).into())
}

impl<H: Opaque> Out<'_, H> {
    /// Hands a handle over to the caller, who frees it.
    pub(super) fn give(self, value: H::Of) {
        self.put(Box::into_raw(made(value)));
    }
}

/// A handle that other threads may use too, and even free while this call runs: what it stands
/// for is cloned at once, and the handle not looked at again.
pub(super) fn shared<H: Opaque<Of: Clone>>(name: &str, handle: *const H) -> Result<H::Of> {
    // SAFETY: NULL, or by the header's word a handle that is alive while the call begins. What
    // handles of this kind stand for can be cloned by many threads.
    let handle = live(name, unsafe { handle.as_ref() })?;
    let value = handle.value.clone();
    handle.begun.fetch_add(1, Ordering::Release);
    Ok(value)
}

/// A handle that must be there, and was not freed as far as can be seen.
pub(super) fn live<'a, H: Opaque>(name: &str, handle: Option<&'a H>) -> Result<&'a Handle<H::Of>> {
    let handle = handle.ok_or_else(|| null(name))?.handle();
    if handle.mark.load(Ordering::Relaxed) != ALIVE {
        let kind = H::NAME;
        return Err(Error::invalid_argument(format!("{name} is no {kind}, or was freed before")));
    }
    Ok(handle)
}

/// As [`live`], for a handle that its caller holds alone.
pub(super) fn live_mut<'a, H: Opaque>(
    name: &str,
    handle: Option<&'a mut H>,
) -> Result<&'a mut H::Of> {
    live(name, handle.as_deref())?;
    handle.map(|handle| &mut handle.handle_mut().value).ok_or_else(|| null(name))
}

/// Takes a handle back from its owner. NULL is none; so is a handle that was freed before, which
/// the log is told.
pub(super) fn freed<H: Opaque>(handle: *mut H) -> Option<Box<H>> {
    // SAFETY: NULL, or by the header's word a handle that was not freed. Where that word is
    // broken the mark may still tell.
    let Handle { mark, begun, .. } = unsafe { handle.as_ref() }?.handle();
    begun.load(Ordering::Acquire);
    if mark.swap(FREED, Ordering::Relaxed) != ALIVE {
        let message = format!("{}_free: no such handle, or one that was freed before", H::NAME);
        LogRecord::new(LogLevel::Warn, &message).emit();
        return None;
    }
    // SAFETY: made by `made` and, with the mark intact, not taken back before.
    Some(unsafe { Box::from_raw(handle) })
}
