//! A future that is polled by hand, and a waker that counts wakeups.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

pub(crate) struct Task<F> {
    pub(crate) future: Pin<Box<F>>,
    counter: Arc<WakeCounter>,
}

/// Counts wakeups. loom does not see the count, so that counting orders nothing in a model.
#[derive(Default)]
pub(crate) struct WakeCounter(AtomicUsize);

impl WakeCounter {
    pub(crate) fn wakeups(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

impl Wake for WakeCounter {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl<F: Future> Task<F> {
    pub(crate) fn new(future: F) -> Self {
        Self { future: Box::pin(future), counter: Arc::default() }
    }

    /// Creates a task and polls its future once. The future must be pending then.
    #[track_caller]
    pub(crate) fn waiting(future: F) -> Self {
        let mut task = Self::new(future);
        assert!(task.poll().is_pending(), "the first poll must not complete the future");
        task
    }

    pub(crate) fn waker(&self) -> Waker {
        Waker::from(Arc::clone(&self.counter))
    }

    /// Replaces the waker from the next poll on. Returns the counter of the previous waker.
    pub(crate) fn change_waker(&mut self) -> Arc<WakeCounter> {
        std::mem::take(&mut self.counter)
    }

    pub(crate) fn wakeups(&self) -> usize {
        self.counter.wakeups()
    }

    pub(crate) fn poll(&mut self) -> Poll<F::Output> {
        let waker = self.waker();
        self.future.as_mut().poll(&mut Context::from_waker(&waker))
    }

    /// Returns the output of the future. The task must have been woken exactly once.
    #[track_caller]
    pub(crate) fn woken(mut self) -> F::Output {
        assert_eq!(self.wakeups(), 1, "the task must be woken exactly once");
        match self.poll() {
            Poll::Ready(output) => output,
            Poll::Pending => panic!("spurious wakeup: the future is still pending"),
        }
    }

    /// Asserts that the future is still pending, and that its task was not woken.
    #[track_caller]
    pub(crate) fn assert_pending(&mut self) {
        assert_eq!(self.wakeups(), 0, "the task must not be woken");
        assert!(self.poll().is_pending(), "the future must still be pending");
    }
}
