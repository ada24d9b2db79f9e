//! The example `adaptive_limit`.

use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
};

use crate::programs::{Printed, Program};

static ADAPTIVE_LIMIT: Program = Program::example("adaptive_limit");

fn run(arguments: &[&str]) -> Printed {
    ADAPTIVE_LIMIT.command().args(arguments).output().unwrap().into()
}

/// The limit in the first column of the last line that was drawn.
fn last_limit(printed: &Printed) -> &str {
    let mut drawn = printed.out.lines().rev().filter(|line| line.ends_with('#'));
    drawn.next().expect("a line a second").split_whitespace().next().unwrap()
}

#[test]
fn reads_that_are_always_too_slow_bring_the_limit_down_to_the_lowest() {
    let printed = run(&["--seconds", "2", "--target-latency", "0", "--min", "3"]);
    assert_eq!((printed.status, &*printed.err), (0, ""));
    assert_eq!(last_limit(&printed), "3");
    assert!(printed.out.contains("limit       3 to"), "{}", printed.out);
    assert!(printed.out.contains("max_permits: 3, available_permits: 3, in_use: 0, debt: 0"));
}

#[test]
fn reads_that_are_never_too_slow_leave_the_limit_at_the_highest() {
    let printed =
        run(&["--seconds", "1", "--target-latency", "60000000", "--max", "9", "--tasks", "20"]);
    assert_eq!((printed.status, &*printed.err), (0, ""));
    assert_eq!(last_limit(&printed), "9");
}

#[test]
fn ctrl_c_ends_it_with_a_summary() {
    let mut command = ADAPTIVE_LIMIT.command();
    let mut child = command.args(["--seconds", "0"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.next().unwrap().contains("waiters"), "a header first");
    assert!(lines.next().unwrap().ends_with('#'), "then a line each second");
    let interrupt = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(interrupt.unwrap().success());
    let rest: Vec<_> = lines.collect();
    assert!(child.wait().unwrap().success());
    assert!(rest.iter().any(|line| line.starts_with("reads ")), "{rest:?}");
    assert!(rest.last().unwrap().contains("in_use: 0, debt: 0, waiters: 0"), "{rest:?}");
}

#[test]
fn what_it_cannot_read_is_named() {
    let printed = run(&["not-there"]);
    assert_eq!(printed.status, 1);
    assert!(printed.err.contains("not-there: No such file"), "{}", printed.err);
    let empty = tempfile::tempdir().unwrap();
    let printed = run(&[empty.path().to_str().unwrap()]);
    assert_eq!(printed.status, 1);
    assert!(printed.err.contains("no files to read"), "{}", printed.err);
}

#[test]
fn wrong_usage_has_a_status_of_its_own() {
    for wrong in [&["--min", "9", "--max", "3"][..], &["--tasks", "0"], &["--seconds", "soon"]] {
        assert_eq!(run(wrong).status, 2, "{wrong:?}");
    }
}
