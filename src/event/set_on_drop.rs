//! A guard for a primitive that contains an event.

use super::Event;
use crate::flavour::Flavour;

/// Sets the event when it is dropped, even while a panic unwinds.
pub(crate) struct SetOnDrop<'a, F: Flavour>(pub(super) &'a Event<F>);

impl<F: Flavour> Drop for SetOnDrop<'_, F> {
    fn drop(&mut self) {
        self.0.set_untraced();
    }
}
