//! Tests of the example `proxy`, with its own clients and with clients and an upstream of the test.

use std::{
    io::{ErrorKind, Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    thread,
};

use crate::programs::{Printed, Program, Running, summary};

static PROXY: Program = Program::example("proxy");

/// Returns the number at the start of the text.
#[track_caller]
fn number(text: &str) -> u64 {
    text.split(|char: char| !char.is_ascii_digit()).next().unwrap().parse().unwrap()
}

#[track_caller]
fn assert_peak_is_within(printed: &Printed, name: &str, limit: u64) {
    let peak = summary(&printed.out, &format!("peak {name}"));
    assert!((1..=limit).contains(&number(peak)), "{}", printed.out);
    assert!(peak.ends_with(&format!(" of {limit}")), "{}", printed.out);
}

/// A running proxy in front of an upstream of the test.
struct Proxied {
    running: Running,
    proxy: SocketAddr,
    upstream: TcpListener,
}

impl Proxied {
    fn start(arguments: &[&str]) -> Self {
        let upstream = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = upstream.local_addr().unwrap().to_string();
        let mut command = PROXY.command();
        let mut running = Running::start(command.args(["--upstream", &address]).args(arguments));
        let proxy = running.address();
        Self { running, proxy, upstream }
    }

    /// Connects a client and sends the byte. Neither waits for a permit.
    fn connect(&self, byte: u8) -> TcpStream {
        let mut client = TcpStream::connect(self.proxy).unwrap();
        client.write_all(&[byte]).unwrap();
        client
    }

    /// Accepts the upstream's end of the connection whose client has sent the byte.
    #[track_caller]
    fn accept(&self, byte: u8) -> TcpStream {
        let (mut upstream, _) = self.upstream.accept().unwrap();
        assert_received(&mut upstream, byte);
        upstream
    }

    /// Asserts that no other connection reaches the upstream while the proxy forwards 100 round
    /// trips.
    #[track_caller]
    fn assert_others_wait(&self, client: &mut TcpStream, upstream: &mut TcpStream) {
        for byte in 0..100 {
            client.write_all(&[byte]).unwrap();
            assert_received(upstream, byte);
            upstream.write_all(&[byte]).unwrap();
            assert_received(client, byte);
        }
        self.upstream.set_nonblocking(true).unwrap();
        assert_eq!(self.upstream.accept().unwrap_err().kind(), ErrorKind::WouldBlock);
        self.upstream.set_nonblocking(false).unwrap();
    }

    fn end(self) -> Printed {
        self.running.press_ctrl_c();
        self.running.end()
    }
}

/// Returns the number of open connections, which the proxy prints in response to an empty line.
#[track_caller]
fn open_connections(running: &mut Running, limit: u64) -> u64 {
    running.type_line("");
    let line = running.line("connections ");
    assert!(line.contains(&format!(" of {limit}, bytes up ")), "{line}");
    number(&line["connections ".len()..])
}

#[track_caller]
fn assert_received(stream: &mut TcpStream, byte: u8) {
    let mut received = [0];
    stream.read_exact(&mut received).unwrap();
    assert_eq!(received, [byte]);
}

fn read_all(stream: &mut TcpStream) -> Vec<u8> {
    let mut read = Vec::new();
    stream.read_to_end(&mut read).unwrap();
    read
}

fn random(length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    fastrand::fill(&mut bytes);
    bytes
}

#[test]
fn all_requests_complete_and_peaks_stay_within_limits() {
    let limits = ["--connections", "3", "--bytes", "9000", "--buffer", "4096"];
    let load = ["--clients", "8", "--requests", "5", "--request-size", "10000", "--seconds", "1"];
    let printed = PROXY.run(&[&limits[..], &load, &["--timeout", "60000"]].concat());
    assert_eq!((printed.status, &*printed.err), (0, ""), "{}", printed.out);

    let requests = summary(&printed.out, "requests");
    assert!(requests.ends_with(" completed"), "{}", printed.out);
    let connections = summary(&printed.out, "connections");
    assert!(connections.ends_with(", 0 failed"), "{}", printed.out);
    let (requests, connections) = (number(requests), number(connections));
    assert!(8 <= connections && connections <= requests && requests <= connections * 5);
    for name in ["bytes up", "bytes down"] {
        assert_eq!(number(summary(&printed.out, name)), requests * 10_000, "{}", printed.out);
        assert_peak_is_within(&printed, name, 9000);
    }
    assert_peak_is_within(&printed, "connections", 3);
    for name in ["first requests", "later requests"] {
        assert!(summary(&printed.out, name).starts_with("p50 "), "{}", printed.out);
    }
}

#[test]
fn changed_limits_take_effect() {
    let limits = ["--connections", "8", "--bytes", "8000", "--buffer", "1000"];
    let load = ["--clients", "16", "--requests", "2", "--request-size", "1000", "--seconds", "0"];
    let mut command = PROXY.command();
    command.args(limits).args(load).args(["--timeout", "60000"]);
    let mut running = Running::start(&mut command);
    running.line("listening on ");
    while open_connections(&mut running, 8) <= 2 {}
    running.type_line("connections 2");
    assert_eq!(running.line("connections limit"), "connections limit 2, was 8");
    // Open connections stay open. Once they are closed, there are never more than two.
    while open_connections(&mut running, 2) > 2 {}
    for _ in 0..100 {
        assert!(open_connections(&mut running, 2) <= 2);
    }
    running.type_line("bytes 1000");
    let both = "bytes up limit 1000, was 8000; bytes down limit 1000, was 8000";
    assert_eq!(running.line("bytes up limit"), both);
    running.type_line(" 9 ");
    assert_eq!(running.line("connections limit"), "connections limit 9, was 2");
    running.press_ctrl_c();

    let printed = running.end();
    assert_eq!((printed.status, &*printed.err), (0, ""), "{}", printed.out);
    assert_peak_is_within(&printed, "connections", 9);
    assert_peak_is_within(&printed, "bytes up", 8000);
    assert_peak_is_within(&printed, "bytes down", 8000);
}

#[test]
fn invalid_line_prints_error_and_changes_nothing() {
    let mut proxied = Proxied::start(&["--buffer", "4096", "--bytes", "8192"]);
    let too_many = usize::MAX.to_string();
    let invalid = [
        ("0", "expected a number from 1 to "),
        ("-1", "expected a number from 1 to "),
        ("connections many", "expected a number from 1 to "),
        (&format!("connections {too_many}"), "expected a number from 1 to "),
        ("bytes 99999999999999999999999", "expected a number from 1 to "),
        ("bytes 4095", "less than the 4096 bytes of a buffer"),
        ("files 3", "expected 'connections NUMBER' or 'bytes NUMBER'"),
        ("connections 3 4", "expected 'connections NUMBER' or 'bytes NUMBER'"),
    ];
    for (line, _) in invalid {
        proxied.running.type_line(line);
    }
    proxied.running.type_line("");
    let unchanged = "connections 0 of 16, bytes up 0 of 8192, bytes down 0 of 8192";
    assert_eq!(proxied.running.line("connections "), unchanged);
    proxied.running.end_input();
    let client = proxied.connect(1);
    drop((proxied.accept(1), client));

    let printed = proxied.end();
    assert_eq!(printed.status, 0, "{}", printed.err);
    for (line, error) in invalid {
        let message = format!("proxy: '{line}': {error}");
        assert!(printed.err.contains(&message), "{message} in {}", printed.err);
    }
}

#[test]
fn bytes_are_forwarded_unchanged_and_client_that_shut_down_receives_rest() {
    let proxied = Proxied::start(&["--buffer", "1000", "--bytes", "1000"]);
    let (request, response) = (random(3_000_000), random(2_000_000));
    let mut client = TcpStream::connect(proxied.proxy).unwrap();
    let (mut upstream, _) = proxied.upstream.accept().unwrap();
    thread::scope(|scope| {
        scope.spawn(|| {
            client.write_all(&request).unwrap();
            client.shutdown(Shutdown::Write).unwrap();
            assert!(read_all(&mut client) == response);
        });
        assert!(read_all(&mut upstream) == request);
        upstream.write_all(&response).unwrap();
        upstream.shutdown(Shutdown::Write).unwrap();
    });

    let printed = proxied.end();
    assert_eq!((printed.status, &*printed.err), (0, ""), "{}", printed.out);
    assert_eq!(summary(&printed.out, "bytes up"), "3000000");
    assert_eq!(summary(&printed.out, "bytes down"), "2000000");
    assert_eq!(summary(&printed.out, "peak bytes up"), "1000 of 1000");
    assert_eq!(summary(&printed.out, "peak bytes down"), "1000 of 1000");
}

#[test]
fn upstream_that_shut_down_still_receives_rest() {
    let proxied = Proxied::start(&[]);
    let mut client = proxied.connect(1);
    let mut upstream = proxied.accept(1);
    upstream.write_all(b"all").unwrap();
    upstream.shutdown(Shutdown::Write).unwrap();
    assert_eq!(read_all(&mut client), b"all");
    client.write_all(b"the rest").unwrap();
    drop(client);
    assert_eq!(read_all(&mut upstream), b"the rest");
}

#[test]
fn second_connection_waits_until_first_closes() {
    let proxied = Proxied::start(&["--connections", "1"]);
    let mut first = proxied.connect(1);
    let mut first_upstream = proxied.accept(1);
    let mut second = proxied.connect(2);
    proxied.assert_others_wait(&mut first, &mut first_upstream);

    drop((first, first_upstream));
    let mut second_upstream = proxied.accept(2);
    second_upstream.write_all(&[3]).unwrap();
    assert_received(&mut second, 3);
    drop((second, second_upstream));

    let printed = proxied.end();
    assert_eq!(printed.status, 0, "{}", printed.out);
    assert_eq!(number(summary(&printed.out, "connections")), 2);
    assert_eq!(summary(&printed.out, "peak connections"), "1 of 1");
}

#[test]
fn raised_limit_admits_waiting_connection_and_lowered_limit_does_not() {
    let mut proxied = Proxied::start(&["--connections", "1"]);
    let mut first = proxied.connect(1);
    let mut first_upstream = proxied.accept(1);
    let second = proxied.connect(2);
    proxied.assert_others_wait(&mut first, &mut first_upstream);
    proxied.running.type_line("connections 2");
    let second_upstream = proxied.accept(2);

    proxied.running.type_line("connections 1");
    proxied.running.line("connections limit 1, was 2");
    let third = proxied.connect(3);
    drop((second, second_upstream));
    proxied.assert_others_wait(&mut first, &mut first_upstream);
    drop((first, first_upstream));
    drop((proxied.accept(3), third));

    let printed = proxied.end();
    assert_eq!(printed.status, 0, "{}", printed.out);
    assert_eq!(summary(&printed.out, "peak connections"), "2 of 2");
}

#[test]
fn peer_that_does_not_read_times_out_and_releases_permits() {
    let limits = ["--buffer", "65536", "--bytes", "65536", "--timeout", "1000"];
    let proxied = Proxied::start(&limits);
    let unread = proxied.connect(1);
    let mut unread_upstream = proxied.accept(1);
    let flood = thread::spawn(move || while unread_upstream.write_all(&[0; 65_536]).is_ok() {});
    let mut other = proxied.connect(2);
    let mut other_upstream = proxied.accept(2);
    flood.join().unwrap();
    other_upstream.write_all(&[3]).unwrap();
    assert_received(&mut other, 3);
    drop(unread);

    let printed = proxied.end();
    assert_eq!(printed.status, 0, "{}", printed.out);
    assert!(printed.err.contains("timed out after 1000 ms"), "{}", printed.err);
    assert!(summary(&printed.out, "connections").ends_with(", 1 failed"), "{}", printed.out);
}

#[test]
fn failed_connection_is_named_and_others_continue() {
    let proxied = Proxied::start(&["--connections", "1"]);
    let reset = proxied.connect(1);
    let address = reset.local_addr().unwrap();
    let mut upstream = proxied.accept(1);
    upstream.write_all(&[2]).unwrap();
    reset.peek(&mut [0]).unwrap();
    // Closing a connection with unread data resets it.
    drop(reset);
    let other = proxied.connect(3);
    drop((proxied.accept(3), other));

    let printed = proxied.end();
    assert_eq!(printed.status, 0, "{}", printed.out);
    assert!(printed.err.contains(&format!("proxy: {address}: ")), "{}", printed.err);
    assert!(summary(&printed.out, "connections").starts_with("2, "), "{}", printed.out);
}

#[test]
fn address_in_use_is_named() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let printed = PROXY.run(&["--listen", &address]);
    assert_eq!((printed.status, &*printed.out), (1, ""));
    let named = format!("proxy: --listen {address}: Address already in use");
    assert!(printed.err.contains(&named), "{}", printed.err);
}

#[test]
fn invalid_arguments_exit_with_usage_error() {
    PROXY.assert_rejects(&[
        &["--connections", "0"],
        &["--connections", "99999999999999999999999"],
        &["--bytes", "many"],
        &["--bytes", "4095", "--buffer", "4096"],
        &["--buffer", "0"],
        &["--buffer", "16777217"],
        &["--timeout", "0"],
        &["--clients", "129"],
        &["--requests", "0"],
        &["--request-size", "0"],
        &["--seconds", "-1"],
        &["--listen", "nowhere"],
        &["--upstream", "127.0.0.1"],
        &["--upstream", "127.0.0.1:1", "--clients", "3"],
        &["now"],
    ]);
}
