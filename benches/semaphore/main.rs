//! Compares compio-sync with its peers. Samples of all semaphores alternate, and medians are
//! reported.

mod chart;
mod paths;
mod reads;
mod report;
mod subjects;
mod tails;
mod threads;

use std::{error::Error, path::Path as FilePath, time::Duration};

use clap::Parser;
use compio_sync::{ClosableSemaphore, Semaphore, unsync};
use futures_intrusive::sync as intrusive;

use self::{
    paths::{Path, multi_thread, single_thread},
    reads::bounded_reads,
    report::{Report, Row},
    subjects::{Floor, Saa},
    tails::Tails,
};

/// Measures each path through each semaphore, and compares the times with those of compio-sync.
///
/// Times are nanoseconds per round: medians of samples that alternate between the semaphores.
#[derive(Parser)]
struct Options {
    /// Measure only paths whose names start with this prefix
    path: Option<String>,

    /// Measure only the semaphore with this name
    #[arg(long)]
    subject: Option<String>,

    /// Number of samples per path and semaphore
    #[arg(long, default_value_t = 51, value_parser = clap::value_parser!(u16).range(1..))]
    samples: u16,

    /// Write benches/speed.csv, and draw benches/speed.svg
    #[arg(long, conflicts_with_all = ["path", "subject"])]
    save: bool,

    /// Run the path with exactly this name for this number of rounds, without measuring: for
    /// counting instructions
    #[arg(long)]
    rounds: Option<usize>,

    #[arg(long, hide = true)]
    bench: bool,
}

impl Options {
    fn is_selected(&self, path: &str, subject: &str) -> bool {
        self.path.as_ref().is_none_or(|prefix| path.starts_with(prefix))
            && self.subject.as_ref().is_none_or(|name| subject == name)
    }
}

fn paths() -> Vec<Path> {
    [
        single_thread::<Floor>(),
        single_thread::<Semaphore>(),
        single_thread::<ClosableSemaphore>(),
        single_thread::<tokio::sync::Semaphore>(),
        single_thread::<async_lock::Semaphore>(),
        single_thread::<asyncband::semaphore::Semaphore>(),
        single_thread::<maitake_sync::Semaphore>(),
        single_thread::<intrusive::Semaphore>(),
        single_thread::<Saa>(),
        single_thread::<unsync::Semaphore>(),
        single_thread::<unsync::ClosableSemaphore>(),
        single_thread::<intrusive::LocalSemaphore>(),
        multi_thread::<Semaphore>(),
        multi_thread::<tokio::sync::Semaphore>(),
        multi_thread::<async_lock::Semaphore>(),
        multi_thread::<asyncband::semaphore::Semaphore>(),
        multi_thread::<maitake_sync::Semaphore>(),
        multi_thread::<intrusive::Semaphore>(),
        multi_thread::<Saa>(),
        bounded_reads(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::parse();
    let mut paths = paths();
    paths.retain(|path| options.is_selected(&path.name, path.subject));
    if let Some(rounds) = options.rounds {
        paths.retain(|path| options.path.as_ref() == Some(&path.name));
        for path in paths {
            (path.run)(rounds);
        }
        return Ok(());
    }
    let mut tails = [Tails::of::<Semaphore>(), Tails::of::<tokio::sync::Semaphore>()].concat();
    tails.retain(|tails| options.is_selected(&tails.path(), tails.subject));

    let mut rows = medians(&paths, options.samples);
    (0..options.samples).for_each(|_| tails.iter_mut().for_each(Tails::sample));
    rows.extend(tails.iter().flat_map(Tails::rows));
    let report = Report(rows);
    report.print();
    if options.save {
        report.save(&FilePath::new(env!("CARGO_MANIFEST_DIR")).join("benches"))?;
    }
    Ok(())
}

/// Returns the median time of each path.
fn medians(paths: &[Path], samples: u16) -> Vec<Row> {
    let mut times = vec![Vec::new(); paths.len()];
    for sample in 0..samples {
        for (path, times) in paths.iter().zip(&mut times) {
            if sample % path.sample_every == 0 {
                times.push((path.run)(path.rounds));
            }
        }
    }
    let median = |(path, mut times): (&Path, Vec<Duration>)| {
        times.sort_unstable();
        Row {
            path: path.name.clone(),
            subject: path.subject,
            nanoseconds: path.nanoseconds(times[times.len() / 2]),
        }
    };
    paths.iter().zip(times).map(median).collect()
}
