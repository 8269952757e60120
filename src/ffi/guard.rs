//! Guards of every exported function: no panic leaves it, and no thread is cancelled inside it.

use std::any::Any;
use std::mem::MaybeUninit;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::argument::OutPointer;
use super::error::aura_error;
use super::status::aura_status;
use crate::{Error, ErrorKind, Result};

/// Runs the body of a function that returns a status. If `error` is not NULL, it is set: to NULL on
/// success, to an error otherwise.
pub(super) fn return_status(
    error: Option<&mut MaybeUninit<*mut aura_error>>,
    body: impl FnOnce() -> Result<aura_status>,
) -> aura_status {
    defer_cancellation(|| return_status_undeferred(error, body))
}

/// Like [`return_status`], for a body that calls no cancellation point.
pub(super) fn return_status_undeferred(
    error: Option<&mut MaybeUninit<*mut aura_error>>,
    body: impl FnOnce() -> Result<aura_status>,
) -> aura_status {
    let error = OutPointer::new("error", error).ok();
    // After a panic only the caller's own handle may be inconsistent. The hint explains that.
    let failure = match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(status)) => return status,
        Ok(Err(failure)) => failure,
        Err(panic) => {
            let message = format!("a bug in the library: {}", panic_message(&*panic));
            Error::new(ErrorKind::Internal, message)
                .with_hint("report the bug; free the handle of this call and create a new one")
        }
    };
    let status = failure.kind().into();
    if let Some(error) = error {
        error.set_handle(failure.into());
    }
    status
}

/// Runs the body of a function that cannot report an error. After a panic it returns `fallback`.
pub(super) fn return_value<T>(fallback: T, body: impl FnOnce() -> T) -> T {
    defer_cancellation(|| return_value_undeferred(fallback, body))
}

/// Like [`return_value`], for a body that calls no cancellation point.
pub(super) fn return_value_undeferred<T>(fallback: T, body: impl FnOnce() -> T) -> T {
    catch_unwind(AssertUnwindSafe(body)).unwrap_or(fallback)
}

/// Runs `body` while the cancellation of this thread is deferred. pthread_cancel() unwinds the
/// stack, which ends the process if Rust's frames are on it.
pub(super) fn defer_cancellation<T>(body: impl FnOnce() -> T) -> T {
    let _deferral = cancellation::Deferral::start();
    body()
}

fn panic_message(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("a panic without a message")
}

#[cfg(all(unix, not(target_os = "android")))]
mod cancellation {
    use std::ffi::c_int;

    unsafe extern "C" {
        fn pthread_setcancelstate(state: c_int, previous: *mut c_int) -> c_int;
    }

    #[cfg(target_vendor = "apple")]
    const DISABLE: c_int = 0;
    #[cfg(not(target_vendor = "apple"))]
    const DISABLE: c_int = 1;

    /// Disables cancellation, and restores the previous state when it is dropped.
    pub(super) struct Deferral {
        previous: c_int,
    }

    impl Deferral {
        pub(super) fn start() -> Self {
            let mut previous = DISABLE;
            // SAFETY: the state is a valid one, and the pointer is to a local variable.
            let _ = unsafe { pthread_setcancelstate(DISABLE, &raw mut previous) };
            Self { previous }
        }
    }

    impl Drop for Deferral {
        fn drop(&mut self) {
            let mut disabled = 0;
            // SAFETY: as above. The state is the previous one.
            let _ = unsafe { pthread_setcancelstate(self.previous, &raw mut disabled) };
        }
    }
}

#[cfg(not(all(unix, not(target_os = "android"))))]
mod cancellation {
    pub(super) struct Deferral;

    impl Deferral {
        pub(super) fn start() -> Self {
            Self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ffi::handle::{Opaque, take_handle};

    #[test]
    fn a_panic_becomes_an_error() {
        let mut error = MaybeUninit::uninit();
        let status = return_status(Some(&mut error), || panic!("on purpose"));
        assert_eq!(status, aura_status::AURA_INTERNAL);
        // SAFETY: the guard has set it.
        let error = take_handle(unsafe { error.assume_init() }).unwrap();
        let text = error.handle().value().error.to_string();
        assert!(text.contains("a bug in the library: on purpose"), "{text}");
        assert_eq!(return_status(None, || panic!("on purpose")), aura_status::AURA_INTERNAL);
    }

    #[test]
    fn a_panic_becomes_the_fallback() {
        assert_eq!(return_value(7, || panic!("on purpose")), 7);
    }
}
