//! The data of a lock, and what its guards show of it.

use std::fmt::{self, Debug};

use super::{Counted, Primitive, lock, lock_owned, try_lock, try_lock_owned};
use crate::{assertions::panic_message, task::Task};

#[test]
fn guard_reads_writes_and_shows_data() {
    let primitive = Primitive::new(5);
    let mut guard = try_lock(&primitive).unwrap();
    *guard += 1;
    assert_eq!((*guard, guard.to_string(), format!("{guard:?}")), (6, "6".into(), "6".into()));
    drop(guard);
    assert_eq!(*try_lock(&primitive).unwrap(), 6);
}

#[test]
fn next_holder_sees_write() {
    let primitive = Primitive::new(5);
    let mut guard = try_lock(&primitive).unwrap();
    let next = Task::waiting(lock(&primitive));
    *guard = 6;
    drop(guard);
    assert_eq!(*next.woken(), 6);
}

#[test]
fn panic_while_holding_lock_unlocks_and_keeps_data() {
    let primitive = Primitive::new(5);
    let waiting = || {
        let mut guard = try_lock(&primitive).unwrap();
        *guard = 6;
        let next = Task::waiting(lock(&primitive));
        let message = panic_message(move || {
            *guard = 7;
            let _guard = guard;
            panic!("no");
        });
        assert_eq!(message, "no");
        next
    };
    assert_eq!(*waiting().woken(), 7);
    assert_eq!(primitive.into_inner(), 7);
}

#[test]
fn owner_accesses_data_without_lock() {
    let mut primitive = Primitive::new(5);
    *primitive.get_mut() += 1;
    assert_eq!(*try_lock(&primitive).unwrap(), 6);
    assert_eq!(primitive.into_inner(), 6);
}

#[test]
fn default_and_from_contain_data() {
    assert_eq!(Primitive::<u32>::default().into_inner(), 0);
    assert_eq!(Primitive::from(5).into_inner(), 5);
}

#[test]
fn data_may_be_slice() {
    let primitive: &mut Primitive<[u32]> = &mut Primitive::new([1, 2, 3]);
    try_lock(primitive).unwrap()[1] = 5;
    assert_eq!(primitive.get_mut(), [1, 5, 3]);
    let guard = try_lock(primitive).unwrap();
    let next = Task::waiting(lock(primitive));
    drop(guard);
    assert_eq!(next.woken().len(), 3);
}

trait Count: Debug {
    fn count(&mut self) -> u32;
}

impl Count for u32 {
    fn count(&mut self) -> u32 {
        *self += 1;
        *self
    }
}

#[test]
fn data_may_be_trait_object() {
    let sized = Primitive::new(0_u32);
    let borrowed: &Primitive<dyn Count> = &sized;
    assert_eq!(try_lock(borrowed).unwrap().count(), 1);
    let guard = try_lock(borrowed).unwrap();
    let next = Task::waiting(lock(borrowed));
    drop(guard);
    assert_eq!(next.woken().count(), 2);
    assert!(format!("{borrowed:?}").contains("data: 2"));

    let owned: Counted<Primitive<dyn Count>> = Counted::new(sized);
    let mut guard = try_lock_owned(&owned).unwrap();
    let next = Task::waiting(lock_owned(&owned));
    assert_eq!(guard.count(), 3);
    drop((guard, owned));
    assert_eq!(next.woken().count(), 4);
}

#[test]
fn data_may_have_no_size() {
    let primitive = Primitive::new(());
    let guard = try_lock(&primitive).unwrap();
    assert!(try_lock(&primitive).is_none());
    *guard;
    drop(guard);
    primitive.into_inner();
}

#[test]
fn debug_shows_data_or_that_it_is_locked() {
    let primitive = Primitive::new(5);
    let shown = || format!("{primitive:?}").split_once(' ').unwrap().1.to_owned();
    assert_eq!(shown(), "{ data: 5, waiters: 0 }");
    let guard = try_lock(&primitive);
    assert_eq!(shown(), "{ data: <locked>, waiters: 0 }");
    let waiting = Task::waiting(lock(&primitive));
    assert_eq!(shown(), "{ data: <locked>, waiters: 1 }");
    drop(guard);
    assert_eq!(shown(), "{ data: <locked>, waiters: 0 }");
    drop(waiting);
    assert_eq!(shown(), "{ data: 5, waiters: 0 }");
}

/// Data whose formatter uses the primitive that contains it.
struct Reentrant(Option<Counted<Primitive<Self>>>);

impl Debug for Reentrant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let primitive = self.0.as_ref().unwrap();
        drop(Task::waiting(lock(primitive)));
        write!(f, "{} {}", try_lock(primitive).is_some(), primitive.waiters())
    }
}

#[test]
fn formatter_of_data_may_use_lock() {
    let primitive = Counted::new(Primitive::new(Reentrant(None)));
    try_lock(&primitive).unwrap().0 = Some(Counted::clone(&primitive));
    assert!(format!("{primitive:?}").ends_with("{ data: false 0, waiters: 0 }"));
    let clone = try_lock(&primitive).unwrap().0.take();
    assert_eq!(Counted::strong_count(&clone.unwrap()), 2);
}

#[test]
fn panicking_formatter_of_data_unlocks() {
    let primitive = Primitive::new(Reentrant(None));
    panic_message(|| format!("{primitive:?}"));
    assert!(try_lock(&primitive).is_some());
}
