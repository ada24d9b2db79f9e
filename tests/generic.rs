//! Code that is generic over the flavour, as users write it.

use std::{cell::Cell, pin::pin, sync::Arc, task::Poll};

use compio_sync::{
    Closed, TooManyPermits, TryAcquireError,
    generic::{
        Acquire, Barrier, BarrierWait, ClosableSemaphore, Closing, Condvar, Drain, Event, Flavour,
        Handle, Lock, Mutex, MutexGuard, Notified, Notify, OnceCell, RwLock, RwLockReadGuard,
        Semaphore, SemaphorePermit, Shared, SingleThread, WaitForClose, WaitForEvent, WaitForInit,
        WaitOnCondvar,
    },
};
use futures::FutureExt;

use crate::task::Task;

/// A pool that bounds the number of slots in use.
struct Pool<F: Flavour> {
    slots: Semaphore<F>,
}

impl<F: Flavour> Pool<F> {
    const fn new(slots: usize) -> Self {
        Self { slots: Semaphore::new(slots) }
    }

    fn acquire(&self) -> Acquire<&Semaphore<F>> {
        self.slots.acquire()
    }

    async fn slot(&self) -> Slot<'_, F> {
        Slot { _permit: self.slots.acquire().await }
    }

    fn try_slot(&self) -> Option<Slot<'_, F>> {
        self.slots.try_acquire().map(|permit| Slot { _permit: permit })
    }

    fn try_slots(&self, slots: usize) -> Vec<Slot<'_, F>> {
        let mut permits = self.slots.try_acquire_up_to(slots);
        let split = |permits: &mut SemaphorePermit<_>| permits.split(1);
        let slots = (0..slots).filter_map(|_| permits.as_mut().and_then(split));
        slots.map(|permit| Slot { _permit: permit }).collect()
    }

    fn resize(&self, slots: usize) -> Result<usize, TooManyPermits> {
        self.slots.try_set_max_permits(slots)
    }
}

struct Slot<'a, F: Flavour> {
    _permit: SemaphorePermit<&'a Semaphore<F>>,
}

fn test_pool<F: Flavour>(pool: &Pool<F>) {
    let first = pool.slot().now_or_never().unwrap();
    let second = pool.try_slot().unwrap();
    assert!(pool.try_slot().is_none());

    let waiting = Task::waiting(pool.acquire());
    assert!(waiting.future.is_queued());
    drop(first);
    let permit = waiting.woken();
    assert_eq!((permit.num_permits(), permit.semaphore().in_use()), (1, 2));
    drop((second, permit));

    assert_eq!(pool.try_slots(5).len(), 2);
    assert_eq!(pool.resize(3), Ok(2));
    assert_eq!(pool.try_slots(5).len(), 3);
    assert!(pool.resize(usize::MAX).is_err());
    assert_eq!(pool.resize(2), Ok(3));
    assert_eq!((pool.slots.available_permits(), pool.slots.waiters()), (2, 0));
}

#[test]
fn pool_works_in_both_flavours() {
    test_pool(&Pool::<Shared>::new(2));
    test_pool(&Pool::<SingleThread>::new(2));
}

#[test]
fn generic_static_is_shared_between_threads() {
    static POOL: Pool<Shared> = Pool::new(2);
    std::thread::spawn(|| test_pool(&POOL)).join().unwrap();
    test_pool(&POOL);
}

/// A service that can be shut down.
struct Service<F: Flavour> {
    requests: ClosableSemaphore<F>,
}

impl<F: Flavour> Service<F> {
    fn new(requests: usize) -> Self {
        Self { requests: ClosableSemaphore::new(requests) }
    }

    async fn request(&self) -> Result<usize, Closed> {
        Ok(self.requests.acquire_many(2).await?.num_permits())
    }

    fn stopped(&self) -> WaitForClose<'_, F> {
        self.requests.closed()
    }

    fn shut_down(&self) -> Drain<&ClosableSemaphore<F>> {
        self.requests.drain()
    }
}

