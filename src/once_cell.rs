//! The once cell: data that is initialized once, by the first task that needs it.

mod traits;
mod wait;

use core::{future::poll_fn, pin::pin};

pub use self::wait::WaitForInit;
use crate::{
    error::SetError,
    event::Event,
    flavour::Flavour,
    guarded::{Guarded, Guards, Once},
    loom::const_unless_loom,
    queue::{Completed, Completion, Primitive, WaitQueue},
    trace::{self, Grant, Waiter},
};

/// A cell that is initialized once, by the first task that needs its value.
///
/// [`get_or_init`](Self::get_or_init) initializes the cell with an async closure. Tasks that call
/// it meanwhile wait for the value. From then on, [`get`](Self::get) is one load. Use it for
/// connections, configuration and other data that is loaded when it is first used.
///
/// `F` is the flavour: [`OnceCell`](crate::OnceCell) is shared between threads, and
/// [`unsync::OnceCell`](crate::unsync::OnceCell) stays on one thread. The cell takes six words in
/// addition to an `Option` of its value, and never allocates.
///
/// # Fairness
///
/// If an initializer fails, panics or is cancelled, the cell stays empty. The task at the front of
/// the queue then initializes it with its own closure. Tasks queue in FIFO order of their first
/// polls.
///
/// # Cancel safety
///
/// Every future of a cell can be dropped at any time. If the future was running its closure, the
/// closure's future is dropped, and the next waiter calls its own closure.
///
/// A queued future may be chosen to initialize the cell before its task is polled. A future that is
/// no longer polled therefore blocks all other tasks. Drop such a future before the task awaits
/// anything else.
///
/// # Deadlocks
///
/// A closure deadlocks if it awaits `get_or_init`, `get_or_try_init` or `wait` on its own cell.
/// Inside the closure, [`get`](Self::get) returns `None` and [`set`](Self::set) fails.
///
/// # Memory ordering
///
/// Initializing the cell happens-before every return of a reference to its value.
///
/// # Panics
///
/// If a closure panics, the panic propagates to its caller, and the cell stays empty.
///
/// # Wakers
///
/// Wakers run when a task initializes the cell, when a closure fails, and when a future is dropped.
/// They run after the queue is unlocked, in batches of up to 32. A waker may use the cell. If a
/// waker panics, all other waiters are woken before the panic propagates.
///
/// # Examples
///
/// ```
/// use compio_sync::OnceCell;
///
/// static MANIFEST: OnceCell<String> = OnceCell::new();
///
/// async fn manifest() -> std::io::Result<&'static str> {
///     let read = async || {
///         let bytes = compio::fs::read("Cargo.toml").await?;
///         String::from_utf8(bytes).map_err(std::io::Error::other)
///     };
///     MANIFEST.get_or_try_init(read).await.map(String::as_str)
/// }
///
/// # compio::runtime::Runtime::new().unwrap().block_on(async {
/// let (one, other) = futures::join!(manifest(), manifest());
/// assert!(std::ptr::eq(one.unwrap(), other.unwrap()));
/// # });
/// ```
pub struct OnceCell<F: Flavour, T> {
    resource: trace::Resource,
    /// Set after the cell is full. A task that only waits for the value is not in the queue of the
    /// initializers, because it would block them from its front.
    filled: Event<F>,
    guarded: Guarded<Once, F, Option<T>>,
}

impl<F: Flavour, T> OnceCell<F, T> {
    const_unless_loom! {
        /// Creates an empty cell.
        ///
        /// Under `cfg(loom)` this is not a `const fn`.
        ///
        /// # Examples
        ///
        /// ```
        /// use compio_sync::OnceCell;
        ///
        /// static CONFIG: OnceCell<String> = OnceCell::new();
        /// assert!(CONFIG.get().is_none());
        /// ```
        #[must_use]
        #[track_caller]
        pub fn new() -> Self {
            Self {
                resource: trace::Resource::new("OnceCell"),
                filled: Event::new(false),
                guarded: Guarded::empty(),
            }
        }
    }

    /// Returns the value, or `None` if the cell is empty or being initialized.
    ///
    /// This is one load.
    ///
    /// # Examples
    ///
    /// ```
    /// let cell = compio_sync::OnceCell::new();
    /// assert_eq!(cell.get(), None);
    /// cell.set(5).unwrap();
    /// assert_eq!(cell.get(), Some(&5));
    /// ```
    #[inline]
    pub fn get(&self) -> Option<&T> {
        self.guarded.get()
    }

    /// Returns a mutable reference to the value, or `None` if the cell is empty.
    ///
    /// # Examples
    ///
    /// ```
    /// let mut cell = compio_sync::OnceCell::from(5);
    /// *cell.get_mut().unwrap() += 1;
    /// ```
    pub fn get_mut(&mut self) -> Option<&mut T> {
        self.guarded.get_mut().as_mut()
    }

    /// Initializes the cell with this value.
    ///
    /// # Errors
    ///
    /// [`SetError::AlreadyInitialized`] if the cell is full, and [`SetError::Initializing`] if a
    /// task is initializing it. The error contains the value.
    ///
    /// # Examples
    ///
    /// ```
    /// use compio_sync::{OnceCell, SetError};
    ///
    /// let cell = OnceCell::new();
    /// assert_eq!(cell.set(5), Ok(()));
    /// assert_eq!(cell.set(6), Err(SetError::AlreadyInitialized(6)));
    /// ```
    pub fn set(&self, value: T) -> Result<(), SetError<T>> {
        match self.guarded.queue.try_grant(()) {
            Some(Completion::Granted(_)) => {
                self.fill(Grant::new(self, ()), value);
                Ok(())
            }
            Some(Completion::Refused) => Err(SetError::AlreadyInitialized(value)),
            None => Err(SetError::Initializing(value)),
        }
    }

