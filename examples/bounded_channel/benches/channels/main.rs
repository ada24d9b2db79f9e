//! Compares the channel with its peers, and prints a Markdown table.
//!
//! Samples of all channels alternate. A time is the median in ns per operation. In parentheses is
//! the median of the ratios to compio-sync, each between two samples of the same turn.
//!
//! ```text
//! cargo bench --bench channels -- [--samples N] [PREFIX]
//! ```

mod paths;
mod peers;

use std::env;

use self::{
    paths::*,
    peers::{AsyncChannel, Flume, Futures, Kanal, Shared, Tokio, Unsync},
};

const CHANNELS: [&str; 7] =
    ["compio-sync", "`unsync`", "flume", "async-channel", "kanal", "tokio", "futures-channel"];

/// Returns the result of one sample.
type Sample = fn() -> f64;

struct Row {
    name: &'static str,
    kind: Kind,
    /// One per channel, or `None` if the channel cannot do it.
    samples: [Option<Sample>; CHANNELS.len()],
}

enum Kind {
    /// 1 if the channel behaves in this way.
    Behaviour,
    /// A number of allocations.
    Count,
    /// A time in ns.
    Time,
}

macro_rules! rows {
    ($($name:ident $kind:ident [$($channel:ident)*];)*) => {
        [$(Row {
            name: stringify!($name),
            kind: Kind::$kind,
            samples: [$(rows!(@sample $name $channel)),*],
        }),*]
    };
    (@sample $name:ident None) => { None };
    (@sample $name:ident $channel:ident) => { Some($name::<$channel> as Sample) };
}

fn rows() -> impl IntoIterator<Item = Row> {
    rows! {
        cancelled_recv_keeps_item Behaviour [Shared Unsync Flume AsyncChannel Kanal Tokio Futures];
        cancelled_send_is_not_sent Behaviour [Shared Unsync Flume AsyncChannel Kanal Tokio Futures];
        try_send_never_overtakes Behaviour [Shared Unsync Flume AsyncChannel Kanal Tokio None];
        allocations_per_send Count [Shared Unsync Flume AsyncChannel Kanal Tokio Futures];
        allocations_per_recv Count [Shared Unsync Flume AsyncChannel Kanal Tokio Futures];
        cancel_front Time [Shared Unsync Flume AsyncChannel Kanal Tokio None];
        cancel_middle Time [Shared Unsync Flume AsyncChannel Kanal Tokio None];
        try_fill_drain Time [Shared Unsync Flume AsyncChannel Kanal Tokio Futures];
        poll_fill_drain Time [Shared Unsync Flume AsyncChannel Kanal Tokio Futures];
        queued_send Time [Shared Unsync Flume AsyncChannel Kanal Tokio Futures];
        queued_recv Time [Shared Unsync Flume AsyncChannel Kanal Tokio Futures];
        stream_one_thread Time [Shared Unsync Flume AsyncChannel Kanal Tokio Futures];
        ping_pong_one_thread Time [Shared Unsync Flume AsyncChannel Kanal Tokio Futures];
        stream_park Time [Shared None Flume AsyncChannel Kanal Tokio Futures];
        stream_spin Time [Shared None Flume AsyncChannel Kanal Tokio Futures];
        ping_pong_park Time [Shared None Flume AsyncChannel Kanal Tokio Futures];
        ping_pong_spin Time [Shared None Flume AsyncChannel Kanal Tokio Futures];
    }
}

fn main() {
    let mut arguments = env::args().skip(1).filter(|argument| argument != "--bench").peekable();
    let mut samples = 51;
    if arguments.next_if(|argument| argument == "--samples").is_some() {
        let number = arguments.next().expect("`--samples` needs a number");
        samples = number.parse().expect("the number of samples must be an integer");
        assert!(samples > 0, "at least one sample is needed");
    }
    let prefix = arguments.next().unwrap_or_default();

    println!("| path | {} |", CHANNELS.join(" | "));
    println!("| --- |{}", " --- |".repeat(CHANNELS.len()));
    for row in rows().into_iter().filter(|row| row.name.starts_with(&prefix)) {
        let cells = row.measure(samples);
        println!("| `{}` | {} |", row.name, cells.join(" | "));
    }
}

impl Row {
    /// Returns the cells of the row.
    fn measure(&self, samples: usize) -> [String; CHANNELS.len()] {
        let samples = if matches!(self.kind, Kind::Time) { samples } else { 1 };
        let turns: Vec<_> = (0..samples)
            .map(|_| self.samples.map(|sample| sample.map_or(f64::NAN, |sample| sample())))
            .collect();
        std::array::from_fn(|channel| {
            let value = median(turns.iter().map(|turn| turn[channel]));
            let ratio = median(turns.iter().map(|turn| turn[channel] / turn[0]));
            match self.kind {
                _ if value.is_nan() => "-".to_owned(),
                Kind::Behaviour => (if value == 1.0 { "yes" } else { "no" }).to_owned(),
                Kind::Count => value.to_string(),
                Kind::Time if channel == 0 => format_ns(value),
                Kind::Time => format!("{} ({ratio:.2})", format_ns(value)),
            }
        })
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.collect();
    values.sort_unstable_by(f64::total_cmp);
    values[values.len() / 2]
}

fn format_ns(value: f64) -> String {
    if value < 100.0 { format!("{value:.1}") } else { format!("{value:.0}") }
}