fn test_service<F: Flavour>(service: &Service<F>) {
    assert_eq!(service.request().now_or_never(), Some(Ok(2)));
    let permit = service.requests.try_acquire_many(2).unwrap();
    let pending = Task::waiting(service.request());
    let stopped = Task::waiting(service.stopped());
    let drain = Task::waiting(service.shut_down());
    assert_eq!(pending.woken(), Err(Closed));
    stopped.woken();
    drop(permit);
    drain.woken();
    assert_eq!(service.requests.try_acquire().unwrap_err(), TryAcquireError::Closed);
    assert_eq!(service.request().now_or_never(), Some(Err(Closed)));
}

#[test]
fn service_works_in_both_flavours() {
    test_service(&Service::<Shared>::new(2));
    test_service(&Service::<SingleThread>::new(2));
}

/// Metrics and limit of any semaphore.
fn raise_limit<F: Flavour, C: Closing>(semaphore: &Semaphore<F, C>) -> [usize; 3] {
    semaphore.add_permits(1);
    [semaphore.available_permits(), semaphore.in_use(), semaphore.max_permits()]
}

#[test]
fn metrics_and_limit_need_no_concrete_kind() {
    let semaphore = Semaphore::<Shared>::new(2);
    let _permit = semaphore.try_acquire();
    assert_eq!(raise_limit(&semaphore), [2, 1, 3]);
    assert_eq!(raise_limit(&Semaphore::<SingleThread>::new(0)), [1, 0, 1]);
    assert_eq!(raise_limit(&ClosableSemaphore::<Shared>::new(0)), [1, 0, 1]);
    assert_eq!(raise_limit(&ClosableSemaphore::<SingleThread>::new(0)), [1, 0, 1]);
}

/// Owned futures are generic over the kind of semaphore.
fn acquire_all<C: Closing>(semaphore: Arc<Semaphore<Shared, C>>) -> impl Future {
    let permits = semaphore.max_permits();
    semaphore.acquire_many_owned(permits)
}

#[test]
fn owned_acquire_needs_no_concrete_kind() {
    let semaphore = Arc::new(Semaphore::<Shared>::new(3));
    assert!(acquire_all(Arc::clone(&semaphore)).now_or_never().is_some());
    let permit = semaphore.try_acquire();
    assert!(acquire_all(Arc::clone(&semaphore)).now_or_never().is_none());
    drop(permit);
    assert!(acquire_all(Arc::new(ClosableSemaphore::new(3))).now_or_never().is_some());
}

/// A counter that tasks wait for until it is zero, and a way to give up.
struct WaitGroup<F: Flavour> {
    running: Cell<usize>,
    changed: Notify<F>,
    is_cancelled: Event<F>,
}

impl<F: Flavour> WaitGroup<F> {
    const fn new(running: usize) -> Self {
        let running = Cell::new(running);
        Self { running, changed: Notify::new(), is_cancelled: Event::new(false) }
    }

    fn finish(&self) {
        self.running.set(self.running.get() - 1);
        self.changed.notify_waiters();
    }

    async fn wait(&self) {
        while self.running.get() > 0 {
            let mut changed = pin!(self.changed());
            changed.as_mut().enable();
            changed.await;
        }
    }

    fn changed(&self) -> Notified<&Notify<F>> {
        self.changed.notified()
    }

    fn cancelled(&self) -> WaitForEvent<&Event<F>> {
        self.is_cancelled.wait()
    }
}

fn test_wait_group<F: Flavour>(group: &WaitGroup<F>) {
    let cancelled = [(); 2].map(|()| Task::waiting(group.cancelled()));
    let mut all = Task::waiting(group.wait());
    group.finish();
    assert_eq!(all.poll(), Poll::Pending);
    assert_eq!((group.changed.waiters(), group.is_cancelled.waiters()), (1, 2));
    group.finish();
    assert_eq!(all.wakeups(), 2);
    assert_eq!(all.poll(), Poll::Ready(()));
    assert_eq!(group.wait().now_or_never(), Some(()));
    group.is_cancelled.set();
    cancelled.into_iter().for_each(Task::woken);
}

#[test]
fn wait_group_works_in_both_flavours() {
    test_wait_group(&WaitGroup::<Shared>::new(2));
    test_wait_group(&WaitGroup::<SingleThread>::new(2));
}

