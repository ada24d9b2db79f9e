//! Tests of the example `adaptive_limit`.

use std::{
    fs,
    io::{BufRead, BufReader},
    process::{Command, Stdio},
};

use tempfile::tempdir;

use crate::programs::{Program, summary};

static ADAPTIVE_LIMIT: Program = Program::example("adaptive_limit");

/// Returns the numbers of each status line: limit, in use, waiters, debt and reads per second.
fn status_lines(out: &str) -> Vec<[u64; 5]> {
    let lines = out.lines().filter(|line| line.ends_with('#'));
    let numbers = |line: &str| {
        let words = line.split_whitespace().take(5).map(|word| word.parse().unwrap());
        words.collect::<Vec<_>>().try_into().unwrap()
    };
    lines.map(numbers).collect()
}

/// Runs the program until a status line has an expected limit, then presses Ctrl-C. Returns the
/// output.
#[track_caller]
fn run_until(command: &mut Command, is_expected: impl Fn(u64) -> bool) -> String {
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let (mut out, mut pressed) = (String::new(), false);
    for line in BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap) {
        if !pressed && status_lines(&line).iter().any(|numbers| is_expected(numbers[0])) {
            let kill = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
            pressed = kill.is_ok_and(|status| status.success());
        }
        out += &format!("{line}\n");
    }
    assert_eq!(child.wait().unwrap().code(), Some(0), "{out}");
    assert!(pressed, "{out}");
    out
}

/// Returns the number at the start of the text.
fn number(text: &str) -> u64 {
    text.split(|char: char| !char.is_ascii_digit()).next().unwrap().parse().unwrap()
}

#[track_caller]
fn assert_all_released(out: &str) {
    let end = summary(out, "at the end");
    assert!(end.contains("in_use: 0, debt: 0, waiters: 0"), "{end}");
}

#[test]
fn prints_one_line_per_second_and_matching_totals() {
    let folder = tempdir().unwrap();
    for file in ["one", "other"] {
        fs::write(folder.path().join(file), [1; 8192]).unwrap();
    }
    fs::write(folder.path().join("empty"), []).unwrap();
    let path = folder.path().to_str().unwrap();
    let printed =
        ADAPTIVE_LIMIT.run(&[path, "--seconds", "2", "--read-size", "4096", "--tasks", "300"]);
    assert_eq!((printed.status, &*printed.err), (0, ""));
    let out = &*printed.out;
    assert!(out.starts_with("limit  in use  waiters  debt   reads/s\n"), "{out}");
    let lines = status_lines(out);
    assert!((1..=2).contains(&lines.len()), "{out}");
    for [limit, in_use, waiters, debt, _] in &lines {
        assert!(*in_use <= limit + debt && waiters + in_use <= 300, "{out}");
    }
    let reads = number(summary(out, "reads   "));
    // There is one line per second, so the sum of the rates is the number of reads up to the last
    // line.
    let in_lines: u64 = lines.iter().map(|numbers| numbers[4]).sum();
    assert!(0 < in_lines && in_lines <= reads, "{out}");
    assert_eq!(number(summary(out, "bytes")), reads * 4096);
    assert_all_released(out);
}

#[test]
fn slow_reads_lower_limit_to_minimum() {
    let arguments = ["--seconds", "60", "--start", "150", "--min", "3", "--target-latency", "0"];
    let out = run_until(ADAPTIVE_LIMIT.command().args(arguments), |limit| limit == 3);
    assert_eq!(summary(&out, "limit   "), "3 to 150, 3 at the end");
    assert_all_released(&out);
}

#[test]
fn fast_reads_raise_limit_to_maximum() {
    let arguments = ["--seconds", "60", "--start", "5", "--max", "9"];
    let an_hour = ["--target-latency", "3600000000"];
    let mut command = ADAPTIVE_LIMIT.command();
    let out = run_until(command.args(arguments).args(an_hour), |limit| limit == 9);
    assert_eq!(summary(&out, "limit   "), "5 to 9, 9 at the end");
    assert_all_released(&out);
}

#[test]
fn ctrl_c_prints_summary_and_removes_sample() {
    let temporary = tempdir().unwrap();
    let mut command = ADAPTIVE_LIMIT.command();
    command.args(["--seconds", "0"]).env("TMPDIR", temporary.path());
    let out = run_until(&mut command, |_| true);
    assert!(number(summary(&out, "reads   ")) > 0);
    assert_all_released(&out);
    assert_eq!(fs::read_dir(temporary.path()).unwrap().count(), 0);
}

#[test]
fn unreadable_paths_are_named() {
    let printed = ADAPTIVE_LIMIT.run(&["missing"]);
    assert_eq!((printed.status, &*printed.out), (1, ""));
    assert!(printed.err.contains("missing: No such file"), "{}", printed.err);
    let empty = tempdir().unwrap();
    let printed = ADAPTIVE_LIMIT.run(&[empty.path().to_str().unwrap()]);
    assert_eq!((printed.status, &*printed.out), (1, ""));
    let named = format!("{}: no files to read", empty.path().display());
    assert!(printed.err.contains(&named), "{}", printed.err);
}

#[test]
fn invalid_arguments_exit_with_usage_error() {
    ADAPTIVE_LIMIT.assert_rejects(&[
        &["--min", "9", "--max", "3"],
        &["--start", "3"],
        &["--tasks", "0"],
        &["--read-size", "0"],
        &["--seconds", "soon"],
    ]);
}
