//! Each primitive of both flavours is reported as a resource: with its state, and with its waits.

use compio_sync::{
    Acquire, Barrier, BarrierWait, ClosableSemaphore, Condvar, Event, Lock, Mutex, Notify,
    OnceCell, RwLock, Semaphore, WaitOnCondvar,
    generic::{self, Flavour, Shared, SingleThread},
};

use crate::{
    subscriber::{CLOSE_OP, new_op, record},
    task::Task,
};

/// Asserts that `run` reports one resource of this type, which has these waits, and that each field
/// of its state takes these values. A value that is reported again is listed once.
#[track_caller]
fn assert_reports(run: fn(), concrete_type: &str, waits: &[&str], state: &[(&str, &str)]) {
    let lines = record(run);
    let count = |start: &str| lines.iter().filter(|line| line.starts_with(start)).count();
    let resource = format!("new runtime.resource concrete_type={concrete_type:?} ");
    assert_eq!(count(&resource), 1, "{lines:#?}");
    for wait in waits {
        assert_eq!(count(&new_op(wait)), 1, "{wait}: {lines:#?}");
    }
    assert_eq!(count("new runtime.resource.async_op"), count(CLOSE_OP), "{lines:#?}");
    assert_eq!(count("runtime.resource: "), count("runtime.resource: runtime::resource::state_"));
    for &(field, expected) in state {
        let start = format!("runtime.resource: runtime::resource::state_update {field}=");
        let value = |line: &str| Some(line.strip_prefix(&start)?.split(' ').next()?.to_owned());
        let mut values: Vec<_> = lines.iter().filter_map(|line| value(line)).collect();
        values.dedup();
        assert_eq!(values.join(" "), expected, "{field}: {lines:#?}");
    }
}

/// Defines tests of a body that is generic over its flavour `F`.
macro_rules! reports {
    ($($name:ident<$F:ident>($($expected:expr),+) $run:block)*) => {$(
        #[test]
        fn $name() {
            fn run<$F: Flavour>() $run
            assert_reports(run::<Shared>, $($expected),+);
            assert_reports(run::<SingleThread>, $($expected),+);
        }
    )*};
}

reports! {
    semaphore_is_resource<F>(
        "Semaphore",
        &["Semaphore::acquire"],
        &[("permits", "0 1"), ("limit", "0 1"), ("waiters", "1 0")]
    ) {
        let semaphore = generic::Semaphore::<F>::new(0);
        let acquire = Task::waiting(semaphore.acquire());
        semaphore.add_permits(1);
        drop(acquire.woken());
    }

    closable_semaphore_is_resource<F>(
        "ClosableSemaphore",
        &["ClosableSemaphore::acquire", "ClosableSemaphore::drain"],
        &[("permits", "0 1"), ("limit", "1"), ("waiters", "0 1 0 1 0"), ("closed", "true")]
    ) {
        let semaphore = generic::ClosableSemaphore::<F>::new(1);
        let permit = semaphore.try_acquire();
        let acquire = Task::waiting(semaphore.acquire());
        let drain = semaphore.drain();
        assert!(acquire.woken().is_err());
        let drain = Task::waiting(drain);
        drop(permit);
        drain.woken();
    }

    notify_is_resource<F>(
        "Notify",
        &["Notify::notified"],
        &[("has_permit", "false true"), ("waiters", "1 0")]
    ) {
        let notify = generic::Notify::<F>::new();
        let notified = Task::waiting(notify.notified());
        notify.notify_one();
        notified.woken();
        notify.notify_one();
    }

    event_is_resource<F>(
        "Event",
        &["Event::wait"],
        &[("is_set", "false true false"), ("waiters", "1 0")]
    ) {
        let event = generic::Event::<F>::new(false);
        let wait = Task::waiting(event.wait());
        event.set();
        wait.woken();
        event.reset();
    }

    set_event_is_resource_with_state<F>(
        "Event",
        &["Event::wait"],
        &[("is_set", "true"), ("waiters", "0")]
    ) {
        let event = generic::Event::<F>::new(true);
        assert!(Task::new(event.wait()).poll().is_ready());
    }

    mutex_is_resource<F>(
        "Mutex",
        &["Mutex::lock"],
        &[("locked", "true false"), ("waiters", "0 1 0")]
    ) {
        let mutex = generic::Mutex::<F, _>::new(5);
        let guard = mutex.try_lock();
        let lock = Task::waiting(mutex.lock());
        drop(guard);
        drop(lock.woken());
    }

    rwlock_is_resource<F>(
        "RwLock",
        &["RwLock::read", "RwLock::write"],
        &[("readers", "1 0 1 0"), ("write_locked", "false true false"), ("waiters", "0 1 2 1 0")]
    ) {
        let lock = generic::RwLock::<F, _>::new(5);
        let reader = lock.try_read();
        let write = Task::waiting(lock.write());
        let read = Task::waiting(lock.read());
        drop(reader);
        drop(write.woken());
        drop(read.woken());
    }

    once_cell_is_resource<F>(
        "OnceCell",
        &["OnceCell::get_or_init"],
        &[("initialized", "false true"), ("waiters", "0")]
    ) {
        let cell = generic::OnceCell::<F, _>::new();
        assert!(Task::new(cell.get_or_init(async || 5)).poll().is_ready());
    }

    condvar_is_resource<F>(
        "Condvar",
        &["Condvar::wait", "Mutex::lock"],
        &[("waiters", "0 1 0")]
    ) {
        let (condvar, mutex) = (generic::Condvar::<F>::new(), generic::Mutex::new(5));
        let wait = Task::waiting(condvar.wait(mutex.try_lock().unwrap()));
        condvar.notify_one();
        drop(wait.woken());
    }

    barrier_is_resource<F>("Barrier", &["Barrier::wait"], &[("arrived", "1 0"), ("tasks", "2")]) {
        let barrier = generic::Barrier::<F>::new(2);
        drop(Task::waiting(barrier.wait()));
    }
}

#[cfg(target_pointer_width = "64")]
#[test]
fn tracing_adds_documented_words() {
    let words = [
        (size_of::<Semaphore>(), 4 + 9),
        (size_of::<ClosableSemaphore>(), 7 + 18),
        (size_of::<Notify>(), 3 + 9),
        (size_of::<Event>(), 3 + 9),
        (size_of::<Mutex<()>>(), 3 + 9),
        (size_of::<RwLock<()>>(), 3 + 9),
        (size_of::<OnceCell<()>>(), 7 + 18),
        (size_of::<Condvar>(), 3 + 9),
        (size_of::<Barrier>(), 4 + 9),
        (size_of::<Acquire<'_>>(), 8 + 10),
        (size_of::<Lock<'_, ()>>(), 7 + 10),
        (size_of::<WaitOnCondvar<'_, &Mutex<()>>>(), 10 + 11),
        (size_of::<BarrierWait<'_>>(), 8 + 10),
    ];
    for (bytes, words) in words {
        assert_eq!(bytes, words * size_of::<usize>());
    }
}
