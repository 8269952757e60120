//! The boundary of functions that can fail: no panic crosses it, no thread is cancelled within it,
//! and an error leaves through the last argument.

use std::any::Any;
use std::mem::MaybeUninit;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::argument::Out;
use super::error::aura_error;
use super::quiet::uncancelled;
use super::status::aura_status;
use crate::{Error, ErrorKind, Result};

/// Runs what a function does. `error` may be NULL; else it is set, to NULL on success.
pub(super) fn boundary(
    error: Option<&mut MaybeUninit<*mut aura_error>>,
    work: impl FnOnce() -> Result<aura_status>,
) -> aura_status {
    uncancelled(|| quick_boundary(error, work))
}

/// As [`boundary`], for a path that calls nothing in which a thread can be cancelled.
pub(super) fn quick_boundary(
    error: Option<&mut MaybeUninit<*mut aura_error>>,
    work: impl FnOnce() -> Result<aura_status>,
) -> aura_status {
    let out = Out::new("error", error).ok();
    // A panic is a defect, after which only what it left half done may be inconsistent: the
    // caller's own handle, which says so below.
    let failure = match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(status)) => return status,
        Ok(Err(error)) => error,
        Err(panic) => Error::new(ErrorKind::Internal, format!("a defect: {}", text(&*panic)))
            .with_hint("please report it; free the handle of this call and go on with a new one"),
    };
    let status = failure.kind().into();
    if let Some(out) = out {
        out.give(failure.into());
    }
    status
}

fn text(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("a panic without a message")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ffi::handle::{Opaque, freed};

    #[test]
    fn a_panic_becomes_an_error() {
        let mut place = MaybeUninit::uninit();
        let status = boundary(Some(&mut place), || panic!("on purpose"));
        assert_eq!(status, aura_status::AURA_INTERNAL);
        // SAFETY: the boundary has set it.
        let error = freed(unsafe { place.assume_init() }).unwrap();
        let text = error.handle().value().error.to_string();
        assert!(text.contains("a defect: on purpose"), "{text}");
        assert_eq!(boundary(None, || panic!("on purpose")), aura_status::AURA_INTERNAL);
    }
}
