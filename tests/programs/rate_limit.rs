//! Tests of the example `rate_limit`. None of them depends on the accuracy of its timer.

use crate::programs::{Printed, Program, summary};

static RATE_LIMIT: Program = Program::example("rate_limit");

/// Returns the numbers on a line of the summary.
#[track_caller]
fn numbers<const N: usize>(printed: &Printed, label: &str) -> [f64; N] {
    let words =
        summary(&printed.out, label).split(|char: char| char.is_whitespace() || char == ',');
    words.filter_map(|word| word.parse().ok()).collect::<Vec<_>>().try_into().unwrap()
}

/// Asserts that each earned token was spent, left or lost, within the rounding of the output.
#[track_caller]
fn assert_tokens_add_up(printed: &Printed, rate: f64) {
    let [spent, left, lost] = numbers(printed, "tokens");
    let [seconds, _] = numbers(printed, "seconds");
    let rounding = 2.0 + rate / 1_000.0;
    assert!((spent + left + lost - rate * seconds).abs() <= rounding, "{}", printed.out);
}

#[test]
fn requests_never_exceed_rate_and_burst() {
    for [rate, burst] in [[1_000.0, 50.0], [100_000.0, 3.0], [20.0, 1.0]] {
        let [rate_argument, burst_argument] = [rate, burst].map(|number: f64| number.to_string());
        let options = ["--rate", &rate_argument, "--burst", &burst_argument, "--seconds", "1"];
        let printed = RATE_LIMIT.run(&options);
        assert_eq!((printed.status, &*printed.err), (0, ""), "{}", printed.out);
        let [spent, ..] = numbers::<3>(&printed, "tokens");
        let [seconds, _] = numbers(&printed, "seconds");
        assert!(spent <= burst + rate * (seconds + 0.001), "{}", printed.out);
        for name in ["burst", "level"] {
            let [peak, limit] = numbers(&printed, name);
            assert!(peak <= limit && limit == burst, "{}", printed.out);
        }
        assert_tokens_add_up(&printed, rate);
    }
}

#[test]
fn late_timer_loses_no_tokens_if_bucket_has_room() {
    let printed = RATE_LIMIT.run(&["--rate", "5000", "--burst", "1000000", "--seconds", "2"]);
    assert_eq!((printed.status, &*printed.err), (0, ""), "{}", printed.out);
    let [_, _, lost] = numbers(&printed, "tokens");
    assert_eq!(lost, 0.0, "{}", printed.out);
    assert_tokens_add_up(&printed, 5_000.0);
}

#[test]
fn burst_is_immediate_after_idle_time() {
    let bucket = ["--rate", "100", "--burst", "20"];
    let work = ["--workers", "3", "--idle", "1", "--seconds", "4"];
    let printed = RATE_LIMIT.run(&[&bucket[..], &work].concat());
    assert_eq!((printed.status, &*printed.err), (0, ""), "{}", printed.out);
    assert!(
        printed.out.starts_with(&"▁".repeat(10)) && printed.out.contains('█'),
        "{}",
        printed.out
    );
    for name in ["burst", "level"] {
        assert_eq!(numbers(&printed, name), [20.0, 20.0], "{}", printed.out);
    }
    let [spent, ..] = numbers::<3>(&printed, "tokens");
    let [_, seconds] = numbers(&printed, "seconds");
    assert!(spent <= 20.0 + 100.0 * (seconds + 0.001), "{}", printed.out);
    assert_tokens_add_up(&printed, 100.0);
}

#[test]
fn invalid_arguments_exit_with_usage_error() {
    RATE_LIMIT.assert_rejects(&[
        &["--rate", "0"],
        &["--rate", "100001"],
        &["--rate", "fast"],
        &["--burst", "0"],
        &["--burst", "1000001"],
        &["--workers", "0"],
        &["--workers", "65536"],
        &["--seconds", "0"],
        &["--seconds", "4294967296"],
        &["--idle", "10"],
        &["--seconds", "1", "--idle", "1"],
        &["now"],
    ]);
}
