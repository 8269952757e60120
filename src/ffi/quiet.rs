//! What functions do that cannot fail: no panic leaves them, and no thread is cancelled within them.

use std::panic::{AssertUnwindSafe, catch_unwind};

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_gives_what_stands_in_for_a_result() {
        assert_eq!(quietly(7, || panic!("on purpose")), 7);
    }
}
