//! Tests of the example `static_service`.

use crate::programs::Program;

static STATIC_SERVICE: Program = Program::example("static_service");

#[test]
fn all_messages_are_sent_within_limits_and_without_allocation() {
    let printed = STATIC_SERVICE.run(&["--rounds", "1000"]);
    assert_eq!((printed.status, &*printed.err), (0, ""), "{}", printed.out);
    for device in ["button", "thermometer", "microphone", "camera"] {
        let line = format!("{device:<11}  1000 of 1000 sent\n");
        assert!(printed.out.contains(&line), "{}", printed.out);
    }
    // One thread polls all tasks in a fixed order, so the peaks are the same in every run.
    for line in ["peak radio   2 of 2\n", "peak blocks  8 of 8\n"] {
        assert!(printed.out.contains(line), "{}", printed.out);
    }
    assert!(printed.out.ends_with("\nallocations after start: 0\n"), "{}", printed.out);
}

#[test]
fn invalid_arguments_exit_with_usage_error() {
    STATIC_SERVICE.assert_rejects(&[
        &["--rounds", "0"],
        &["--rounds", "4294967296"],
        &["--tasks", "5"],
        &["now"],
    ]);
}
