//! Tests of the example `kv_server`: crashes, full disks, malformed requests and its load.

use std::{
    collections::HashMap,
    fs::{self, OpenOptions},
    io::{BufRead, BufReader, ErrorKind, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::Command,
    sync::mpsc::{Sender, channel},
    thread,
};

use tempfile::{TempDir, tempdir};

use crate::programs::{Printed, Program, Running};

static KV_SERVER: Program = Program::example("kv_server");

/// A running server and its address.
struct Server {
    running: Running,
    address: SocketAddr,
}

impl Server {
    fn start(command: &mut Command, data: &TempDir) -> Self {
        let mut running = Running::start(command.arg("--data").arg(data.path()));
        let address = running.address();
        Self { running, address }
    }

    fn on(data: &TempDir) -> Self {
        Self::start(&mut KV_SERVER.command(), data)
    }

    fn connect(&self) -> Client {
        Client(BufReader::new(TcpStream::connect(self.address).unwrap()))
    }

    /// Kills the server, and returns what it has written to stderr.
    fn kill(mut self) -> String {
        self.running.child.kill().unwrap();
        let mut err = String::new();
        self.running.child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        err
    }

    fn end(self) -> Printed {
        self.running.press_ctrl_c();
        self.running.end()
    }
}

struct Client(BufReader<TcpStream>);

impl Client {
    /// Sends a request and returns the response, or `None` if the server is gone.
    fn try_request(&mut self, request: &str) -> Option<String> {
        self.0.get_mut().write_all(format!("{request}\n").as_bytes()).ok()?;
        let mut response = String::new();
        self.0.read_line(&mut response).ok()?;
        response.strip_suffix('\n').map(ToOwned::to_owned)
    }

    fn request(&mut self, request: &str) -> String {
        self.try_request(request).unwrap()
    }

    #[track_caller]
    fn assert(&mut self, request: &str, response: &str) {
        assert_eq!(self.request(request), response, "{request}");
    }

    #[track_caller]
    fn assert_error(&mut self, request: &str, error: &str) {
        let response = self.request(request);
        assert!(response.starts_with("ERROR ") && response.contains(error), "{response}");
    }
}

/// The number of the last acknowledged write of each key.
type Acknowledged = HashMap<String, usize>;

const CLIENTS: usize = 16;
const KEYS: usize = 10;

/// Writes until the server is gone. Returns the last key and number without an acknowledgment.
fn write_until_killed(
    mut client: Client,
    id: usize,
    first: usize,
    acknowledged: &mut Acknowledged,
    total: Sender<()>,
) -> (String, usize) {
    for number in first.. {
        let key = format!("{id}-{}", number % KEYS);
        match client.try_request(&format!("SET {key} {number}")) {
            Some(response) => assert_eq!(response, "OK"),
            None => return (key, number),
        }
        acknowledged.insert(key, number);
        // An error means that the test has seen enough.
        let _ = total.send(());
    }
    unreachable!("the server is killed");
}

/// Kills a server under load several times. After each kill, a new server must know each write that
/// was acknowledged to a client. It may also know the one write of each client in flight.
fn kill_under_load(primitives: &str, kills: usize) {
    let data = tempdir().unwrap();
    let command = || {
        let mut command = KV_SERVER.command();
        command.args(["--primitives", primitives]);
        command
    };
    let mut clients = vec![Acknowledged::new(); CLIENTS];
    for kill in 1..=kills {
        let server = Server::start(&mut command(), &data);
        let (sender, total) = channel();
        let in_flight: Vec<_> = thread::scope(|scope| {
            let threads = clients.iter_mut().enumerate().map(|(id, acknowledged)| {
                let (client, total) = (server.connect(), sender.clone());
                let first = acknowledged.values().max().map_or(0, |number| number + 2);
                scope.spawn(move || write_until_killed(client, id, first, acknowledged, total))
            });
            let threads: Vec<_> = threads.collect();
            // All clients are still writing when the server is killed.
            assert_eq!(total.iter().take(kill * 100).count(), kill * 100);
            server.kill();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });

        let server = Server::start(&mut command(), &data);
        let mut reader = server.connect();
        for (acknowledged, (key, unacknowledged)) in clients.iter_mut().zip(in_flight) {
            if reader.request(&format!("GET {key}")) == format!("VALUE {unacknowledged}") {
                acknowledged.insert(key, unacknowledged);
            }
            for (key, number) in acknowledged {
                reader.assert(&format!("GET {key}"), &format!("VALUE {number}"));
            }
        }
        server.kill();
    }
}

#[test]
fn killed_server_loses_no_acknowledged_write() {
    kill_under_load("compio-sync", 5);
}

#[test]
fn killed_server_on_tokio_primitives_loses_no_acknowledged_write() {
    kill_under_load("tokio", 2);
}

#[test]
fn torn_record_is_cut_off_and_named() {
    let data = tempdir().unwrap();
    let log = data.path().join("log");
    let server = Server::on(&data);
    server.connect().assert("SET first 1", "OK");
    server.connect().assert("SET second 2", "OK");
    assert_eq!(server.kill(), "");
    let intact = fs::read(&log).unwrap();

    // The last record misses its end, has a wrong checksum, or is not a record.
    let mut damaged = intact.clone();
    *damaged.iter_mut().nth_back(1).unwrap() = b'3';
    let longer = [&intact, &b"zeros\0\0\0\0"[..]].concat();
    let cases = [(&intact[..intact.len() - 1], 1, 21), (&damaged, 1, 22), (&longer, 2, 9)];
    for (contents, records, torn) in cases {
        fs::write(&log, contents).unwrap();
        let server = Server::on(&data);
        let mut client = server.connect();
        client.assert("GET first", "VALUE 1");
        client.assert("GET second", if records == 2 { "VALUE 2" } else { "NONE" });
        client.assert("SET third 3", "OK");
        let message = format!("log: cut off a torn record, {torn} bytes");
        let err = server.kill();
        assert!(err.contains(&message), "{err}");

        let server = Server::on(&data);
        server.connect().assert("GET third", "VALUE 3");
        assert_eq!(server.kill(), "");
    }
}

#[test]
fn full_disk_is_error_to_client_and_loses_nothing() {
    let data = tempdir().unwrap();
    // Files are limited to 64 KiB. A write beyond that returns an error, as on a full disk.
    let mut limited = KV_SERVER.command_with_setup("trap '' XFSZ; ulimit -f 128");
    let server = Server::start(&mut limited, &data);
    let mut client = server.connect();
    let value = "v".repeat(20_000);
    for number in 0..3 {
        client.assert(&format!("SET {number} {value}"), "OK");
    }
    client.assert_error(&format!("SET 3 {value}"), "cannot write the log: File too large");
    client.assert("GET 3", "NONE");
    client.assert("GET 2", &format!("VALUE {value}"));
    // Another record still fits.
    client.assert("SET small value", "OK");
    assert_eq!(server.kill(), "");

    let server = Server::on(&data);
    let mut client = server.connect();
    client.assert("GET 2", &format!("VALUE {value}"));
    client.assert("GET 3", "NONE");
    client.assert("GET small", "VALUE value");
    assert_eq!(server.kill(), "", "the failed record is not in the log");
}

#[test]
fn malformed_request_is_error_and_connection_stays_open() {
    let data = tempdir().unwrap();
    let server = Server::on(&data);
    let mut client = server.connect();
    for request in ["", "GET", "GET ", "GET one two", "SET key", "SET  value", "DEL", "get key"] {
        client.assert_error(request, "expected 'GET key', 'SET key value' or 'DEL key'");
    }
    let longest = format!("SET key {}", "v".repeat(65_536 - 8));
    client.assert(&longest, "OK");
    client.assert_error(&format!("{longest}v"), "the request exceeds 65536 bytes");
    client.assert_error(&"x".repeat(1 << 20), "the request exceeds 65536 bytes");
    client.0.get_mut().write_all(b"SET key \xff\n").unwrap();
    client.assert_error("GET key", "not UTF-8");
    let mut response = String::new();
    client.0.read_line(&mut response).unwrap();
    assert_eq!(response.len(), "VALUE \n".len() + 65_536 - 8);
    client.assert("SET key ", "OK");
    client.assert("GET key", "VALUE ");
    assert_eq!(server.kill(), "");
}

/// Asks for more bytes than the buffers of a connection hold, presses Ctrl-C, and then reads.
#[test]
fn ctrl_c_completes_response_in_flight() {
    for primitives in ["compio-sync", "tokio"] {
        let data = tempdir().unwrap();
        let server = Server::start(KV_SERVER.command().args(["--primitives", primitives]), &data);
        let _idle = server.connect();
        let mut client = server.connect();
        client.assert(&format!("SET key {}", "v".repeat(60_000)), "OK");
        let stream = client.0.get_mut();
        stream.write_all("GET key\n".repeat(300).as_bytes()).unwrap();
        stream.peek(&mut [0]).unwrap();
        let mut running = server.running;
        running.press_ctrl_c();
        running.line("stopping");
        // A server that does not wait for the response syncs a few files and exits meanwhile.
        for _ in 0..50 {
            append(&data.path().join("other"), b"synced");
        }
        let mut responses = Vec::new();
        client.0.read_to_end(&mut responses).unwrap_or_default();
        assert!(responses.ends_with(b"v\n"), "{primitives}: {} bytes", responses.len());
        assert!(responses.len() < 300 * 60_000);
        let printed = running.end();
        assert_eq!((printed.status, &*printed.err), (0, ""), "{}", printed.out);
    }
}

#[test]
fn ctrl_c_replaces_log_with_snapshot() {
    let data = tempdir().unwrap();
    let server = Server::on(&data);
    let mut client = server.connect();
    client.assert("SET kept 1", "OK");
    client.assert("SET deleted 2", "OK");
    let log = fs::read(data.path().join("log")).unwrap();
    let printed = server.end();
    assert_eq!((printed.status, &*printed.err), (0, ""), "{}", printed.out);
    assert!(printed.out.ends_with("2 commits, 1.0 per sync\n"), "{}", printed.out);
    assert_eq!(length(&data, "log"), 0);

    let server = Server::on(&data);
    let mut client = server.connect();
    client.assert("GET kept", "VALUE 1");
    client.assert("DEL deleted", "OK");
    client.assert("GET deleted", "NONE");
    let before = length(&data, "snapshot");
    let log = [log, fs::read(data.path().join("log")).unwrap()].concat();
    assert_eq!(server.end().status, 0);
    assert!(length(&data, "snapshot") < before, "a deleted key is not in the snapshot");

    // As after a crash that follows the snapshot, in which the log was not yet empty.
    fs::write(data.path().join("log"), log).unwrap();
    let server = Server::on(&data);
    server.connect().assert("GET kept", "VALUE 1");
    server.connect().assert("GET deleted", "NONE");
    assert_eq!(server.end().status, 0);
}

#[test]
fn second_server_on_same_directory_is_rejected() {
    let data = tempdir().unwrap();
    let server = Server::on(&data);
    server.connect().assert("SET key value", "OK");
    let printed = KV_SERVER.run(&["--data", data.path().to_str().unwrap()]);
    assert_eq!((printed.status, &*printed.out), (1, ""));
    assert_eq!(printed.err, "kv_server: another server uses the directory\n");
    server.connect().assert("GET key", "VALUE value");
    server.kill();
    Server::on(&data).connect().assert("GET key", "VALUE value");
}

/// The workers wait for the only permit in FIFO order, so each of them accepts every other
/// connection.
#[cfg(target_os = "linux")]
#[test]
fn workers_share_connections() {
    let data = tempdir().unwrap();
    let server = Server::start(KV_SERVER.command().args(["--connections", "1"]), &data);
    for _ in 0..50 {
        let mut client = server.connect();
        for _ in 0..20 {
            client.assert("GET key", "NONE");
        }
    }
    let process = server.running.child.id();
    let threads = fs::read_dir(format!("/proc/{process}/task")).unwrap();
    // The first number is the time on a CPU.
    let mut times: Vec<u64> = threads
        .map(|thread| fs::read_to_string(thread.unwrap().path().join("schedstat")).unwrap())
        .map(|numbers| numbers.split(' ').next().unwrap().parse().unwrap())
        .collect();
    times.sort_unstable_by_key(|time| std::cmp::Reverse(*time));
    assert!(times[1] > times[0] / 4, "{times:?}");
}

fn length(data: &TempDir, name: &str) -> u64 {
    fs::metadata(data.path().join(name)).unwrap().len()
}

#[test]
fn damaged_snapshot_is_error_to_reader_and_is_kept() {
    let data = tempdir().unwrap();
    append(&data.path().join("snapshot"), b"no record");
    let server = Server::on(&data);
    let mut client = server.connect();
    client.assert_error("GET key", "cannot read: damaged snapshot");
    client.assert("SET key value", "OK");
    client.assert("GET key", "VALUE value");
    let printed = server.end();
    assert_eq!((printed.status, &*printed.err), (1, "kv_server: damaged snapshot\n"));
    assert_eq!(length(&data, "snapshot"), 9);
    assert!(length(&data, "log") > 0);
}

fn append(path: &Path, bytes: &[u8]) {
    let mut file = OpenOptions::new().create(true).append(true).open(path).unwrap();
    file.write_all(bytes).unwrap();
    file.sync_all().unwrap();
}

#[test]
fn connection_beyond_limit_waits_for_another_to_close() {
    let data = tempdir().unwrap();
    let server = Server::start(KV_SERVER.command().args(["--connections", "1"]), &data);
    let mut first = server.connect();
    first.assert("SET key 1", "OK");
    let mut second = server.connect();
    second.0.get_mut().write_all(b"GET key\n").unwrap();
    for _ in 0..100 {
        first.assert("GET key", "VALUE 1");
    }
    let stream = second.0.get_mut();
    stream.set_nonblocking(true).unwrap();
    assert_eq!(stream.peek(&mut [0]).unwrap_err().kind(), ErrorKind::WouldBlock);
    stream.set_nonblocking(false).unwrap();
    drop(first);
    let mut response = String::new();
    second.0.read_line(&mut response).unwrap();
    assert_eq!(response, "VALUE 1\n");
}

#[test]
fn load_runs_on_both_sets_of_primitives() {
    for primitives in ["compio-sync", "tokio"] {
        let printed = KV_SERVER.run(&["--load", "8", "--primitives", primitives]);
        assert_eq!((printed.status, &*printed.err), (0, ""), "{}", printed.out);
        for word in [" writes per second", " reads per second", "p99.9 ", "8000 commits, "] {
            assert!(printed.out.contains(word), "{}", printed.out);
        }
    }
}

#[test]
fn unusable_directory_is_named() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let printed = KV_SERVER.run(&["--data", file.path().to_str().unwrap()]);
    assert_eq!((printed.status, &*printed.out), (1, ""));
    let named = format!("kv_server: {}: File exists", file.path().display());
    assert!(printed.err.starts_with(&named), "{}", printed.err);
}

#[test]
fn address_in_use_is_named() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let printed = KV_SERVER.run(&["--listen", &address]);
    assert_eq!((printed.status, &*printed.out), (1, ""));
    let named = format!("kv_server: {address}: Address already in use");
    assert!(printed.err.contains(&named), "{}", printed.err);
}

#[test]
fn invalid_arguments_exit_with_usage_error() {
    KV_SERVER.assert_rejects(&[
        &["--workers", "0"],
        &["--workers", "256"],
        &["--connections", "0"],
        &["--connections", "65536"],
        &["--listen", "nowhere"],
        &["--load", "0"],
        &["--load", "401"],
        &["--primitives", "std"],
        &["now"],
    ]);
}
