//! The boundary: no panic crosses it, no thread is cancelled within it, and an error leaves through
//! the last argument.

use std::any::Any;
use std::mem::MaybeUninit;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::argument::Out;
use super::error::aura_error;
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

/// Runs what an accessor does, which has nobody to give an error to.
pub(super) fn quietly<T>(otherwise: T, work: impl FnOnce() -> T) -> T {
    uncancelled(|| quick_quietly(otherwise, work))
}

/// As [`quietly`], for a path that calls nothing in which a thread can be cancelled.
pub(super) fn quick_quietly<T>(otherwise: T, work: impl FnOnce() -> T) -> T {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(otherwise)
}

/// Runs `work` with this thread's cancellation put off: pthread_cancel() unwinds the stack, which
/// ends a process that has Rust's frames on it.
pub(super) fn uncancelled<T>(work: impl FnOnce() -> T) -> T {
    let _put_off = cancellation::PutOff::begin();
    work()
}

#[cfg(all(unix, not(target_os = "android")))]
mod cancellation {
    use std::ffi::c_int;

    unsafe extern "C" {
        fn pthread_setcancelstate(state: c_int, former: *mut c_int) -> c_int;
    }

    #[cfg(target_vendor = "apple")]
    const DISABLE: c_int = 0;
    #[cfg(not(target_vendor = "apple"))]
    const DISABLE: c_int = 1;

    /// Puts cancellation off until it is dropped, unless it was put off before.
    pub(super) struct PutOff(c_int);

    impl PutOff {
        pub(super) fn begin() -> Self {
            let mut former = DISABLE;
            // SAFETY: the state is one there is, and the place for the former one is ours.
            let _ = unsafe { pthread_setcancelstate(DISABLE, &raw mut former) };
            Self(former)
        }
    }

    impl Drop for PutOff {
        fn drop(&mut self) {
            let mut ours = 0;
            // SAFETY: as above; the state is the one found before.
            let _ = unsafe { pthread_setcancelstate(self.0, &raw mut ours) };
        }
    }
}

#[cfg(not(all(unix, not(target_os = "android"))))]
mod cancellation {
    pub(super) struct PutOff;

    impl PutOff {
        pub(super) fn begin() -> Self {
            Self
        }
    }
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
        assert_eq!(quietly(7, || panic!("on purpose")), 7);
    }
}
