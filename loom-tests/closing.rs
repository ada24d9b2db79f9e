//! Closing, and what may be going on meanwhile.

use std::task::Poll;

use compio_sync::{ClosableAcquire, ClosablePermit, ClosableSemaphore, Closed, TryAcquireError};
use loom::{cell::UnsafeCell, future::block_on, model, thread};

use crate::task::Task;

/// A semaphore, and a note that is written before it is closed, or before a permit is given back.
struct Service {
    semaphore: ClosableSemaphore,
    note: UnsafeCell<usize>,
}

// SAFETY: `note` is touched as its methods say; loom checks that no two threads do so at once.
unsafe impl Sync for Service {}

impl Service {
    fn new(permits: usize) -> &'static Self {
        let semaphore = ClosableSemaphore::new(permits);
        Box::leak(Box::new(Self { semaphore, note: UnsafeCell::new(0) }))
    }

    fn write(&self) {
        // SAFETY: by one who is about to close it, or holds the only permit.
        self.note.with_mut(|note| unsafe { *note += 1 });
    }

    fn read(&self) -> usize {
        // SAFETY: by one who has learned that it is closed, or that all is back.
        self.note.with(|note| unsafe { *note })
    }

    fn write_and_close(&self) {
        self.write();
        self.semaphore.close();
    }

    fn queued(&'static self) -> Task<ClosableAcquire<'static>> {
        Task::waiting(self.semaphore.acquire())
    }

    /// What must hold at the end of each: it is closed, nothing is in use, and nobody is queued.
    fn assert_closed(&self, permits: usize) {
        let semaphore = &self.semaphore;
        assert!(semaphore.is_closed());
        assert_eq!((semaphore.in_use(), semaphore.waiters()), (0, 0));
        assert_eq!(semaphore.available_permits(), permits);
        assert!(Task::new(semaphore.drain()).poll().is_ready());
    }
}

