//! Ours beside the peers: samples of all alternate within one run, and what is shown are medians.

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
    paths::{Path, of_one_thread, of_threads},
    reads::bounded_reads,
    report::{Report, Row},
    subjects::{Floor, Saa},
    tails::Tails,
};

/// Measures each path through each semaphore, and prints how much of what ours and the others take.
///
/// Times are nanoseconds a round: medians of samples that alternate.
#[derive(Parser)]
struct Options {
    /// Only paths whose name starts so
    path: Option<String>,

    /// Only this semaphore
    #[arg(long)]
    subject: Option<String>,

    /// Samples of each
    #[arg(long, default_value_t = 51, value_parser = clap::value_parser!(u16).range(1..))]
    samples: u16,

    /// Writes benches/speed.csv, and draws benches/speed.svg
    #[arg(long, conflicts_with_all = ["path", "subject"])]
    save: bool,

    /// Runs one sample of so many rounds of the path of just this name, and measures nothing: for counting instructions
    #[arg(long)]
    rounds: Option<usize>,

    #[arg(long, hide = true)]
    bench: bool,
}

impl Options {
    fn choose(&self, path: &str, subject: &str) -> bool {
        self.path.as_ref().is_none_or(|start| path.starts_with(start))
            && self.subject.as_ref().is_none_or(|chosen| subject == chosen)
    }
}

fn paths() -> Vec<Path> {
    [
        of_one_thread::<Floor>(),
        of_one_thread::<Semaphore>(),
        of_one_thread::<ClosableSemaphore>(),
        of_one_thread::<tokio::sync::Semaphore>(),
        of_one_thread::<async_lock::Semaphore>(),
        of_one_thread::<asyncband::semaphore::Semaphore>(),
        of_one_thread::<maitake_sync::Semaphore>(),
        of_one_thread::<intrusive::Semaphore>(),
        of_one_thread::<Saa>(),
        of_one_thread::<unsync::Semaphore>(),
        of_one_thread::<unsync::ClosableSemaphore>(),
        of_one_thread::<intrusive::LocalSemaphore>(),
        of_threads::<Semaphore>(),
        of_threads::<tokio::sync::Semaphore>(),
        of_threads::<async_lock::Semaphore>(),
        of_threads::<asyncband::semaphore::Semaphore>(),
        of_threads::<maitake_sync::Semaphore>(),
        of_threads::<intrusive::Semaphore>(),
        of_threads::<Saa>(),
        bounded_reads(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::parse();
    let mut paths = paths();
    paths.retain(|path| options.choose(&path.name, path.subject));
    if let Some(rounds) = options.rounds {
        paths.retain(|path| options.path.as_ref() == Some(&path.name));
        for path in paths {
            (path.run)(rounds);
        }
        return Ok(());
    }
    let mut tails = [Tails::of::<Semaphore>(), Tails::of::<tokio::sync::Semaphore>()].concat();
    tails.retain(|tails| options.choose(&tails.path(), tails.subject));

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

/// Nanoseconds a round, of each.
fn medians(paths: &[Path], samples: u16) -> Vec<Row> {
    let mut taken = vec![Vec::new(); paths.len()];
    for turn in 0..samples {
        for (path, taken) in paths.iter().zip(&mut taken) {
            if turn % path.one_turn_in == 0 {
                taken.push((path.run)(path.rounds));
            }
        }
    }
    let median = |(path, mut taken): (&Path, Vec<Duration>)| {
        taken.sort_unstable();
        Row {
            path: path.name.clone(),
            subject: path.subject,
            nanoseconds: path.nanoseconds(taken[taken.len() / 2]),
        }
    };
    paths.iter().zip(taken).map(median).collect()
}