    /// Returns the value. If the cell is empty, initializes it with `init` first.
    ///
    /// If another task is initializing the cell, the future waits for that task. If that task
    /// fails, panics or is cancelled, the next waiter calls its own closure.
    ///
    /// # Cancel safety
    ///
    /// The future can be dropped at any time. If it was running `init`, the next waiter calls its
    /// own closure.
    ///
    /// # Examples
    ///
    /// ```
    /// use compio_sync::OnceCell;
    ///
    /// # compio::runtime::Runtime::new().unwrap().block_on(async {
    /// let cell = OnceCell::new();
    /// assert_eq!(*cell.get_or_init(async || 5).await, 5);
    /// assert_eq!(*cell.get_or_init(async || 6).await, 5);
    /// # });
    /// ```
    pub async fn get_or_init(&self, init: impl AsyncFnOnce() -> T) -> &T {
        if let Some(value) = self.get() {
            return value;
        }
        if let Some(right) = self.right_to_init().await {
            self.fill(right, init().await);
        }
        self.initialized()
    }

    /// Returns the value. If the cell is empty, initializes it with the fallible `init` first.
    ///
    /// # Cancel safety
    ///
    /// Same as [`get_or_init`](Self::get_or_init).
    ///
    /// # Errors
    ///
    /// Returns the error of `init`. The cell then stays empty, and the next waiter calls its own
    /// closure.
    ///
    /// # Examples
    ///
    /// ```
    /// use compio_sync::OnceCell;
    ///
    /// # compio::runtime::Runtime::new().unwrap().block_on(async {
    /// let port: OnceCell<u16> = OnceCell::new();
    /// assert!(port.get_or_try_init(async || "http".parse()).await.is_err());
    /// assert_eq!(port.get_or_try_init(async || "80".parse()).await, Ok(&80));
    /// # });
    /// ```
    pub async fn get_or_try_init<E>(
        &self,
        init: impl AsyncFnOnce() -> Result<T, E>,
    ) -> Result<&T, E> {
        if let Some(value) = self.get() {
            return Ok(value);
        }
        if let Some(right) = self.right_to_init().await {
            self.fill(right, init().await?);
        }
        Ok(self.initialized())
    }

    /// Waits until the cell is initialized, and returns the value.
    ///
    /// # Cancel safety
    ///
    /// The future can be dropped at any time.
    ///
    /// # Examples
    ///
    /// ```
    /// use compio_sync::OnceCell;
    ///
    /// # compio::runtime::Runtime::new().unwrap().block_on(async {
    /// let address = OnceCell::new();
    /// let client = async { format!("connected to {}", address.wait().await) };
    /// let server = async { address.set("[::1]:80").unwrap() };
    /// assert_eq!(futures::join!(client, server).0, "connected to [::1]:80");
    /// # });
    /// ```
    #[inline]
    pub fn wait(&self) -> WaitForInit<'_, F, T> {
        WaitForInit::new(self)
    }

    /// Takes the value out, and leaves the cell empty. Returns `None` if the cell had no value.
    ///
    /// A future that was leaked while it ran its closure initializes the cell for good.
    ///
    /// # Examples
    ///
    /// ```
    /// let mut cell = compio_sync::OnceCell::from(5);
    /// assert_eq!(cell.take(), Some(5));
    /// assert_eq!(cell.set(6), Ok(()));
    /// ```
    pub fn take(&mut self) -> Option<T> {
        let value = self.guarded.take()?;
        self.filled.reset_untraced();
        self.emit_state();
        Some(value)
    }

    /// Consumes the cell and returns the value, or `None` if the cell is empty.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(compio_sync::OnceCell::from(5).into_inner(), Some(5));
    /// ```
    pub fn into_inner(self) -> Option<T> {
        self.guarded.into_inner()
    }

    /// Waits for the right to initialize the cell, which passes on when it is dropped. Returns
    /// `None` once the cell is full.
    async fn right_to_init(&self) -> Option<Grant<&Self, ()>> {
        let mut waiter = pin!(Waiter::new(self, ()));
        let Completed { completion, .. } = poll_fn(|cx| waiter.as_mut().poll(cx)).await;
        (completion == Completion::Granted(())).then(|| Grant::new(self, ()))
    }

    fn initialized(&self) -> &T {
        self.get().expect("the cell is full once the right to initialize it is refused")
    }

    fn fill(&self, right: Grant<&Self, ()>, value: T) {
        // Sets the event even if a waker panics.
        let set_filled = self.filled.set_on_drop();
        Guarded::fill(right, value);
        drop(set_filled);
        self.emit_state();
    }

    /// Panics if an invariant of the wait queue does not hold, in debug builds.
    #[cfg(debug_assertions)]
    #[doc(hidden)]
    pub fn assert_valid(&self) {
        self.guarded.queue.assert_valid();
        self.filled.assert_valid();
    }
}

impl<F: Flavour, T> Primitive for OnceCell<F, T> {
    type Policy = Once;
    type Flavour = F;

    #[inline]
    fn queue(&self) -> &WaitQueue<Once, F> {
        &self.guarded.queue
    }

    #[inline]
    fn op(&self, (): ()) -> trace::Op {
        self.resource.op("OnceCell::get_or_init")
    }

    #[inline]
    fn emit_state(&self) {
        trace::emit_state!(
            self.resource,
            initialized: self.get().is_some(),
            waiters: self.guarded.queue.waiters()
        );
    }
}

impl<F: Flavour, T> Guards for OnceCell<F, T> {
    type Data = Option<T>;

    #[inline]
    fn guarded(&self) -> &Guarded<Once, F, Option<T>> {
        &self.guarded
    }
}
