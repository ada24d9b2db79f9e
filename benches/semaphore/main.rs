//! Ours beside the peers: samples of all alternate within one run, and what is shown are medians.

mod paths;
mod subjects;

use std::time::Duration;

use clap::Parser;
use compio_sync::{ClosableSemaphore, Semaphore, unsync};
use futures_intrusive::sync as intrusive;

use self::{
    paths::{Path, of_one_thread, of_threads},
    subjects::{Floor, Saa},
};

/// Times each path through each semaphore, and prints nanoseconds a round: medians of alternating samples.
#[derive(Parser)]
struct Options {
    /// Only this path
    path: Option<String>,

    /// Only this semaphore
    #[arg(long)]
    subject: Option<String>,

    /// Samples of each
    #[arg(long, default_value_t = 51, value_parser = clap::value_parser!(u16).range(1..))]
    samples: u16,

    /// Runs one sample of so many rounds, and times nothing: for counting instructions
    #[arg(long)]
    rounds: Option<usize>,

    #[arg(long, hide = true)]
    bench: bool,
}

fn all() -> Vec<Path> {
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
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn main() {
    let options = Options::parse();
    let chosen = |name: &str, by: &Option<String>| by.as_ref().is_none_or(|by| name == by);
    let mut paths = all();
    paths
        .retain(|path| chosen(&path.name, &options.path) && chosen(path.subject, &options.subject));
    match options.rounds {
        Some(rounds) => {
            for path in &paths {
                (path.run)(rounds);
            }
        }
        None => print(&paths, &medians(&paths, options.samples)),
    }
}

/// Nanoseconds a round, of each.
fn medians(paths: &[Path], samples: u16) -> Vec<f64> {
    let mut taken = vec![Vec::new(); paths.len()];
    for _ in 0..samples {
        for (path, taken) in paths.iter().zip(&mut taken) {
            taken.push((path.run)(path.rounds));
        }
    }
    let median = |(path, mut taken): (&Path, Vec<Duration>)| {
        taken.sort_unstable();
        taken[taken.len() / 2].as_nanos() as f64 / path.rounds as f64
    };
    paths.iter().zip(taken).map(median).collect()
}

/// A line for each semaphore under each path, with how many times slower it is than ours.
fn print(paths: &[Path], medians: &[f64]) {
    let mut names: Vec<_> = paths.iter().map(|path| &path.name).collect();
    names.dedup();
    let mut shown = Vec::new();
    for name in names {
        if shown.contains(&name) {
            continue;
        }
        shown.push(name);
        println!("{name}");
        let of_path: Vec<_> =
            paths.iter().zip(medians).filter(|(path, _)| path.name == *name).collect();
        let ours =
            of_path.iter().find(|(path, _)| path.subject == "compio-sync").map(|(_, ours)| **ours);
        for (path, median) in of_path {
            let ratio = ours.map_or(String::new(), |ours| format!("{:>8.2}", median / ours));
            println!("    {:<27} {median:>10.2} ns{ratio}", path.subject);
        }
    }
}
