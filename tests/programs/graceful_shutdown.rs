//! Tests of the example `graceful_shutdown`, some of them with additional clients.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use crate::programs::{Printed, Program, Running, summary};

static GRACEFUL_SHUTDOWN: Program = Program::example("graceful_shutdown");

/// Starts a server whose clients reconnect until Ctrl-C, so that connections always wait.
///
/// The clients pause for long enough that the server mostly waits for I/O. compio's signal handler
/// runs on the thread of the server, and is not safe to run in the middle of its executor.
fn start_full() -> Running {
    let mut command = GRACEFUL_SHUTDOWN.command();
    let full = ["--connections", "2", "--clients", "12", "--pause", "20", "--reconnect"];
    Running::start(command.args(full))
}

/// Returns the counts of the server and of the clients.
#[track_caller]
fn counts(printed: &Printed, label: &str) -> [u64; 2] {
    let words = summary(&printed.out, label).split_whitespace();
    let numbers: Vec<_> = words.map(|word| word.parse().unwrap()).collect();
    numbers.try_into().unwrap()
}

#[track_caller]
fn assert_greeted(stream: &mut TcpStream, greeting: &str) {
    let mut received = [0; 5];
    stream.read_exact(&mut received).unwrap();
    assert_eq!(received, format!("{greeting}\r\n").as_bytes());
}

#[test]
fn ctrl_c_refuses_waiting_connections_and_completes_others() {
    let mut running = start_full();
    running.line("full: 2 served");
    running.press_ctrl_c();
    running.line("closed");
    running.line("stopped, nothing in flight");

    let printed = running.end();
    assert_eq!((printed.status, &*printed.err), (0, ""), "{}", printed.out);
    let [accepted, finished, refused] =
        ["accepted", "finished", "refused"].map(|name| counts(&printed, name));
    assert!(finished[0] > 0 && refused[0] > 0, "{}", printed.out);
    assert_eq!(accepted[0], finished[0] + refused[0]);
    assert_eq!([accepted[0], finished[0], refused[0]], [accepted[1], finished[1], refused[1]]);
    let bytes = finished[0] * 8 * 4;
    assert_eq!(counts(&printed, "bytes"), [bytes, bytes]);
}

#[test]
fn ctrl_c_stops_server_from_first_line_on() {
    let mut running = start_full();
    running.line("listening on ");
    running.press_ctrl_c();
    let printed = running.end();
    assert_eq!((printed.status, &*printed.err), (0, ""), "{}", printed.out);
}

#[test]
fn close_keeps_served_connection_and_refuses_late_one() {
    let mut running = start_full();
    let line = running.line("listening on ");
    let address = line["listening on ".len()..].split(';').next().unwrap();
    let mut served = TcpStream::connect(address).unwrap();
    assert_greeted(&mut served, "220");
    running.press_ctrl_c();
    running.line("closed");

    let mut late = TcpStream::connect(address).unwrap();
    assert_greeted(&mut late, "421");
    assert_eq!(late.read(&mut [0]).unwrap(), 0, "the server closes the refused connection");
    served.write_all(b"still").unwrap();
    let mut echo = [0; 5];
    served.read_exact(&mut echo).unwrap();
    assert_eq!(&echo, b"still");
    drop(served);

    // The two connections of this test are missing in the counts of the example's own clients.
    let printed = running.end();
    assert_eq!(printed.status, 1, "{}", printed.out);
    assert!(printed.err.contains("the counts do not match"), "{}", printed.err);
    for (label, additional) in [("accepted", 2), ("finished", 1), ("refused", 1), ("bytes", 5)] {
        let [server, clients] = counts(&printed, label);
        assert_eq!(server, clients + additional, "{}", printed.out);
    }
}

#[test]
fn all_clients_are_served_without_ctrl_c() {
    let load = ["--clients", "20", "--connections", "3", "--rounds", "2", "--pause", "10"];
    let printed = GRACEFUL_SHUTDOWN.run(&load);
    assert_eq!((printed.status, &*printed.err), (0, ""), "{}", printed.out);
    let expected = [("accepted", 20), ("finished", 20), ("refused", 0), ("bytes", 160)];
    for (name, count) in expected {
        assert_eq!(counts(&printed, name), [count, count], "{}", printed.out);
    }
    assert!(printed.out.contains("stopped, nothing in flight\n"), "{}", printed.out);
}

#[test]
fn error_is_named_and_stops_server() {
    let mut command = GRACEFUL_SHUTDOWN.command_with_setup("ulimit -n 30");
    let printed: Printed = command.args(["--clients", "60"]).output().unwrap().into();
    assert_eq!(printed.status, 1, "{}", printed.out);
    assert!(printed.err.contains("Too many open files"), "{}", printed.err);
}

#[test]
fn invalid_arguments_exit_with_usage_error() {
    GRACEFUL_SHUTDOWN.assert_rejects(&[
        &["--connections", "0"],
        &["--clients", "0"],
        &["--clients", "4097"],
        &["--rounds", "0"],
        &["--pause", "-1"],
        &["--pause", "long"],
        &["once"],
    ]);
}
