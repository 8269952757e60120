//! Opaque handles: how they are created, checked and freed.

use std::sync::atomic::{AtomicU32, Ordering};

use super::argument::OutPointer;
use crate::{Error, LogLevel, LogRecord, Result};

/// The object behind an opaque pointer.
pub(super) struct Handle<T> {
    value: T,
    /// `ALIVE` until the handle is freed. It detects most uses of a freed handle, as long as the
    /// memory is not reused. The header does not promise it.
    state: AtomicU32,
    /// Incremented by each call after it cloned the value. It orders the memory accesses of the
    /// call before those of a later free.
    clones: AtomicU32,
}

const ALIVE: u32 = 0x4155_5241;
const FREED: u32 = 0;

impl<T> Handle<T> {
    fn new(value: T) -> Self {
        Self { value, state: AtomicU32::new(ALIVE), clones: AtomicU32::new(0) }
    }

    pub(super) fn value(&self) -> &T {
        &self.value
    }

    pub(super) fn into_value(self) -> T {
        self.value
    }
}

/// A type of the header that wraps a [`Handle`].
pub(super) trait Opaque: From<Handle<Self::Value>> {
    type Value;
    const NAME: &'static str;
    fn handle(&self) -> &Handle<Self::Value>;
    fn handle_mut(&mut self) -> &mut Handle<Self::Value>;
}

/// Implements [`Opaque`] for `pub struct aura_thing(Handle<Thing>)`.
macro_rules! impl_opaque {
    ($name:ident, $value:ty) => {
        impl $crate::ffi::handle::Opaque for $name {
            type Value = $value;
            const NAME: &'static str = stringify!($name);

            fn handle(&self) -> &$crate::ffi::handle::Handle<$value> {
                &self.0
            }

            fn handle_mut(&mut self) -> &mut $crate::ffi::handle::Handle<$value> {
                &mut self.0
            }
        }

        impl From<$crate::ffi::handle::Handle<$value>> for $name {
            fn from(handle: $crate::ffi::handle::Handle<$value>) -> Self {
                Self(handle)
            }
        }
    };
}
pub(super) use impl_opaque;

/// Creates a handle that the caller owns.
pub(super) fn new_handle<H: Opaque>(value: H::Value) -> Box<H> {
    Box::new(Handle::new(value).into())
}

impl<H: Opaque> OutPointer<'_, H> {
    /// Passes a new handle to the caller, who frees it.
    pub(super) fn set_handle(self, value: H::Value) {
        self.set(Box::into_raw(new_handle(value)));
    }
}

/// Clones the value of the handle `name`. Other threads may use the handle too, and even free it
/// while this call runs: the call does not access the handle again.
pub(super) fn clone_value<H: Opaque<Value: Clone>>(
    name: &str,
    handle: *const H,
) -> Result<H::Value> {
    // SAFETY: the header requires NULL or a handle that is alive when the call starts. The values
    // of handles of this kind can be cloned by several threads.
    let handle = check_handle(name, unsafe { handle.as_ref() })?;
    let value = handle.value.clone();
    handle.clones.fetch_add(1, Ordering::Release);
    Ok(value)
}

/// Checks that the handle `name` is not NULL and, as far as this can be detected, not freed.
pub(super) fn check_handle<'a, H: Opaque>(
    name: &str,
    handle: Option<&'a H>,
) -> Result<&'a Handle<H::Value>> {
    let handle = handle.ok_or_else(|| null_handle_error(name))?.handle();
    if handle.state.load(Ordering::Relaxed) != ALIVE {
        let kind = H::NAME;
        return Err(Error::invalid_argument(format!(
            "{name} is not a valid {kind}: it may have been freed before"
        )));
    }
    Ok(handle)
}

/// Like [`check_handle`], for a handle that only one thread uses.
pub(super) fn check_handle_mut<'a, H: Opaque>(
    name: &str,
    handle: Option<&'a mut H>,
) -> Result<&'a mut H::Value> {
    check_handle(name, handle.as_deref())?;
    handle.map(|handle| &mut handle.handle_mut().value).ok_or_else(|| null_handle_error(name))
}

/// The C++ header passes NULL for an object that was moved from.
fn null_handle_error(name: &str) -> Error {
    Error::invalid_argument(format!(
        "{name} is NULL: it was not created, or, in C++, it was moved from"
    ))
}

/// Takes a handle back from its owner, to free it. None for NULL, and for a handle that was freed
/// before, which logs a warning.
pub(super) fn take_handle<H: Opaque>(handle: *mut H) -> Option<Box<H>> {
    // SAFETY: the header requires NULL or a handle that was not freed. If a caller breaks this rule,
    // the state may still detect it.
    let Handle { state, clones, .. } = unsafe { handle.as_ref() }?.handle();
    clones.load(Ordering::Acquire);
    if state.swap(FREED, Ordering::Relaxed) != ALIVE {
        let message =
            format!("{}_free: the handle is not valid: it may have been freed before", H::NAME);
        LogRecord::new(LogLevel::Warn, &message).emit();
        return None;
    }
    // SAFETY: created by `new_handle`. The state shows that it was not taken back before.
    Some(unsafe { Box::from_raw(handle) })
}
