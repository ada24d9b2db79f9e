//! The spans and events that tokio-console reads. It recognizes them by their names, targets and
//! fields, and finds the primitive that an event belongs to by the span that is entered.

use core::{cell::Cell, mem, panic::Location};
use std::sync::OnceLock;

use tracing::{
    Span, level_filters::LevelFilter, span::Entered, subscriber::NoSubscriber, trace, trace_span,
};

use crate::queue::guard_double_panic;

/// A primitive, as a subscriber sees it.
pub(crate) struct Resource {
    concrete_type: &'static str,
    created_at: &'static Location<'static>,
    /// Created at the first use, because no `const fn` can create it.
    span: OnceLock<ClosingSpan>,
}

impl Resource {
    #[track_caller]
    pub(crate) const fn new(concrete_type: &'static str) -> Self {
        Self { concrete_type, created_at: Location::caller(), span: OnceLock::new() }
    }

    /// Returns `None` while no subscriber wants the span. A later subscriber may.
    fn span(&self) -> Option<&Span> {
        if self.span.get().is_none() {
            let span = ClosingSpan(trace_span!(
                target: "compio_sync",
                parent: None,
                "runtime.resource",
                concrete_type = self.concrete_type,
                kind = "Sync",
                loc.file = self.created_at.file(),
                loc.line = self.created_at.line(),
                loc.col = self.created_at.column(),
                is_internal = false,
            ));
            // A thread without a subscriber has this one while other threads have one.
            if !span.0.with_subscriber(|(_, subscriber)| !subscriber.is::<NoSubscriber>())? {
                return None;
            }
            // If another thread was first, this span closes.
            drop(self.span.set(span));
        }
        self.span.get().map(|span| &span.0)
    }

    fn emit(&self, events: impl FnOnce(&Span)) {
        emit(|| {
            if let Some(span) = self.span() {
                events(span);
            }
        });
    }

    /// Creates the span of a wait.
    pub(crate) fn op(&self, source: &'static str) -> Op {
        let mut spans = None;
        self.emit(|resource| {
            let new_op = || {
                ClosingSpan(trace_span!(target: "compio_sync", "runtime.resource.async_op", source))
            };
            let op = within(resource, new_op);
            spans = Some(Spans { op, resource: ClosingSpan(resource.clone()) });
        });
        Op(spans)
    }

    /// Emits the events of [`emit_state!`](super::emit_state).
    pub(crate) fn emit_state(&self, events: impl FnOnce()) {
        self.emit(|resource| within(resource, events));
    }
}

/// A wait, until its end is emitted.
#[derive(Debug)]
pub struct Op(Option<Spans>);

#[derive(Debug)]
struct Spans {
    op: ClosingSpan,
    resource: ClosingSpan,
}

impl Op {
    pub(crate) fn disabled() -> Self {
        Self(None)
    }

    /// Emits a poll that returned `Pending`.
    #[inline]
    pub(crate) fn emit_pending(&self) {
        if let Some(spans) = &self.0 {
            spans.emit_poll(false);
        }
    }

    /// Emits the last poll, and closes the span.
    #[inline]
    pub(crate) fn emit_ready(&mut self) {
        if let Some(spans) = self.0.take() {
            spans.emit_poll(true);
        }
    }
}

impl Spans {
    fn emit_poll(&self, is_ready: bool) {
        let event = || trace!(target: "runtime::resource::poll_op", op_name = "poll", is_ready);
        emit(|| within(&self.resource.0, || within(&self.op.0, event)));
    }
}

/// A span whose end is emitted like everything else.
#[derive(Debug)]
struct ClosingSpan(Span);

impl Drop for ClosingSpan {
    fn drop(&mut self) {
        let span = mem::replace(&mut self.0, Span::none());
        // The subscriber is called even inside another call, because closing must not be lost.
        if !span.is_none() {
            call(|| drop(span));
        }
    }
}

/// Emits events within a span. The span is exited even if the subscriber panics.
fn within<R>(span: &Span, events: impl FnOnce() -> R) -> R {
    struct Exit<'a>(Option<Entered<'a>>);
    impl Drop for Exit<'_> {
        fn drop(&mut self) {
            guard_double_panic(|| drop(self.0.take()));
        }
    }
    let _exit = Exit(Some(span.enter()));
    events()
}

std::thread_local! {
    static IS_CALLED: Cell<bool> = const { Cell::new(false) };
}

/// Calls the subscriber, unless none listens or this runs inside such a call.
#[inline]
fn emit(events: impl FnOnce()) {
    if LevelFilter::current() == LevelFilter::TRACE && !IS_CALLED.get() {
        call(events);
    }
}

fn call(events: impl FnOnce()) {
    struct Restore {
        was_called: bool,
    }
    impl Drop for Restore {
        fn drop(&mut self) {
            IS_CALLED.set(self.was_called);
        }
    }
    let _restore = Restore { was_called: IS_CALLED.replace(true) };
    guard_double_panic(events);
}