/// A list that tasks append to, whose first entry is loaded once.
struct Journal<F: Flavour> {
    entries: Mutex<F, Vec<u32>>,
    title: RwLock<F, String>,
    first: OnceCell<F, u32>,
}

impl<F: Flavour> Journal<F> {
    const fn new() -> Self {
        Self {
            entries: Mutex::new(Vec::new()),
            title: RwLock::new(String::new()),
            first: OnceCell::new(),
        }
    }

    fn entries(&self) -> Lock<&Mutex<F, Vec<u32>>> {
        self.entries.lock()
    }

    async fn append(&self, entry: u32) -> usize {
        let first = self.first.get_or_init(async || entry).await;
        self.title.write().await.push_str(&format!("{first} "));
        let mut entries = self.entries().await;
        entries.push(entry);
        entries.len()
    }

    async fn title(&self) -> RwLockReadGuard<&RwLock<F, String>> {
        self.title.read().await
    }

    fn first(&self) -> WaitForInit<'_, F, u32> {
        self.first.wait()
    }
}

/// Counts the entries, through a borrowed or an owned guard.
fn count<M, F: Flavour>(entries: MutexGuard<M>) -> usize
where
    M: Handle<Target = Mutex<F, Vec<u32>>>,
{
    assert!(MutexGuard::mutex(&entries).is_locked());
    entries.len()
}

fn test_journal<F: Flavour>(journal: &Journal<F>) {
    let first = Task::waiting(journal.first());
    let entries = journal.entries().now_or_never().unwrap();
    let mut appending = Task::waiting(journal.append(5));
    assert_eq!(first.woken(), &5);
    assert_eq!(count(entries), 0);
    assert_eq!(appending.poll(), Poll::Ready(1));
    assert_eq!(journal.append(6).now_or_never(), Some(2));
    assert_eq!(&**journal.title().now_or_never().unwrap(), "5 5 ");
    assert_eq!(count(journal.entries.try_lock().unwrap()), 2);
}

#[test]
fn journal_works_in_both_flavours() {
    test_journal(&Journal::<Shared>::new());
    test_journal(&Journal::<SingleThread>::new());
    let owned = Arc::new(Mutex::<Shared, _>::new(vec![5]));
    assert_eq!(count(owned.try_lock_owned().unwrap()), 1);
}

/// Workers that start together, and count down.
struct Crew<F: Flavour> {
    start: Barrier<F>,
    running: Mutex<F, u32>,
    changed: Condvar<F>,
}

impl<F: Flavour> Crew<F> {
    const fn new(workers: u32) -> Self {
        Self {
            start: Barrier::new(workers as usize),
            running: Mutex::new(workers),
            changed: Condvar::new(),
        }
    }

    fn start(&self) -> BarrierWait<&Barrier<F>> {
        self.start.wait()
    }

    async fn work(&self) -> bool {
        let is_leader = self.start().await.is_leader();
        *self.running.lock().await -= 1;
        self.changed.notify_all();
        is_leader
    }

    async fn finished(&self) {
        let running = self.running.lock().await;
        drop(self.changed.wait_while(running, |running| *running > 0).await);
    }
}

/// Waits for a change, with a borrowed or an owned guard.
fn changed<F: Flavour, M>(condvar: &Condvar<F>, guard: MutexGuard<M>) -> WaitOnCondvar<'_, F, M>
where
    M: Handle<Target = Mutex<F, u32>>,
{
    condvar.wait(guard)
}

fn test_crew<F: Flavour>(crew: &Crew<F>) {
    let mut finished = Task::waiting(crew.finished());
    let mut first = Task::waiting(crew.work());
    let change = Task::waiting(changed(&crew.changed, crew.running.try_lock().unwrap()));
    assert_eq!(Task::new(crew.work()).poll(), Poll::Ready(true));
    assert_eq!(*change.woken(), 1);
    assert_eq!(finished.poll(), Poll::Pending);
    assert_eq!(first.poll(), Poll::Ready(false));
    assert_eq!(finished.poll(), Poll::Ready(()));
    assert_eq!((crew.start.waiters(), crew.changed.waiters()), (0, 0));
}

#[test]
fn crew_works_in_both_flavours() {
    test_crew(&Crew::<Shared>::new(2));
    test_crew(&Crew::<SingleThread>::new(2));
}
