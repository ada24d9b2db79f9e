//! The value: how it is set, taken, compared, shown and dropped.

use std::cell::Cell;

use compio_sync::SetError;
use futures::FutureExt;

use super::{OnceCell, queue, start};

#[test]
fn set_initializes_empty_cell_once() {
    let cell = OnceCell::new();
    assert_eq!(cell.get(), None);
    assert_eq!(cell.set(5), Ok(()));
    assert_eq!(cell.set(6), Err(SetError::AlreadyInitialized(6)));
    assert_eq!(cell.get(), Some(&5));
}

#[test]
fn set_fails_while_closure_runs() {
    let cell = OnceCell::new();
    let running = start(&cell, 5);
    assert_eq!(cell.set(6), Err(SetError::Initializing(6)));
    assert_eq!(running.woken(), &5);
    assert_eq!(cell.set(7), Err(SetError::AlreadyInitialized(7)));
}

#[test]
fn errors_of_set_show_reason() {
    struct NoDebug;
    let (full, initializing) =
        (SetError::AlreadyInitialized(NoDebug), SetError::Initializing(NoDebug));
    assert_eq!(full.to_string(), "the cell is already initialized");
    assert_eq!(initializing.to_string(), "the cell is being initialized");
    assert_eq!(format!("{full:?} {initializing:?}"), "AlreadyInitialized(..) Initializing(..)");
    assert_ne!(SetError::Initializing(5), SetError::AlreadyInitialized(5));
}

#[test]
fn owner_accesses_value_without_wait() {
    let mut cell = OnceCell::new();
    assert_eq!(cell.get_mut(), None);
    assert_eq!(cell.set(5), Ok(()));
    *cell.get_mut().unwrap() += 1;
    assert_eq!(cell.take(), Some(6));
    assert_eq!(cell.get(), None);
    assert_eq!(cell.get_or_init(async || 7).now_or_never(), Some(&7));
    assert_eq!(cell.into_inner(), Some(7));
    assert_eq!(OnceCell::<u32>::new().into_inner(), None);
}

#[test]
fn take_of_empty_cell_changes_nothing() {
    let mut cell = OnceCell::new();
    drop(start(&cell, 5));
    assert_eq!(cell.take(), None);
    assert_eq!(cell.set(6), Ok(()));
    assert_eq!([cell.take(), cell.take()], [Some(6), None]);
}

#[test]
fn default_is_empty_and_from_is_full() {
    assert_eq!(OnceCell::<u32>::default().get(), None);
    assert_eq!(OnceCell::from(5).get(), Some(&5));
}

#[test]
fn clone_has_equal_value() {
    let cell = OnceCell::from(String::from("a"));
    let clone = cell.clone();
    assert_eq!(clone, cell);
    drop(cell);
    assert_eq!(clone.get().unwrap(), "a");
}

#[test]
fn clone_of_cell_without_value_is_empty() {
    let cell = OnceCell::new();
    assert_eq!(cell.clone().get(), None);
    let running = start(&cell, 5);
    let clone = cell.clone();
    assert_eq!(running.woken(), &5);
    assert_eq!(clone.get(), None);
    assert_eq!(clone.set(6), Ok(()));
}

#[test]
fn cells_with_equal_values_are_equal() {
    let cells = [OnceCell::new(), OnceCell::from(5), OnceCell::from(6)];
    for (one, cell) in cells.iter().enumerate() {
        for (other, another) in cells.iter().enumerate() {
            assert_eq!(cell == another, one == other);
        }
    }
    let initializing = OnceCell::new();
    let running = start(&initializing, 5);
    assert_eq!(initializing, OnceCell::new());
    running.woken();
    assert_eq!(initializing, OnceCell::from(5));
}

#[test]
fn debug_shows_value_or_that_it_is_missing() {
    let cell = OnceCell::new();
    assert_eq!(format!("{cell:?}"), "OnceCell(<uninit>)");
    let running = start(&cell, 5);
    assert_eq!(format!("{cell:?}"), "OnceCell(<uninit>)");
    running.woken();
    assert_eq!(format!("{cell:?}"), "OnceCell(5)");
}

/// Counts how often it is dropped.
struct Counted<'a>(&'a Cell<usize>);

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get() + 1);
    }
}

#[test]
fn value_is_dropped_exactly_once() {
    let drops = Cell::new(0);
    let value = || Counted(&drops);
    let dropped = |run: &dyn Fn()| {
        drops.set(0);
        run();
        drops.take()
    };
    assert_eq!(dropped(&|| drop(OnceCell::from(value()))), 1);
    assert_eq!(dropped(&|| drop(OnceCell::<Counted<'_>>::new())), 0);
    let set = || {
        let cell = OnceCell::new();
        assert!(cell.set(value()).is_ok());
        assert_eq!(drops.get(), 0);
        drop(cell.set(value()));
        assert_eq!(drops.get(), 1, "the error contains the value");
    };
    assert_eq!(dropped(&set), 2);
    let init = || {
        let cell = OnceCell::new();
        let running = start(&cell, value());
        let queued = queue(&cell, value());
        running.woken();
        assert_eq!(drops.get(), 0);
        queued.woken();
        assert_eq!(drops.get(), 1, "the unused closure is dropped");
    };
    assert_eq!(dropped(&init), 2);
    let cancel = || {
        let cell = OnceCell::new();
        drop(start(&cell, value()));
        assert_eq!(drops.get(), 1);
    };
    assert_eq!(dropped(&cancel), 1);
    let take = || {
        let mut cell = OnceCell::from(value());
        let value = cell.take();
        drop(cell);
        assert_eq!(drops.get(), 0);
        drop(value);
    };
    assert_eq!(dropped(&take), 1);
    let into_inner = || {
        let value = OnceCell::from(value()).into_inner();
        assert_eq!(drops.get(), 0);
        drop(value);
    };
    assert_eq!(dropped(&into_inner), 1);
}

#[test]
fn value_may_have_no_size() {
    let cell = OnceCell::new();
    assert_eq!(cell.get_or_init(async || ()).now_or_never(), Some(&()));
    assert_eq!(cell.set(()), Err(SetError::AlreadyInitialized(())));
}
