//! Races of closing and draining.

use compio_sync::{ClosableAcquire, ClosableSemaphore, TryAcquireError};
use loom::{future::block_on, model, thread};

use crate::{note::Note, task::Task};

/// A semaphore, and a note that is written before the semaphore is closed or a permit is released.
struct Service {
    semaphore: ClosableSemaphore,
    note: Note,
}

impl Service {
    fn new(permits: usize) -> &'static Self {
        let semaphore = ClosableSemaphore::new(permits);
        Box::leak(Box::new(Self { semaphore, note: Note::new() }))
    }

    fn write_and_close(&self) {
        self.note.write();
        self.semaphore.close();
    }

    fn queued(&'static self) -> Task<ClosableAcquire<'static>> {
        Task::waiting(self.semaphore.acquire())
    }

    /// Asserts the state at the end of a model: the semaphore is closed, no permit is in use, and
    /// the queue is empty.
    fn assert_closed(&self, permits: usize) {
        let semaphore = &self.semaphore;
        assert!(semaphore.is_closed());
        assert_eq!((semaphore.in_use(), semaphore.waiters()), (0, 0));
        assert_eq!(semaphore.available_permits(), permits);
        assert!(Task::new(semaphore.drain()).poll().is_ready());
    }
}

/// No acquire may be enqueued after all waiters have failed, because it would wait forever.
#[test]
fn close_races_acquire() {
    model(|| {
        let service = Service::new(0);
        let closer = thread::spawn(|| service.write_and_close());
        block_on(service.semaphore.acquire()).unwrap_err();
        assert_eq!(service.note.read(), 1);
        closer.join().unwrap();
        service.assert_closed(0);
    });
}

/// A failed waiter must find the semaphore closed, even if the next waiters have not failed yet.
#[test]
fn close_races_use_by_failed_waiter() {
    model(|| {
        let service = Service::new(0);
        let [front, behind] = [(); 2].map(|()| service.queued());
        let waiter = thread::spawn(move || {
            block_on(front.future).unwrap_err();
            let semaphore = &service.semaphore;
            assert!(semaphore.is_closed());
            assert_eq!(semaphore.try_acquire().unwrap_err(), TryAcquireError::Closed);
            assert_eq!(semaphore.try_acquire_many(0).unwrap_err(), TryAcquireError::Closed);
        });
        service.semaphore.close();
        waiter.join().unwrap();
        behind.woken().unwrap_err();
        service.assert_closed(0);
    });
}

/// A caller that finds the semaphore closed must see all writes before the close, even if the queue
/// is still locked.
#[test]
fn close_races_is_closed() {
    model(|| {
        let service = Service::new(0);
        let queued = service.queued();
        let reader = thread::spawn(|| {
            if service.semaphore.is_closed() {
                assert_eq!(service.note.read(), 1);
            }
        });
        service.write_and_close();
        reader.join().unwrap();
        queued.woken().unwrap_err();
        service.assert_closed(0);
    });
}

/// Like `close_races_acquire`, with an available permit, and with an attempt that does not wait.
#[test]
fn close_races_acquire_of_available_permit() {
    model(|| {
        let service = Service::new(1);
        let closer = thread::spawn(|| service.write_and_close());
        drop(service.semaphore.try_acquire());
        if block_on(service.semaphore.acquire()).is_err() {
            assert_eq!(service.note.read(), 1);
        }
        closer.join().unwrap();
        service.assert_closed(1);
    });
}

/// The front must be either granted or failed, and the waiter behind it must fail.
#[test]
fn close_races_grant() {
    model(|| {
        let service = Service::new(1);
        let permit = service.semaphore.try_acquire().unwrap();
        let [front, behind] = [(); 2].map(|()| service.queued());
        let closer = thread::spawn(|| service.semaphore.close());
        drop(permit);
        closer.join().unwrap();
        drop(front.woken());
        assert!(behind.woken().is_err());
        service.assert_closed(1);
    });
}

/// A waiter that is cancelled while it fails must release nothing, and must not be accessed
/// afterwards.
#[test]
fn close_races_cancel() {
    model(|| {
        let service = Service::new(1);
        let permit = service.semaphore.try_acquire().unwrap();
        let [cancelled, behind] = [(); 2].map(|()| service.queued());
        let closer = thread::spawn(|| service.semaphore.close());
        drop(cancelled);
        closer.join().unwrap();
        behind.woken().unwrap_err();
        drop(permit);
        service.assert_closed(1);
    });
}

/// The queue is unlocked between two batches of failed waiters. A cancel at this point must not
/// keep the other waiters from failing.
#[test]
fn close_in_batches_races_cancel() {
    model(|| {
        let service = Service::new(0);
        let [first, second, third, last] = [(); 4].map(|()| service.queued());
        let canceller = thread::spawn(move || drop(third));
        service.semaphore.close();
        canceller.join().unwrap();
        for failed in [first, second, last] {
            failed.woken().unwrap_err();
        }
        service.assert_closed(0);
    });
}

/// Closing changes how the value counts permits. A permit that is released at the same time must
/// not be lost.
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

/// Like `close_races_release`, with a change of the limit.
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

/// Only one of the two calls may change how the value counts permits.
#[test]
fn close_races_close() {
    model(|| {
        let service = Service::new(1);
        let permit = service.semaphore.try_acquire().unwrap();
        let waiting = service.queued();
        let closer = thread::spawn(|| service.semaphore.close());
        service.semaphore.close();
        closer.join().unwrap();
        waiting.woken().unwrap_err();
        drop(permit);
        service.assert_closed(1);
    });
}

/// The first poll happens while the semaphore is being closed. The future must complete.
#[test]
fn closed_future_races_close() {
    model(|| {
        let service = Service::new(1);
        let closer = thread::spawn(|| service.write_and_close());
        block_on(service.semaphore.closed());
        assert_eq!(service.note.read(), 1);
        closer.join().unwrap();
        service.assert_closed(1);
    });
}

/// The future must not miss a release between its check of the value and its enqueue.
#[test]
fn drain_races_last_release() {
    model(|| {
        let service = Service::new(1);
        let permit = service.semaphore.try_acquire().unwrap();
        let drain = service.semaphore.drain();
        let holder = thread::spawn(move || {
            service.note.write();
            drop(permit);
        });
        block_on(drain);
        assert_eq!((service.note.read(), service.semaphore.in_use()), (1, 0));
        holder.join().unwrap();
        service.assert_closed(1);
    });
}

/// One permit is released and another one is forgotten at the same time. The drain must complete.
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
