//! Which process this is, and what each process has for itself.
//!
//! A fork copies the memory and one thread. So a child finds its parent's values as they stood,
//! locks that nobody will open, and descriptors that it shares with the parent. Whatever must not
//! be shared lives behind [`PerProcess`], or compares [`id`] before it goes on.

use std::cell::Cell;
use std::mem;

use once_cell::race::OnceBox;

/// This process. Another number in each forked child, also where a pid comes to a second use.
pub(crate) fn id() -> u64 {
    mark::id().unwrap_or_else(|| u64::from(std::process::id()))
}

/// A page that the kernel empties in a forked child: reading it takes no system call, and unlike
/// a pid it tells a child from its parent in a PID namespace of its own.
#[cfg(target_os = "linux")]
#[allow(unsafe_code, reason = "memory that a fork does not copy has to be asked of the kernel")]
mod mark {
    use std::num::NonZeroUsize;
    use std::ptr;
    use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering};

    use nix::sys::mman::{MapFlags, MmapAdvise, ProtFlags, madvise, mmap_anonymous, munmap};

    /// NULL until it is first asked for; `NONE` where the kernel has no such memory.
    static PAGE: AtomicPtr<AtomicU64> = AtomicPtr::new(ptr::null_mut());
    static NONE: AtomicU64 = AtomicU64::new(0);
    /// The highest number given away, in this process and in those it was forked from.
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

    /// Gives this process its number. A child gets a higher one, whenever it is forked.
    fn number(mark: &AtomicU64) -> u64 {
        let mine = LAST.fetch_add(1, Ordering::AcqRel) + 1;
        match mark.compare_exchange(0, mine, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => mine,
            Err(given) => given,
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
            // SAFETY: mapped above, with this size, and shown to nobody.
            let _ = unsafe { munmap(mapped.cast(), SIZE.get()) };
        }
        others
    }

    fn map() -> Option<*mut AtomicU64> {
        let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
        // SAFETY: a new mapping, of which nothing else knows.
        let page = unsafe { mmap_anonymous(None, SIZE, access, MapFlags::MAP_PRIVATE) }.ok()?;
        // SAFETY: this mapping is ours, and holds zeros, to which a fork resets it.
        let wiped = unsafe { madvise(page, SIZE.get(), MmapAdvise::MADV_WIPEONFORK) };
        if wiped.is_err() {
            // SAFETY: as above, and shown to nobody.
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

/// A value that each process has for itself.
pub(crate) struct PerProcess<T> {
    make: fn() -> T,
    slot: Slot<T>,
}

/// A process's value, and behind it those of its children, each in its own copy of the memory. No
/// lock is taken to get at them: a fork could copy it as it is held by another thread.
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
    /// A parent's value is left alone in the child: closing a socket there would take it out of
    /// the poll set that both share.
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

/// One value for the whole library, which each process has for itself.
pub(crate) struct Global<T: 'static>(OnceBox<PerProcess<T>>, fn() -> T);

impl<T> Global<T> {
    pub(crate) const fn new(make: fn() -> T) -> Self {
        Self(OnceBox::new(), make)
    }

    /// This process's value. Made without a lock, as [`PerProcess`] is.
    pub(crate) fn get(&self) -> &T {
        self.0.get_or_init(|| Box::new(PerProcess::new(self.1))).get()
    }
}

thread_local! {
    /// The process whose background thread this is; none is 0.
    static TURNS_FOR: Cell<u64> = const { Cell::new(0) };
}

/// Marks this thread as the one that turns the library's runtime.
pub(crate) fn this_thread_is_the_librarys() {
    TURNS_FOR.set(id());
}

/// Whether this is the thread that turns the library's runtime, which must not wait for what runs
/// on it. In a child that was forked on it, it turns nothing any more.
pub(crate) fn is_thread_of_the_library() -> bool {
    TURNS_FOR.get() == id()
}

/// Ends a process that was forked on the library's thread, by a log callback that came back. Its
/// only thread would go on with the parent's connections, and there is nobody else to go on.
pub(crate) fn end_if_forked_on_the_librarys_thread() {
    let turns_for = TURNS_FOR.get();
    if turns_for != 0 && turns_for != id() {
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
