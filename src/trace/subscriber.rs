//! The spans and events that tokio-console reads: it knows them by these names, targets and fields, and
//! which semaphore they are of by the span that is entered.

use core::{
    cell::{Cell, OnceCell},
    mem,
    panic::Location,
};
use std::sync::OnceLock;

use tracing::{
    Span, level_filters::LevelFilter, span::Entered, subscriber::NoSubscriber, trace, trace_span,
};

use super::Resource;
use crate::wait_queue::run_foreign;

/// The flavour for all threads.
pub(crate) type Shared = Traced<OnceLock<Closing>>;

/// The flavour for one thread.
pub(crate) type Local = Traced<OnceCell<Closing>>;

pub(crate) struct Traced<C> {
    concrete_type: &'static str,
    made_at: &'static Location<'static>,
    /// The span of the semaphore. No `const fn` can make it, so it is made at first use.
    span: C,
}

/// A place for one span.
pub(crate) trait SpanCell {
    fn get(&self) -> Option<&Closing>;

    /// Unless there is one: then this is closed.
    fn set_first(&self, span: Closing);
}

macro_rules! span_cell {
    ($($Cell:ident),*) => {$(
        impl Traced<$Cell<Closing>> {
            #[track_caller]
            pub(crate) const fn new(concrete_type: &'static str) -> Self {
                Self { concrete_type, made_at: Location::caller(), span: $Cell::new() }
            }
        }

        impl SpanCell for $Cell<Closing> {
            fn get(&self) -> Option<&Closing> {
                self.get()
            }

            fn set_first(&self, span: Closing) {
                drop(self.set(span));
            }
        }
    )*};
}
span_cell!(OnceLock, OnceCell);

impl<C: SpanCell> Traced<C> {
    /// `None` while no subscriber wants it; one that comes later may.
    fn span(&self) -> Option<&Span> {
        if self.span.get().is_none() {
            let span = Closing(trace_span!(
                target: "compio_sync",
                parent: None,
                "runtime.resource",
                concrete_type = self.concrete_type,
                kind = "Sync",
                loc.file = self.made_at.file(),
                loc.line = self.made_at.line(),
                loc.col = self.made_at.column(),
                is_internal = false,
            ));
            // While other threads have a subscriber, a thread without one has this.
            if !span.0.with_subscriber(|(_, subscriber)| !subscriber.is::<NoSubscriber>())? {
                return None;
            }
            self.span.set_first(span);
        }
        self.span.get().map(|span| &span.0)
    }

    fn tell(&self, told: impl FnOnce(&Span)) {
        tell(|| {
            if let Some(span) = self.span() {
                told(span);
            }
        });
    }
}

impl<C: SpanCell> Resource for Traced<C> {
    fn op(&self, source: &'static str) -> Op {
        let mut spans = None;
        self.tell(|resource| {
            let new_op =
                || Closing(trace_span!(target: "compio_sync", "runtime.resource.async_op", source));
            let op = within(resource, new_op);
            spans = Some(Spans { op, resource: Closing(resource.clone()) });
        });
        Op(spans)
    }

    fn changed(&self, numbers: impl FnOnce() -> [usize; 3]) {
        self.tell(|resource| {
            let [permits, limit, waiters] = numbers();
            within(resource, || {
                state!(permits);
                state!(limit);
                state!(waiters);
            });
        });
    }

    fn closed(&self) {
        let closed = true;
        self.tell(|resource| within(resource, || state!(closed)));
    }
}

/// An event each: tokio-console reads one field of it.
macro_rules! state {
    ($field:ident) => {
        trace!(target: "runtime::resource::state_update", $field, $field.op = "override")
    };
}
use state;

/// Somebody who waits, until the subscriber is told of the end.
pub(crate) struct Op(Option<Spans>);

struct Spans {
    op: Closing,
    resource: Closing,
}

impl Op {
    pub(crate) fn untold() -> Self {
        Self(None)
    }

    /// It was polled, and goes on waiting.
    #[inline]
    pub(crate) fn pending(&self) {
        if let Some(spans) = &self.0 {
            spans.polled(false);
        }
    }

    /// It was polled, and has what it waited for or was refused: this is its end.
    #[inline]
    pub(crate) fn ready(&mut self) {
        if let Some(spans) = self.0.take() {
            spans.polled(true);
        }
    }
}

impl Spans {
    fn polled(&self, is_ready: bool) {
        let event = || trace!(target: "runtime::resource::poll_op", op_name = "poll", is_ready);
        tell(|| within(&self.resource.0, || within(&self.op.0, event)));
    }
}

/// A span that the subscriber is told the end of as it is told all else.
pub(crate) struct Closing(Span);

impl Drop for Closing {
    fn drop(&mut self) {
        let span = mem::replace(&mut self.0, Span::none());
        // Even if it is told already, or no longer wants to be: this is not to be had without it.
        if !span.is_none() {
            call(|| drop(span));
        }
    }
}

/// Tells this within the span. That it is left is told as all else is, even to a subscriber that panicked.
fn within<R>(span: &Span, told: impl FnOnce() -> R) -> R {
    struct Exit<'a>(Option<Entered<'a>>);
    impl Drop for Exit<'_> {
        fn drop(&mut self) {
            run_foreign(|| drop(self.0.take()));
        }
    }
    let _exit = Exit(Some(span.enter()));
    told()
}

std::thread_local! {
    static IS_TOLD: Cell<bool> = const { Cell::new(false) };
}

/// Calls the subscriber, unless it is this that calls, or none is there to listen.
#[inline]
fn tell(told: impl FnOnce()) {
    if LevelFilter::current() == LevelFilter::TRACE && !IS_TOLD.get() {
        call(told);
    }
}

fn call(told: impl FnOnce()) {
    struct Told {
        before: bool,
    }
    impl Drop for Told {
        fn drop(&mut self) {
            IS_TOLD.set(self.before);
        }
    }
    let _told = Told { before: IS_TOLD.replace(true) };
    run_foreign(told);
}
