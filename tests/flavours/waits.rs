//! The futures of a program, their wakers, and the wakeups that a reference expects.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use crate::task::WakeCounter;

/// Identifies a wait in a program and in its reference.
pub(crate) type WaitId = usize;

pub(crate) struct Waits<F> {
    waits: Vec<Wait<F>>,
    next_id: WaitId,
    /// All wakers of the program, each with its expected number of wakeups.
    wakers: Vec<(Arc<WakeCounter>, usize)>,
}

pub(crate) struct Wait<F> {
    pub(crate) id: WaitId,
    pub(crate) future: F,
    /// The index of the waker that the last poll used. A future that was enabled has none.
    waker: Option<usize>,
}

impl<F: Future + Unpin> Waits<F> {
    pub(crate) fn new() -> Self {
        Self { waits: Vec::new(), next_id: 0, wakers: Vec::new() }
    }

    /// Adds a future. Returns the number that selects it.
    pub(crate) fn add(&mut self, future: F) -> usize {
        self.waits.push(Wait { id: self.next_id, future, waker: None });
        self.next_id += 1;
        self.waits.len() - 1
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Wait<F>> {
        self.waits.iter()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.waits.is_empty()
    }

    /// Returns the wait that a number selects, or `None` if there are no waits.
    pub(crate) fn select(&mut self, number: usize) -> Option<&mut Wait<F>> {
        let index = number.checked_rem(self.waits.len())?;
        Some(&mut self.waits[index])
    }

    /// Removes the wait that a number selects.
    pub(crate) fn remove(&mut self, number: usize) -> Option<Wait<F>> {
        let index = number.checked_rem(self.waits.len())?;
        Some(self.waits.swap_remove(index))
    }

    /// Polls the wait that a number selects, and removes it once it is complete. There must be one.
    pub(crate) fn poll(&mut self, number: usize, new_waker: bool) -> Poll<F::Output> {
        let index = number % self.waits.len();
        let wait = &mut self.waits[index];
        let waker = wait.waker.filter(|_| !new_waker).unwrap_or_else(|| {
            self.wakers.push((Arc::default(), 0));
            self.wakers.len() - 1
        });
        let context_waker = Arc::clone(&self.wakers[waker].0).into();
        let output = Pin::new(&mut wait.future).poll(&mut Context::from_waker(&context_waker));
        // If the poll panics, the future has kept its previous waker.
        wait.waker = Some(waker);
        if output.is_ready() {
            self.waits.swap_remove(index);
        }
        output
    }

    /// Compares the wakeups of every waker with those that the reference expects.
    #[track_caller]
    pub(crate) fn compare_wakeups(&mut self, woken: Vec<WaitId>) {
        for id in woken {
            let woken = self.waits.iter().find(|wait| wait.id == id);
            if let Some(waker) = woken.expect("a woken wait has a future").waker {
                self.wakers[waker].1 += 1;
            }
        }
        for (index, (counter, expected)) in self.wakers.iter().enumerate() {
            assert_eq!(counter.wakeups(), *expected, "number of wakeups of waker {index}");
        }
    }
}

/// The borrowed or the owned form of a future.
pub(crate) enum Form<B, O> {
    Borrowed(Pin<Box<B>>),
    Owned(Pin<Box<O>>),
}

impl<B: Future, O: Future<Output = B::Output>> Future for Form<B, O> {
    type Output = B::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<B::Output> {
        match self.get_mut() {
            Self::Borrowed(future) => future.as_mut().poll(context),
            Self::Owned(future) => future.as_mut().poll(context),
        }
    }
}
