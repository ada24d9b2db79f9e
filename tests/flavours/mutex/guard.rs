//! What only the guards of a mutex can do.

use std::task::Poll;

use super::{Counted, MutexGuard, OwnedMutexGuard, Primitive as Mutex, lock, lock_owned, try_lock};
use crate::{assertions::panic_message, task::Task};

#[test]
fn is_locked_until_last_waiter_is_done() {
    let mutex = Mutex::new(());
    assert!(!mutex.is_locked());
    let guard = try_lock(&mutex);
    assert!(mutex.is_locked());
    let granted = Task::waiting(lock(&mutex));
    drop(guard);
    assert!(mutex.is_locked(), "the lock is granted to the waiter");
    drop(granted.woken());
    assert!(!mutex.is_locked());
}

#[test]
fn guard_returns_its_mutex() {
    let mutex = Counted::new(Mutex::new(5));
    let guard = try_lock(&mutex).unwrap();
    assert!(std::ptr::eq(*MutexGuard::mutex(&guard), &*mutex));
    drop(guard);
    let guard = Counted::clone(&mutex).try_lock_owned().unwrap();
    assert!(Counted::ptr_eq(OwnedMutexGuard::mutex(&guard), &mutex));
}

#[test]
fn mapped_guard_accesses_part_and_unlocks() {
    let mutex = Mutex::new((1, String::from("a")));
    let guard = try_lock(&mutex).unwrap();
    let next = Task::waiting(lock(&mutex));
    let mut part = MutexGuard::map(guard, |(_, text)| text);
    part.push('b');
    assert_eq!(
        (part.len(), part.to_string(), format!("{part:?}")),
        (2, "ab".into(), "\"ab\"".into())
    );
    assert!(mutex.is_locked());
    drop(part);
    assert_eq!(next.woken().1, "ab");
    assert!(!mutex.is_locked());
}

#[test]
fn mapped_owned_guard_owns_its_reference() {
    let mutex = Counted::new(Mutex::new([1, 2, 3]));
    let mut task = Task::new(lock_owned(&mutex));
    let Poll::Ready(guard) = task.poll() else {
        panic!("the mutex is unlocked");
    };
    let mut part = OwnedMutexGuard::map(guard, |data| &mut data[1..]);
    assert_eq!(Counted::strong_count(&mutex), 2);
    part[0] = 5;
    drop(part);
    assert_eq!(Counted::strong_count(&mutex), 1);
    assert_eq!(*try_lock(&mutex).unwrap(), [1, 5, 3]);
}

#[test]
fn mapped_guard_may_have_another_type() {
    let mutex = Mutex::new(vec![1, 2, 3]);
    let part = MutexGuard::map(try_lock(&mutex).unwrap(), |data| &mut data[..2]);
    assert_eq!(*part, [1, 2]);
    drop(part);
    let leaked = MutexGuard::map(try_lock(&mutex).unwrap(), |_| Box::leak(Box::new(())));
    assert!(mutex.is_locked());
    drop(leaked);
    assert!(!mutex.is_locked());
}

#[test]
fn panic_while_mapping_unlocks() {
    let mutex = Mutex::new(5);
    let guard = try_lock(&mutex).unwrap();
    let next = Task::waiting(lock(&mutex));
    let message = panic_message(move || {
        drop(MutexGuard::map(guard, |data| -> &mut i32 {
            *data = 6;
            panic!("no")
        }));
    });
    assert_eq!(message, "no");
    assert_eq!(*next.woken(), 6);
}

#[test]
fn panic_while_holding_mapped_guard_unlocks() {
    let mutex = Mutex::new((5, 0));
    let part = MutexGuard::map(try_lock(&mutex).unwrap(), |data| &mut data.0);
    let message = panic_message(move || {
        let mut part = part;
        *part = 6;
        panic!("no");
    });
    assert_eq!(message, "no");
    assert_eq!(*try_lock(&mutex).unwrap(), (6, 0));
}

#[test]
fn mapping_borrows_from_data() {
    struct Node {
        value: u32,
        child: Option<Box<Node>>,
    }
    let leaf = Node { value: 2, child: None };
    let mutex = Mutex::new(Node { value: 1, child: Some(Box::new(leaf)) });
    let mut child = MutexGuard::map(try_lock(&mutex).unwrap(), |node| {
        node.value += 10;
        node.child.as_deref_mut().unwrap()
    });
    child.value += 10;
    assert!(child.child.is_none());
    drop(child);
    let tree = mutex.into_inner();
    assert_eq!((tree.value, tree.child.unwrap().value), (11, 12));
}
