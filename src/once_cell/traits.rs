//! The traits that a once cell shares with that of `std`.

use core::{
    fmt,
    panic::{RefUnwindSafe, UnwindSafe},
};

use super::OnceCell;
use crate::{event::Event, flavour::Flavour, guarded::Guarded, trace};

/// Creates an empty cell.
impl<F: Flavour, T> Default for OnceCell<F, T> {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

/// Creates an initialized cell.
impl<F: Flavour, T> From<T> for OnceCell<F, T> {
    #[track_caller]
    fn from(value: T) -> Self {
        Self {
            resource: trace::Resource::new("OnceCell"),
            filled: Event::new(true),
            guarded: Guarded::full(value),
        }
    }
}

/// Clones the value. The clone of a cell that is being initialized is empty.
impl<F: Flavour, T: Clone> Clone for OnceCell<F, T> {
    #[track_caller]
    fn clone(&self) -> Self {
        self.get().cloned().map_or_else(Self::new, Self::from)
    }
}

impl<F: Flavour, T: PartialEq> PartialEq for OnceCell<F, T> {
    fn eq(&self, other: &Self) -> bool {
        self.get() == other.get()
    }
}

impl<F: Flavour, T: Eq> Eq for OnceCell<F, T> {}

// After a panic, the cell is empty, full or being initialized, and its value is unchanged.
impl<F: Flavour, T: UnwindSafe> UnwindSafe for OnceCell<F, T> {}
impl<F: Flavour, T: RefUnwindSafe + UnwindSafe> RefUnwindSafe for OnceCell<F, T> {}

/// Shows the value, or `<uninit>` if the cell is not initialized.
impl<F: Flavour, T: fmt::Debug> fmt::Debug for OnceCell<F, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_tuple("OnceCell");
        match self.get() {
            Some(value) => debug.field(value),
            None => debug.field(&format_args!("<uninit>")),
        };
        debug.finish()
    }
}
