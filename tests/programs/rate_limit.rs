//! The example `rate_limit`. How late its timer is differs from run to run, so nothing here depends on it.

use crate::programs::{Printed, Program, summary};

static RATE_LIMIT: Program = Program::example("rate_limit");

/// The numbers of a line of the summary.
#[track_caller]
fn numbers<const N: usize>(printed: &Printed, name: &str) -> [f64; N] {
    let words = summary(&printed.out, name).split(|char: char| char.is_whitespace() || char == ',');
    words.filter_map(|word| word.parse().ok()).collect::<Vec<_>>().try_into().unwrap()
}

/// What is printed is rounded.
#[track_caller]
fn assert_adds_up(printed: &Printed, rate: f64) {
    let [spent, left, lost] = numbers(printed, "tokens");
    let [seconds, _] = numbers(printed, "seconds");
    let rounded = 2.0 + rate / 1_000.0;
    assert!((spent + left + lost - rate * seconds).abs() <= rounded, "{}", printed.out);
}

#[test]
fn there_is_never_more_than_the_rate_and_a_burst() {
    for [rate, burst] in [[1_000.0, 50.0], [100_000.0, 3.0], [20.0, 1.0]] {
        let [rate_argument, burst_argument] = [rate, burst].map(|number: f64| number.to_string());
        let options = ["--rate", &rate_argument, "--burst", &burst_argument, "--seconds", "1"];
        let printed = RATE_LIMIT.run(&options);
        assert_eq!((printed.status, &*printed.err), (0, ""), "{}", printed.out);
        let [spent, ..] = numbers::<3>(&printed, "tokens");
        let [seconds, _] = numbers(&printed, "seconds");
        assert!(spent <= burst + rate * (seconds + 0.001), "{}", printed.out);
        for name in ["burst", "level"] {
            let [most, limit] = numbers(&printed, name);
            assert!(most <= limit && limit == burst, "{}", printed.out);
        }
        assert_adds_up(&printed, rate);
    }
}

#[test]
fn with_room_in_the_bucket_nothing_is_lost_however_late_the_timer_is() {
    let printed = RATE_LIMIT.run(&["--rate", "5000", "--burst", "1000000", "--seconds", "2"]);
    assert_eq!((printed.status, &*printed.err), (0, ""), "{}", printed.out);
    let [_, _, lost] = numbers(&printed, "tokens");
    assert_eq!(lost, 0.0, "{}", printed.out);
    assert_adds_up(&printed, 5_000.0);
}

#[test]
fn after_a_rest_a_burst_goes_at_once() {
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
    assert_adds_up(&printed, 100.0);
}

#[test]
fn wrong_usage_has_a_status_of_its_own() {
    RATE_LIMIT.assert_refuses(&[
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
