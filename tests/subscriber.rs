//! A subscriber that records spans and events as lines, and calls a closure each time.

use std::{
    fmt::{Debug, Write},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use tracing::{
    Dispatch, Event, Metadata, Subscriber,
    dispatcher::with_default,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};

/// Runs the closure with a subscriber. Returns one line per span and event.
pub(crate) fn record(run: impl FnOnce()) -> Vec<String> {
    record_with(|| (), run)
}

/// Like [`record`], with a subscriber that calls `on_call` after it has recorded something.
pub(crate) fn record_with(
    on_call: impl Fn() + Send + Sync + 'static,
    run: impl FnOnce(),
) -> Vec<String> {
    let recorded = Arc::<Mutex<Recorded>>::default();
    let recorder = Recorder { recorded: Arc::clone(&recorded), on_call };
    with_default(&Dispatch::new(recorder), run);
    std::mem::take(&mut recorded.lock().unwrap().lines)
}

/// Runs `run` with a subscriber that panics at some of its calls: `panics_at` gets the number of
/// the call and the number of the run. Repeats this until a run has fewer calls than its number.
/// Returns the number of runs before that.
///
/// `run` gets the number of the run, catches the panics, and returns how many there were.
pub(crate) fn sweep(panics_at: fn(usize, usize) -> bool, run: impl Fn(usize) -> usize) -> usize {
    let mut number = 0;
    loop {
        let calls = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&calls);
        let on_call = move || {
            let call = counter.fetch_add(1, Ordering::Relaxed);
            assert!(!panics_at(call, number), "call {call}");
        };
        let mut panics = 0;
        record_with(on_call, || panics = run(number));
        if calls.load(Ordering::Relaxed) <= number {
            return number;
        }
        assert!(panics > 0, "a panic of the subscriber must propagate");
        number += 1;
    }
}

/// Returns the lines about events.
pub(crate) fn events(lines: &[String]) -> Vec<String> {
    lines.iter().filter(|line| !is_about_span(line)).cloned().collect()
}

/// Returns the lines about spans.
pub(crate) fn spans(lines: &[String]) -> Vec<&str> {
    lines.iter().map(String::as_str).filter(|line| is_about_span(line)).collect()
}

fn is_about_span(line: &str) -> bool {
    line.starts_with("new ") || line.starts_with("close ")
}

/// The line about the creation of a primitive in a line of a file.
pub(crate) fn new_resource(concrete_type: &str, file: &str, line: u32) -> String {
    format!(
        "new runtime.resource concrete_type={concrete_type:?} kind=\"Sync\" loc.file={file:?} \
         loc.line={line} is_internal=false"
    )
}

/// The line about the creation of a wait.
pub(crate) fn new_op(source: &str) -> String {
    format!("new runtime.resource.async_op source={source:?}")
}

/// The line about the end of a wait.
pub(crate) const CLOSE_OP: &str = "close runtime.resource.async_op";

/// The lines about the state of a semaphore: available permits, limit and queue length.
pub(crate) fn state(permits: usize, limit: usize, waiters: usize) -> Vec<String> {
    [("permits", permits), ("limit", limit), ("waiters", waiters)]
        .map(|(name, value)| state_update(name, value))
        .into()
}

/// The line about the new value of a field.
pub(crate) fn state_update(name: &str, value: impl Debug) -> String {
    format!(
        "runtime.resource: runtime::resource::state_update {name}={value:?} {name}.op=\"override\""
    )
}

/// The line about a poll of a waiting future.
pub(crate) fn poll_op(is_ready: bool) -> String {
    format!(
        "runtime.resource.async_op: runtime::resource::poll_op op_name=\"poll\" is_ready={is_ready}"
    )
}

#[derive(Default)]
struct Recorded {
    lines: Vec<String>,
    /// The name of each span, and its number of handles.
    spans: Vec<(&'static str, usize)>,
    entered: Vec<Id>,
}

struct Recorder<F> {
    recorded: Arc<Mutex<Recorded>>,
    on_call: F,
}

impl<F: Fn()> Recorder<F> {
    fn called<R>(&self, record: impl FnOnce(&mut Recorded) -> R) -> R {
        let result = record(&mut self.recorded.lock().unwrap());
        (self.on_call)();
        result
    }
}

impl Recorded {
    fn span(&mut self, span: &Id) -> &mut (&'static str, usize) {
        &mut self.spans[span.into_u64() as usize - 1]
    }
}

impl<F: Fn() + Send + Sync + 'static> Subscriber for Recorder<F> {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        self.called(|recorded| {
            let name = span.metadata().name();
            let mut fields = Fields(String::new());
            span.record(&mut fields);
            recorded.lines.push(format!("new {name}{}", fields.0));
            recorded.spans.push((name, 1));
            Id::from_u64(recorded.spans.len() as u64)
        })
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        self.called(|recorded| {
            let within = recorded.entered.last().cloned();
            let within = within.map_or("nothing", |span| recorded.span(&span).0);
            let mut fields = Fields(String::new());
            event.record(&mut fields);
            recorded.lines.push(format!("{within}: {}{}", event.metadata().target(), fields.0));
        });
    }

    fn enter(&self, span: &Id) {
        self.called(|recorded| recorded.entered.push(span.clone()));
    }

    fn exit(&self, span: &Id) {
        // If the subscriber panics in `enter`, the span is never exited.
        self.called(|recorded| {
            let at = recorded.entered.iter().rposition(|entered| entered == span);
            recorded.entered.truncate(at.expect("the span was entered"));
        });
    }

    fn clone_span(&self, span: &Id) -> Id {
        self.called(|recorded| recorded.span(span).1 += 1);
        span.clone()
    }

    fn try_close(&self, span: Id) -> bool {
        self.called(|recorded| {
            let (name, handles) = recorded.span(&span);
            *handles -= 1;
            let is_last = *handles == 0;
            let closes = is_last.then(|| format!("close {name}"));
            recorded.lines.extend(closes);
            is_last
        })
    }
}

/// The fields as text, without the column in the source.
struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() != "loc.col" {
            write!(self.0, " {field}={value:?}").unwrap();
        }
    }
}
