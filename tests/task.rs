//! A future that is polled by hand, and how often its task was woken.

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
    wakes: Arc<Wakes>,
}

/// Counts wake-ups; outside of loom's sight, so that counting orders nothing there.
#[derive(Default)]
pub(crate) struct Wakes(AtomicUsize);

impl Wakes {
    pub(crate) fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl<F: Future> Task<F> {
    pub(crate) fn new(future: F) -> Self {
        Self { future: Box::pin(future), wakes: Arc::default() }
    }

    /// A task whose first poll has left it waiting.
    #[track_caller]
    pub(crate) fn waiting(future: F) -> Self {
        let mut task = Self::new(future);
        assert!(task.poll().is_pending(), "it must wait");
        task
    }

    pub(crate) fn waker(&self) -> Waker {
        Waker::from(Arc::clone(&self.wakes))
    }

    /// From the next poll on it is another waker that must be woken; returns how often the old one was.
    pub(crate) fn change_waker(&mut self) -> Arc<Wakes> {
        std::mem::take(&mut self.wakes)
    }

    pub(crate) fn wakes(&self) -> usize {
        self.wakes.count()
    }

    pub(crate) fn poll(&mut self) -> Poll<F::Output> {
        let waker = self.waker();
        self.future.as_mut().poll(&mut Context::from_waker(&waker))
    }

    /// What it waited for, which it must have been woken for, once.
    #[track_caller]
    pub(crate) fn woken(mut self) -> F::Output {
        assert_eq!(self.wakes(), 1, "it must have been woken once");
        match self.poll() {
            Poll::Ready(output) => output,
            Poll::Pending => panic!("it was woken for nothing"),
        }
    }

    /// It still waits, and nobody has woken it.
    #[track_caller]
    pub(crate) fn assert_asleep(&mut self) {
        assert_eq!(self.wakes(), 0, "nobody may have woken it");
        assert!(self.poll().is_pending(), "it must still wait");
    }
}
