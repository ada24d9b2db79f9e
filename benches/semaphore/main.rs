//! Ours beside the peers: samples of all alternate within one run, and what is shown are medians.

mod paths;
mod subjects;

use std::{collections::BTreeMap, time::Duration};

use clap::Parser;

use self::{
    paths::{Path, paths},
    subjects::Subject,
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
    #[arg(long, default_value_t = 101, value_parser = clap::value_parser!(u16).range(1..))]
    samples: u16,

    /// Runs one sample of so many rounds, and times nothing: for counting instructions
    #[arg(long)]
    rounds: Option<usize>,

    #[arg(long, hide = true)]
    bench: bool,
}

/// One path through one semaphore.
struct Case {
    path: &'static str,
    subject: &'static str,
    rounds: usize,
    run: Box<dyn Fn(usize) -> Duration>,
}

fn cases_of<S: Subject + 'static>() -> impl Iterator<Item = Case> {
    paths::<S>().into_iter().map(|Path { name, run, rounds }| Case {
        path: name,
        subject: S::NAME,
        rounds,
        run: Box::new(move |rounds| run(&S::new(0), rounds)),
    })
}

fn main() {
    let options = Options::parse();
    let chosen = |name: &str, by: &Option<String>| by.as_ref().is_none_or(|by| name == by);
    let cases: Vec<Case> = cases_of::<compio_sync::Semaphore>()
        .chain(cases_of::<compio_sync::ClosableSemaphore>())
        .chain(cases_of::<compio_sync::unsync::Semaphore>())
        .chain(cases_of::<compio_sync::unsync::ClosableSemaphore>())
        .chain(cases_of::<futures_intrusive::sync::LocalSemaphore>())
        .filter(|case| chosen(case.path, &options.path) && chosen(case.subject, &options.subject))
        .collect();
    if let Some(rounds) = options.rounds {
        for case in &cases {
            (case.run)(rounds);
        }
        return;
    }

    let mut samples = vec![Vec::new(); cases.len()];
    for _ in 0..options.samples {
        for (case, samples) in cases.iter().zip(&mut samples) {
            samples.push((case.run)(case.rounds));
        }
    }

    let mut table: BTreeMap<&str, BTreeMap<&str, f64>> = BTreeMap::new();
    for (case, samples) in cases.iter().zip(&mut samples) {
        samples.sort_unstable();
        let median = samples[samples.len() / 2].as_nanos() as f64 / case.rounds as f64;
        table.entry(case.path).or_default().insert(case.subject, median);
    }
    for (path, medians) in table {
        println!("{path}");
        for (subject, median) in medians {
            println!("    {subject:<27} {median:>9.2} ns");
        }
    }
}
