//! A subscriber that writes down what it is told, and does something of its own each time.

use std::{
    fmt::{Debug, Write},
    sync::{Arc, Mutex},
};

use tracing::{
    Dispatch, Event, Metadata, Subscriber,
    dispatcher::with_default,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};

/// What a subscriber is told by this, a line each.
pub(crate) fn told(run: impl FnOnce()) -> Vec<String> {
    told_to(|| (), run)
}

/// What a subscriber is told by this that does so whenever it is called.
pub(crate) fn told_to(
    whenever_called: impl Fn() + Send + Sync + 'static,
    run: impl FnOnce(),
) -> Vec<String> {
    let told = Arc::<Mutex<Told>>::default();
    let recorder = Recorder { told: Arc::clone(&told), whenever_called };
    with_default(&Dispatch::new(recorder), run);
    std::mem::take(&mut told.lock().unwrap().lines)
}

/// The lines about a semaphore with so many free permits, that limit and so many in its queue.
pub(crate) fn numbers(permits: usize, limit: usize, waiters: usize) -> Vec<String> {
    [("permits", permits), ("limit", limit), ("waiters", waiters)]
        .map(|(name, number)| state(name, number))
        .into()
}

/// The line that says what has become of this.
pub(crate) fn state(name: &str, value: impl Debug) -> String {
    format!(
        "runtime.resource: runtime::resource::state_update {name}={value:?} {name}.op=\"override\""
    )
}

/// The line about a poll of a future that waits.
pub(crate) fn polled(is_ready: bool) -> String {
    format!(
        "runtime.resource.async_op: runtime::resource::poll_op op_name=\"poll\" is_ready={is_ready}"
    )
}

#[derive(Default)]
struct Told {
    lines: Vec<String>,
    /// The name of each, and how many handles there are to it.
    spans: Vec<(&'static str, usize)>,
    entered: Vec<Id>,
}

struct Recorder<F> {
    told: Arc<Mutex<Told>>,
    whenever_called: F,
}

impl<F: Fn()> Recorder<F> {
    fn called<R>(&self, write_down: impl FnOnce(&mut Told) -> R) -> R {
        let written = write_down(&mut self.told.lock().unwrap());
        (self.whenever_called)();
        written
    }
}

impl Told {
    fn span(&mut self, span: &Id) -> &mut (&'static str, usize) {
        &mut self.spans[span.into_u64() as usize - 1]
    }
}

impl<F: Fn() + Send + Sync + 'static> Subscriber for Recorder<F> {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        self.called(|told| {
            let name = span.metadata().name();
            let mut fields = Fields(String::new());
            span.record(&mut fields);
            told.lines.push(format!("new {name}{}", fields.0));
            told.spans.push((name, 1));
            Id::from_u64(told.spans.len() as u64)
        })
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        self.called(|told| {
            let within = told.entered.last().cloned();
            let within = within.map_or("nothing", |span| told.span(&span).0);
            let mut fields = Fields(String::new());
            event.record(&mut fields);
            told.lines.push(format!("{within}: {}{}", event.metadata().target(), fields.0));
        });
    }

    fn enter(&self, span: &Id) {
        self.called(|told| told.entered.push(span.clone()));
    }

    fn exit(&self, span: &Id) {
        // One that panicked when it was entered is never exited.
        self.called(|told| {
            let at = told.entered.iter().rposition(|entered| entered == span);
            told.entered.truncate(at.expect("it was entered"));
        });
    }

    fn clone_span(&self, span: &Id) -> Id {
        self.called(|told| told.span(span).1 += 1);
        span.clone()
    }

    fn try_close(&self, span: Id) -> bool {
        self.called(|told| {
            let (name, handles) = told.span(&span);
            *handles -= 1;
            let is_last = *handles == 0;
            let closes = is_last.then(|| format!("close {name}"));
            told.lines.extend(closes);
            is_last
        })
    }
}

/// All but the column in the source.
struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() != "loc.col" {
            write!(self.0, " {field}={value:?}").unwrap();
        }
    }
}