/// Whoever waits is told, once: that it has a permit, or that there will be none.
fn outcome(mut task: Task<ClosableAcquire<'static>>) -> Result<ClosablePermit<'static>, Closed> {
    assert_eq!(task.wakes(), 1);
    match task.poll() {
        Poll::Ready(outcome) => outcome,
        Poll::Pending => panic!("it was woken for nothing"),
    }
}

/// An acquire that comes while it is closed may queue after all are refused, and wait for ever.
#[test]
fn close_races_acquire() {
    model(|| {
        let service = Service::new(0);
        let closer = thread::spawn(|| service.write_and_close());
        block_on(service.semaphore.acquire()).unwrap_err();
        assert_eq!(service.read(), 1);
        closer.join().unwrap();
        service.assert_closed(0);
    });
}

/// Who is told that it is closed may look while the others are being told.
#[test]
fn close_races_one_who_is_told() {
    model(|| {
        let service = Service::new(0);
        let [told, behind] = [(); 2].map(|()| service.queued());
        let waiter = thread::spawn(move || {
            block_on(told.future).unwrap_err();
            let semaphore = &service.semaphore;
            assert!(semaphore.is_closed());
            assert_eq!(semaphore.try_acquire().unwrap_err(), TryAcquireError::Closed);
            assert_eq!(semaphore.try_acquire_many(0).unwrap_err(), TryAcquireError::Closed);
        });
        service.semaphore.close();
        waiter.join().unwrap();
        outcome(behind).unwrap_err();
        service.assert_closed(0);
    });
}

/// Who asks may see the value before the lock is given up, and then must see what it stands for.
#[test]
fn close_races_is_closed() {
    model(|| {
        let service = Service::new(0);
        let queued = service.queued();
        let asker = thread::spawn(|| {
            if service.semaphore.is_closed() {
                assert_eq!(service.read(), 1);
            }
        });
        service.write_and_close();
        asker.join().unwrap();
        outcome(queued).unwrap_err();
        service.assert_closed(0);
    });
}

/// As above, with a permit to be had, by one that also tries without waiting.
#[test]
fn close_races_acquire_of_a_free_permit() {
    model(|| {
        let service = Service::new(1);
        let closer = thread::spawn(|| service.write_and_close());
        drop(service.semaphore.try_acquire());
        if block_on(service.semaphore.acquire()).is_err() {
            assert_eq!(service.read(), 1);
        }
        closer.join().unwrap();
        service.assert_closed(1);
    });
}

/// The front is granted or refused, not both; and the one behind it is not forgotten.
#[test]
fn close_races_grant() {
    model(|| {
        let service = Service::new(1);
        let permit = service.semaphore.try_acquire().unwrap();
        let [front, behind] = [(); 2].map(|()| service.queued());
        let closer = thread::spawn(|| service.semaphore.close());
        drop(permit);
        closer.join().unwrap();
        drop(outcome(front));
        assert!(outcome(behind).is_err());
        service.assert_closed(1);
    });
}

/// A waiter that leaves while it is refused must neither give back what it never had nor be touched
/// any more.
#[test]
fn close_races_cancel() {
    model(|| {
        let service = Service::new(1);
        let permit = service.semaphore.try_acquire().unwrap();
        let [leaving, behind] = [(); 2].map(|()| service.queued());
        let closer = thread::spawn(|| service.semaphore.close());
        drop(leaving);
        closer.join().unwrap();
        outcome(behind).unwrap_err();
        drop(permit);
        service.assert_closed(1);
    });
}

/// Between two batches of refusals the queue is unlocked.
#[test]
fn close_in_batches_races_cancel() {
    model(|| {
        let service = Service::new(0);
        let [first, second, third, last] = [(); 4].map(|()| service.queued());
        let other = thread::spawn(move || drop(third));
        service.semaphore.close();
        other.join().unwrap();
        for refused in [first, second, last] {
            outcome(refused).unwrap_err();
        }
        service.assert_closed(0);
    });
}

/// The count of what is in use is turned around by closing, and a permit may come back just then.
#[test]
fn close_races_release() {
    model(|| {
        let service = Service::new(2);
        let permit = service.semaphore.try_acquire_many(2).unwrap();
        let closer = thread::spawn(|| service.semaphore.close());
        drop(permit);
        closer.join().unwrap();
        service.assert_closed(2);
    });
}

/// As above, with a limit that moves.
#[test]
fn close_races_limit_raised() {
    model(|| {
        let service = Service::new(1);
        let closer = thread::spawn(|| service.semaphore.close());
        service.semaphore.add_permits(2);
        closer.join().unwrap();
        service.assert_closed(3);
    });
}

/// Two at once turn the count around once.
#[test]
fn close_races_close() {
    model(|| {
        let service = Service::new(1);
        let permit = service.semaphore.try_acquire().unwrap();
        let waiting = service.queued();
        let closer = thread::spawn(|| service.semaphore.close());
        service.semaphore.close();
        closer.join().unwrap();
        outcome(waiting).unwrap_err();
        drop(permit);
        service.assert_closed(1);
    });
}

/// Who waits for nothing but the end may come while it comes.
#[test]
fn closed_future_races_close() {
    model(|| {
        let service = Service::new(1);
        let closer = thread::spawn(|| service.write_and_close());
        block_on(service.semaphore.closed());
        assert_eq!(service.read(), 1);
        closer.join().unwrap();
        service.assert_closed(1);
    });
}

/// It may look before the last permit is back, and queue after.
#[test]
fn drain_sees_the_last_permit() {
    model(|| {
        let service = Service::new(1);
        let permit = service.semaphore.try_acquire().unwrap();
        let drain = service.semaphore.drain();
        let holder = thread::spawn(move || {
            service.write();
            drop(permit);
        });
        block_on(drain);
        assert_eq!((service.read(), service.semaphore.in_use()), (1, 0));
        holder.join().unwrap();
        service.assert_closed(1);
    });
}

/// Two permits at once, one of which never comes back.
#[test]
fn drain_races_release_and_forget() {
    model(|| {
        let service = Service::new(2);
        let [one, other] = [(); 2].map(|()| service.semaphore.try_acquire().unwrap());
        let drain = service.semaphore.drain();
        let holder = thread::spawn(move || one.forget());
        drop(other);
        block_on(drain);
        holder.join().unwrap();
        service.assert_closed(1);
    });
}
