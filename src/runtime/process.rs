//! Identifies the process, and keeps values that belong to one process.
//!
//! A fork copies the memory and one thread. So a child has its parent's values, locks that stay
//! locked, and descriptors that both share. Values that must not be shared live behind
//! [`PerProcess`], or code compares [`id`] before it goes on.

use std::cell::Cell;
use std::mem;

use once_cell::race::OnceBox;

/// The number of this process. A forked child has another one, even if the system reuses a pid.
pub(crate) fn id() -> u64 {
    mark::id().unwrap_or_else(|| u64::from(std::process::id()))
}

/// A page that the kernel empties in a forked child. Reading it needs no system call. Unlike a pid, it
/// also differs in a PID namespace of the child's own.
#[cfg(target_os = "linux")]
#[allow(unsafe_code, reason = "memory that a fork does not copy has to be asked of the kernel")]
mod mark {
    use std::num::NonZeroUsize;
    use std::ptr;
    use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering};

    use nix::sys::mman::{MapFlags, MmapAdvise, ProtFlags, madvise, mmap_anonymous, munmap};

    /// NULL before the first use; `NONE` if the kernel has no such memory.
    static PAGE: AtomicPtr<AtomicU64> = AtomicPtr::new(ptr::null_mut());
    static NONE: AtomicU64 = AtomicU64::new(0);
    /// The highest number so far, in this process and its ancestors.
    static LAST: AtomicU64 = AtomicU64::new(0);
    const SIZE: NonZeroUsize = NonZeroUsize::new(4096).unwrap();

    pub(super) fn id() -> Option<u64> {
        let mut page = PAGE.load(Ordering::Acquire);
        if page.is_null() {
            page = first();
        }
        if ptr::eq(page, &NONE) {
            return None;
        }
        // SAFETY: it was mapped before it was stored, aligned to a page, and is never unmapped.
        let mark = unsafe { &*page };
        match mark.load(Ordering::Acquire) {
            0 => Some(number(mark)),
            id => Some(id),
        }
    }

    /// Sets the number of this process. A child's number is higher.
    fn number(mark: &AtomicU64) -> u64 {
        let mine = LAST.fetch_add(1, Ordering::AcqRel) + 1;
        match mark.compare_exchange(0, mine, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => mine,
            Err(others) => others,
        }
    }

    #[cold]
    fn first() -> *mut AtomicU64 {
        let none = (&raw const NONE).cast_mut();
        let mine = map().unwrap_or(none);
        let stored =
            PAGE.compare_exchange(ptr::null_mut(), mine, Ordering::AcqRel, Ordering::Acquire);
        let Err(others) = stored else { return mine };
        if let Some(mapped) = ptr::NonNull::new(mine).filter(|_| !ptr::eq(mine, none)) {
            // SAFETY: mapped above, with this size, and not shared.
            let _ = unsafe { munmap(mapped.cast(), SIZE.get()) };
        }
        others
    }

    fn map() -> Option<*mut AtomicU64> {
        let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
        // SAFETY: a new mapping, which no other code uses.
        let page = unsafe { mmap_anonymous(None, SIZE, access, MapFlags::MAP_PRIVATE) }.ok()?;
        // SAFETY: this mapping is ours, and holds zeros, to which a fork resets it.
        let wiped = unsafe { madvise(page, SIZE.get(), MmapAdvise::MADV_WIPEONFORK) };
        if wiped.is_err() {
            // SAFETY: as above, and not shared.
            let _ = unsafe { munmap(page, SIZE.get()) };
            return None;
        }
        Some(page.as_ptr().cast())
    }
}

#[cfg(not(target_os = "linux"))]
mod mark {
    pub(super) fn id() -> Option<u64> {
        None
    }
}

/// A value that each process has separately.
pub(crate) struct PerProcess<T> {
    make: fn() -> T,
    slot: Slot<T>,
}

/// A process's value, and a link to the value of its child, in the child's copy of the memory. There is
/// no lock, because a fork could copy it while another thread holds it.
struct Slot<T> {
    process: u64,
    value: Option<T>,
    next: OnceBox<Slot<T>>,
}

impl<T> Slot<T> {
    fn new(make: fn() -> T) -> Self {
        Self { process: id(), value: Some(make()), next: OnceBox::new() }
    }
}

impl<T> Drop for Slot<T> {
    /// A child does not drop its parent's value: closing a socket would remove it from the epoll set
    /// that both share.
    fn drop(&mut self) {
        if self.process != id() {
            mem::forget(self.value.take());
        }
    }
}

impl<T> PerProcess<T> {
    pub(crate) fn new(make: fn() -> T) -> Self {
        Self { make, slot: Slot::new(make) }
    }

    /// This process's value.
    pub(crate) fn get(&self) -> &T {
        let process = id();
        let mut slot = &self.slot;
        while slot.process != process {
            slot = slot.next.get_or_init(|| Box::new(Slot::new(self.make)));
        }
        let Some(value) = &slot.value else { unreachable!("taken only when dropped") };
        value
    }
}

/// A global value that each process has separately.
pub(crate) struct Global<T: 'static>(OnceBox<PerProcess<T>>, fn() -> T);

impl<T> Global<T> {
    pub(crate) const fn new(make: fn() -> T) -> Self {
        Self(OnceBox::new(), make)
    }

    /// This process's value, created without a lock.
    pub(crate) fn get(&self) -> &T {
        self.0.get_or_init(|| Box::new(PerProcess::new(self.1))).get()
    }
}

thread_local! {
    /// The process whose background thread this is, or 0.
    static BACKGROUND_OF: Cell<u64> = const { Cell::new(0) };
}

/// Marks this thread as the background thread.
pub(crate) fn mark_background_thread() {
    BACKGROUND_OF.set(id());
}

/// Whether this is the background thread, which must not wait for its own work. It is not in a
/// child that was forked on it.
pub(crate) fn is_background_thread() -> bool {
    BACKGROUND_OF.get() == id()
}

/// Ends a process that a log callback forked on the background thread, after the callback returns. Its
/// only thread would otherwise continue with the parent's connections.
pub(crate) fn exit_if_forked_on_background_thread() {
    let background_of = BACKGROUND_OF.get();
    if background_of != 0 && background_of != id() {
        std::process::exit(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_keeps_its_number_and_its_values() {
        static MADE: Global<u64> = Global::new(id);
        assert_ne!(id(), 0);
        let of_a_thread = std::thread::spawn(|| (id(), *MADE.get())).join().unwrap();
        assert_eq!(of_a_thread, (id(), id()));
        assert_eq!(*PerProcess::new(id).get(), id());
    }
}
