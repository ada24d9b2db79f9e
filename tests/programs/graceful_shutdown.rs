//! The example `graceful_shutdown`, and clients that it does not know of.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use crate::programs::{Printed, Program, Running, summary};

static GRACEFUL_SHUTDOWN: Program = Program::example("graceful_shutdown");

/// Clients that come again until Ctrl-C, so that it is full and some wait whenever one looks.
fn run_full() -> Running {
    let mut command = GRACEFUL_SHUTDOWN.command();
    let full = ["--connections", "2", "--clients", "12", "--pause", "1", "--reconnect"];
    Running::start(command.args(full))
}

/// What the server and the clients have counted of this.
#[track_caller]
fn counted(printed: &Printed, name: &str) -> [u64; 2] {
    let words = summary(&printed.out, name).split_whitespace();
    let numbers: Vec<_> = words.map(|word| word.parse().unwrap()).collect();
    numbers.try_into().unwrap()
}

#[track_caller]
fn assert_greeted(stream: &mut TcpStream, greeting: &str) {
    let mut greeted = [0; 5];
    stream.read_exact(&mut greeted).unwrap();
    assert_eq!(greeted, format!("{greeting}\r\n").as_bytes());
}

#[test]
fn ctrl_c_refuses_those_who_wait_and_serves_the_others_to_their_end() {
    let mut running = run_full();
    running.line("full: 2 served");
    running.press_ctrl_c();
    running.line("closed");
    running.line("stopped, nothing in flight");

    let printed = running.end();
    assert_eq!((printed.status, &*printed.err), (0, ""), "{}", printed.out);
    let [accepted, finished, refused] =
        ["accepted", "finished", "refused"].map(|name| counted(&printed, name));
    assert!(finished[0] > 0 && refused[0] > 0, "{}", printed.out);
    assert_eq!(accepted[0], finished[0] + refused[0]);
    assert_eq!([accepted[0], finished[0], refused[0]], [accepted[1], finished[1], refused[1]]);
    let bytes = finished[0] * 8 * 4;
    assert_eq!(counted(&printed, "bytes"), [bytes, bytes]);
}

#[test]
fn ctrl_c_is_heeded_from_the_first_line_on() {
    let mut running = run_full();
    running.line("echo on ");
    running.press_ctrl_c();
    let printed = running.end();
    assert_eq!((printed.status, &*printed.err), (0, ""), "{}", printed.out);
}

#[test]
fn who_is_served_has_all_the_time_after_closing_and_who_comes_then_is_refused() {
    let mut running = run_full();
    let line = running.line("echo on ");
    let address = line["echo on ".len()..].split(';').next().unwrap();
    let mut served = TcpStream::connect(address).unwrap();
    assert_greeted(&mut served, "220");
    running.press_ctrl_c();
    running.line("closed");

    let mut late = TcpStream::connect(address).unwrap();
    assert_greeted(&mut late, "421");
    assert_eq!(late.read(&mut [0]).unwrap(), 0, "the server ends it");
    served.write_all(b"still").unwrap();
    let mut echo = [0; 5];
    served.read_exact(&mut echo).unwrap();
    assert_eq!(&echo, b"still");
    drop(served);

    // Its own clients have not counted these two.
    let printed = running.end();
    assert_eq!(printed.status, 1, "{}", printed.out);
    assert!(printed.err.contains("the sums do not match"), "{}", printed.err);
    for (name, strangers) in [("accepted", 2), ("finished", 1), ("refused", 1), ("bytes", 5)] {
        let [server, clients] = counted(&printed, name);
        assert_eq!(server, clients + strangers, "{}", printed.out);
    }
}

#[test]
fn without_ctrl_c_all_are_served() {
    let load = ["--clients", "20", "--connections", "3", "--rounds", "2", "--pause", "10"];
    let printed = GRACEFUL_SHUTDOWN.run(&load);
    assert_eq!((printed.status, &*printed.err), (0, ""), "{}", printed.out);
    let expected = [("accepted", 20), ("finished", 20), ("refused", 0), ("bytes", 160)];
    for (name, count) in expected {
        assert_eq!(counted(&printed, name), [count, count], "{}", printed.out);
    }
    assert!(printed.out.contains("stopped, nothing in flight\n"), "{}", printed.out);
}

#[test]
fn what_fails_is_named_and_ends_it() {
    let mut command = GRACEFUL_SHUTDOWN.command_after("ulimit -n 30");
    let printed: Printed = command.args(["--clients", "60"]).output().unwrap().into();
    assert_eq!(printed.status, 1, "{}", printed.out);
    assert!(printed.err.contains("Too many open files"), "{}", printed.err);
}

#[test]
fn wrong_usage_has_a_status_of_its_own() {
    GRACEFUL_SHUTDOWN.assert_refuses(&[
        &["--connections", "0"],
        &["--clients", "0"],
        &["--clients", "4097"],
        &["--rounds", "0"],
        &["--pause", "-1"],
        &["--pause", "long"],
        &["once"],
    ]);
}
