//! A connection that moves only while somebody waits for it.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

/// What moves the bytes of a connection, for as long as there is one.
pub(super) type Machine = Pin<Box<dyn Future<Output = hyper::Result<()>> + Send>>;

/// Drives a connection within the futures that wait for what it brings.
///
/// A task of its own would cost a call two turns of the runtime: one for the connection, and one
/// for who is woken by it.
pub(super) struct Driver {
    /// None once the connection has ended.
    machine: Option<Machine>,
    turn: Arc<Turn>,
    waker: Waker,
}

impl Driver {
    pub(super) fn new(machine: Option<Machine>) -> Self {
        let turn = Arc::new(Turn::default());
        Self { machine, waker: Arc::clone(&turn).into(), turn }
    }

    /// Waits for `future`, which waits for nothing but the connection.
    pub(super) fn drive<F: Future>(
        &mut self,
        mut future: Pin<&mut F>,
    ) -> impl Future<Output = F::Output> {
        let Self { machine, turn, waker } = self;
        poll_fn(move |context| {
            turn.begin();
            let mut inner = Context::from_waker(waker);
            if let Poll::Ready(result) = future.as_mut().poll(&mut inner) {
                return Poll::Ready(result);
            }
            turn.set_caller(context.waker());
            for _ in 0..MOST_TURNS {
                step(machine, &mut inner);
                if turn.is_over() {
                    return Poll::Pending;
                }
                if let Poll::Ready(result) = future.as_mut().poll(&mut inner) {
                    return Poll::Ready(result);
                }
            }
            context.waker().wake_by_ref();
            Poll::Pending
        })
    }

    /// Whether the connection has not ended.
    pub(super) fn is_moving(&self) -> bool {
        self.machine.is_some()
    }
}

fn step(machine: &mut Option<Machine>, context: &mut Context<'_>) {
    if machine.as_mut().is_some_and(|machine| machine.as_mut().poll(context).is_ready()) {
        // Why it ended is told to who waits for the reply.
        *machine = None;
    }
}

/// After so many turns deadlines are looked at. The runtime may also refuse to go on before.
const MOST_TURNS: usize = 32;

/// Machine and future wake each other while they are polled: that is no reason to wake the caller.
#[derive(Default)]
struct Turn {
    is_quiet: AtomicBool,
    was_woken: AtomicBool,
    caller: Mutex<Option<Waker>>,
}

impl Turn {
    fn begin(&self) {
        self.is_quiet.store(true, Ordering::SeqCst);
        self.was_woken.store(false, Ordering::SeqCst);
    }

    fn set_caller(&self, caller: &Waker) {
        let mut known = self.caller();
        match &mut *known {
            Some(known) => known.clone_from(caller),
            None => *known = Some(caller.clone()),
        }
    }

    /// Whether nothing woke anyone since it was last asked. If so, the caller is woken from now on.
    fn is_over(&self) -> bool {
        // In this order, and the other way round in `wake`, so that either of them sees the other.
        self.is_quiet.store(false, Ordering::SeqCst);
        let goes_on = self.was_woken.swap(false, Ordering::SeqCst);
        self.is_quiet.store(goes_on, Ordering::SeqCst);
        !goes_on
    }

    fn caller(&self) -> MutexGuard<'_, Option<Waker>> {
        self.caller.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wake for Turn {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.was_woken.store(true, Ordering::SeqCst);
        if self.is_quiet.load(Ordering::SeqCst) {
            return;
        }
        if let Some(caller) = &*self.caller() {
            caller.wake_by_ref();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::sync::atomic::AtomicUsize;
    use std::thread;
    use std::time::Duration;

    use tokio::sync::{mpsc, oneshot};

    use super::*;

    /// Counts how often the caller is woken.
    #[derive(Default)]
    struct Caller(AtomicUsize);

    impl Caller {
        fn woken(&self) -> usize {
            self.0.load(Ordering::SeqCst)
        }
    }

    impl Wake for Caller {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn caller() -> (Arc<Caller>, Waker) {
        let caller = Arc::new(Caller::default());
        (Arc::clone(&caller), caller.into())
    }

    #[test]
    fn machine_and_future_take_turns_without_the_caller() {
        let (ask, mut asked) = mpsc::unbounded_channel::<oneshot::Sender<u32>>();
        let mut driver = Driver::new(Some(Box::pin(async move {
            let mut count = 0;
            while let Some(reply) = asked.recv().await {
                count += 1;
                let _ = reply.send(count);
            }
            Ok(())
        })));
        let (caller, waker) = caller();
        let conversation = async {
            let mut last = 0;
            for _ in 0..5 {
                let (reply, replied) = oneshot::channel();
                ask.send(reply).unwrap();
                last = replied.await.unwrap();
            }
            last
        };
        let mut conversation = pin!(conversation);
        let mut driven = pin!(driver.drive(conversation.as_mut()));
        let polled = driven.as_mut().poll(&mut Context::from_waker(&waker));
        assert_eq!((polled, caller.woken()), (Poll::Ready(5), 0));
    }

    #[test]
    fn what_comes_from_elsewhere_wakes_the_caller() {
        let (send, received) = oneshot::channel();
        let (end, ended) = oneshot::channel::<u32>();
        let mut driver = Driver::new(Some(Box::pin(async move {
            let _ = end.send(received.await.unwrap());
            Ok(())
        })));
        let (caller, waker) = caller();
        let mut ended = pin!(ended);
        let mut driven = pin!(driver.drive(ended.as_mut()));
        let mut poll = || driven.as_mut().poll(&mut Context::from_waker(&waker));
        assert_eq!((poll(), caller.woken()), (Poll::Pending, 0));
        thread::spawn(move || send.send(7).unwrap()).join().unwrap();
        assert_eq!((caller.woken(), poll()), (1, Poll::Ready(Ok(7))));
    }

    #[test]
    fn who_never_waits_lets_others_have_a_turn() {
        let busy = poll_fn(|context| {
            context.waker().wake_by_ref();
            Poll::Pending
        });
        let mut driver = Driver::new(Some(Box::pin(busy)));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let waiting = async {
            let mut never = pin!(std::future::pending::<()>());
            let driven = driver.drive(never.as_mut());
            tokio::time::timeout(Duration::from_millis(5), driven).await
        };
        assert!(runtime.block_on(waiting).is_err(), "a deadline ends it");
    }
}
