//! The future that waits for a notification with its mutex unlocked.

use core::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use pin_project_lite::pin_project;

use super::Condvar;
#[cfg(feature = "std")]
use crate::{blocking::blocking_methods, flavour::Shared};
use crate::{
    flavour::Flavour,
    guarded::{Exclusive, Guards},
    mutex::{Lock, Mutex, MutexGuard},
    queue::{Completion, Handle, Primitive},
    ticket::Ticket,
    trace::{Grant, Waiter},
};

pin_project! {
    /// The future of [`wait`](Condvar::wait). Its output is a [`MutexGuard`].
    ///
    /// `M` is the reference to the mutex that the guard holds: `&Mutex`, or an `Arc` or `Rc` of it.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future removes it from the queue in O(1). If
    /// [`notify_one`](Condvar::notify_one) has completed the wait, but the future has not locked
    /// the mutex again, the notification passes to the next waiter. The dropped future never leaves
    /// the mutex locked.
    ///
    /// # Panics
    ///
    /// If it is polled after completion.
    ///
    /// # Examples
    ///
    /// ```
    /// use compio_sync::{Condvar, Mutex, MutexGuard, WaitOnCondvar};
    ///
    /// /// Waits for a change of the data.
    /// fn changed<'a>(
    ///     changed: &'a Condvar,
    ///     guard: MutexGuard<'a, u32>,
    /// ) -> WaitOnCondvar<'a, &'a Mutex<u32>> {
    ///     changed.wait(guard)
    /// }
    /// ```
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct WaitOnCondvar<'a, F: Flavour, M>
    where
        M: Handle<Target: Guards<Policy = Exclusive>>,
    {
        #[pin]
        state: State<'a, F, M>,
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<'a, F: Flavour, M>
    where
        M: Handle<Target: Guards<Policy = Exclusive>>,
    {
        Waiting {
            // `Some` until the wait is enqueued.
            guard: Option<MutexGuard<M>>,
            // `Some` from then on, until the wait is notified.
            mutex: Option<M>,
            #[pin]
            waiter: Waiter<&'a Condvar<F>>,
        },
        Locking {
            // A notification that is passed on if the future is dropped.
            owed: Option<Grant<&'a Condvar<F>, Ticket>>,
            #[pin]
            lock: Lock<M>,
        },
    }
}

impl<'a, F: Flavour, M, T: ?Sized> WaitOnCondvar<'a, F, M>
where
    M: Handle<Target = Mutex<F, T>>,
{
    pub(super) fn new(condvar: &'a Condvar<F>, guard: MutexGuard<M>) -> Self {
        let waiter = Waiter::new(condvar, Ticket::current(&condvar.queue));
        Self { state: State::Waiting { guard: Some(guard), mutex: None, waiter } }
    }
}

#[cfg(feature = "std")]
impl<M, T: ?Sized> WaitOnCondvar<'_, Shared, M>
where
    M: Handle<Target = Mutex<Shared, T>>,
{
    blocking_methods!();
}

impl<F: Flavour, M, T: ?Sized> Future for WaitOnCondvar<'_, F, M>
where
    M: Handle<Target = Mutex<F, T>>,
{
    type Output = MutexGuard<M>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<MutexGuard<M>> {
        let mut state = self.project().state;
        if let StateProjection::Waiting { guard, mutex, waiter } = state.as_mut().project() {
            let Poll::Ready(completed) = waiter.poll(cx) else {
                // The wait is enqueued, so no notification is lost from here on.
                if let Some(guard) = guard.take() {
                    // Stores the mutex first, because a waker may panic in `release`.
                    let mutex = mutex.insert(MutexGuard::into_locked_mutex(guard));
                    mutex.queue().release(());
                    mutex.emit_state();
                }
                return Poll::Pending;
            };
            if let Some(guard) = guard.take() {
                // Refused by `notify_all` before the first poll: the mutex is still locked.
                return Poll::Ready(guard);
            }
            let owed = (completed.completion == Completion::Granted(()))
                .then(|| Grant::new(completed.handle, completed.request));
            let mutex = mutex.take().expect("a wait that is enqueued has its mutex");
            state.set(State::Locking { owed, lock: Lock::new(mutex) });
        }
        let StateProjection::Locking { owed, lock } = state.project() else {
            unreachable!("a wait is followed by a lock");
        };
        let guard = ready!(lock.poll(cx));
        owed.take().map(Grant::into_parts);
        Poll::Ready(guard)
    }
}

impl<F: Flavour, M> fmt::Debug for WaitOnCondvar<'_, F, M>
where
    M: Handle<Target: Guards<Policy = Exclusive>>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitOnCondvar").finish_non_exhaustive()
    }
}
