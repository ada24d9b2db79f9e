//! The retry loop around each access to the word.

use core::ops::ControlFlow;

use super::{Policy, State, WaitQueue, Word, held::assert_not_held};
use crate::flavour::{Backoff, Flavour};

impl<P: Policy, F: Flavour> WaitQueue<P, F> {
    /// Loads the word and calls `act` with its state, until `act` breaks. `act` continues if the
    /// word is locked or has changed since the load.
    #[inline(always)]
    pub(super) fn attempt<R>(
        &self,
        load: fn(&Word<F>) -> State,
        act: impl Fn(State) -> ControlFlow<R>,
    ) -> R {
        match act(load(&self.word)) {
            ControlFlow::Break(result) => result,
            ControlFlow::Continue(()) => self.attempt_again(F::Backoff::new(), load, act),
        }
    }

    #[cold]
    #[inline(never)]
    fn attempt_again<R>(
        &self,
        mut backoff: F::Backoff,
        load: fn(&Word<F>) -> State,
        act: impl Fn(State) -> ControlFlow<R>,
    ) -> R {
        backoff.spin();
        loop {
            let state = load(&self.word);
            if let ControlFlow::Break(result) = act(state) {
                return result;
            }
            if state.is_locked() {
                assert_not_held(self);
                self.word.confirm(state);
                backoff.snooze();
            } else {
                backoff.spin();
            }
        }
    }
}

#[inline(always)]
pub(super) fn break_if<R>(condition: bool, result: R) -> ControlFlow<R> {
    if condition { ControlFlow::Break(result) } else { ControlFlow::Continue(()) }
}
