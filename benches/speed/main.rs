//! Compares compio-sync with its peers. Samples of all subjects alternate, and the medians are
//! reported.

mod chart;
mod report;
#[path = "../suite/mod.rs"]
#[allow(dead_code, reason = "this benchmark does not measure sizes")]
mod suite;

use std::{error::Error, path::Path as FilePath, time::Duration};

use clap::Parser;

use self::{
    report::{Report, Row},
    suite::{Path, Suite, Tails},
};

/// Measures each path through compio-sync and its peers, and compares the times with those of
/// compio-sync.
///
/// Times are nanoseconds per round: medians of samples that alternate between the subjects.
#[derive(Parser)]
struct Options {
    /// Measure only paths whose names start with this prefix
    path: Option<String>,

    /// Measure only the subject with this name: a flavour of compio-sync, or a peer
    #[arg(long)]
    subject: Option<String>,

    /// Number of samples per path and subject
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

fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::parse();
    let Suite { mut paths, mut tails, charted, .. } = Suite::of_all_primitives();
    paths.retain(|path| options.is_selected(&path.name, path.subject));
    if let Some(rounds) = options.rounds {
        paths.retain(|path| options.path.as_ref() == Some(&path.name));
        for path in paths {
            (path.run)(rounds);
        }
        return Ok(());
    }
    tails.retain(|tails| options.is_selected(&tails.name, tails.subject));

    let mut rows = medians(&paths, options.samples);
    (0..options.samples).for_each(|_| tails.iter_mut().for_each(Tails::sample));
    rows.extend(tails.iter().flat_map(quantiles));
    let report = Report(rows);
    report.print();
    if options.save {
        report.save(&charted, &FilePath::new(env!("CARGO_MANIFEST_DIR")).join("benches"))?;
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

fn quantiles(tails: &Tails) -> impl Iterator<Item = Row> {
    let row = |(path, wait)| Row { path, subject: tails.subject, nanoseconds: wait as f64 };
    tails.quantiles().into_iter().map(row)
}
