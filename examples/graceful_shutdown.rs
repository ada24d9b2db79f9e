//! An echo server that serves a bounded number of connections at once and shuts down gracefully.
//!
//! On Ctrl-C, the server closes its semaphore. Waiting connections are refused, and connections
//! that hold a permit are served to completion. The server stops once the semaphore is drained.

use std::{
    cell::RefCell,
    fmt::{self, Display},
    future::Future,
    io::{self, Write},
    mem,
    net::{Ipv4Addr, SocketAddr},
    process::ExitCode,
    rc::Rc,
    time::Duration,
};

use clap::{Parser, value_parser};
use compio::{
    BufResult,
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpSocket, TcpStream},
    runtime::{JoinHandle, Runtime},
    time::sleep,
};
use compio_sync::{Closed, unsync::ClosableSemaphore};
use indicatif::ProgressBar;

/// Serves echo clients on the loopback interface, with a bounded number of connections at once.
///
/// Stops when all clients have finished. On Ctrl-C, refuses waiting connections and serves the
/// others to completion. Finally compares the counts of the server with those of the clients.
#[derive(Parser)]
#[command(name = "graceful_shutdown")]
struct Arguments {
    /// Maximum number of connections served at once
    #[arg(long, default_value_t = 4, value_parser = value_parser!(u16).range(1..))]
    connections: u16,
    /// Number of clients, at most 4096: the default maximum of a listener's backlog on Linux
    #[arg(long, default_value_t = 32, value_parser = value_parser!(u16).range(1..=4096))]
    clients: u16,
    /// Number of messages that a client sends per connection
    #[arg(long, default_value_t = 8, value_parser = value_parser!(u32).range(1..))]
    rounds: u32,
    /// Pause of a client between two messages, in milliseconds
    #[arg(long, value_name = "MILLIS", default_value_t = 100)]
    pause: u32,
    /// Let clients reconnect until Ctrl-C
    #[arg(long)]
    reconnect: bool,
}

/// The time between two status lines.
const TICK: Duration = Duration::from_millis(250);

/// The first message of the server, in the style of SMTP.
///
/// A client waits for the greeting before it sends data. Otherwise the client could lose a refusal,
/// because closing a connection with unread data resets it.
type Greeting = [u8; 5];
const READY: Greeting = *b"220\r\n";
const REFUSED: Greeting = *b"421\r\n";

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match Runtime::new().and_then(|runtime| runtime.block_on(run(arguments))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("graceful_shutdown: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> io::Result<()> {
    let service = Rc::new(Service {
        connections: ClosableSemaphore::new(arguments.connections.into()),
        arguments,
        server: RefCell::default(),
        clients: RefCell::default(),
        failed: RefCell::default(),
        // The spinner is hidden if stderr is not a terminal.
        progress: ProgressBar::new_spinner(),
    });
    let listener = listen(service.arguments.clients).await?;
    let address = listener.local_addr()?;
    // The signal handler is installed first, before the second task prints that Ctrl-C stops the
    // server.
    let background = [
        service.spawn(Rc::clone(&service).close_on_ctrl_c()),
        service.spawn(Rc::clone(&service).accept(listener)),
        service.spawn(Rc::clone(&service).show()),
    ];
    let clients = service.spawn(Rc::clone(&service).run_clients(address));

    // Closed by Ctrl-C, by an error, or because all clients have finished.
    service.connections.closed().await;
    service.connections.drain().await;
    service.say("stopped, nothing in flight")?;

    clients.await.expect("tasks neither panic nor are cancelled");
    // The listener lives until each client has its answer, and the backlog is therefore empty.
    drop(background);
    service.progress.finish_and_clear();
    service.summarize()
}

/// Creates a listener whose backlog has room for all clients.
///
/// If the backlog is full, the system may drop a connection that the client takes for established.
/// The client would then wait for its greeting forever.
async fn listen(clients: u16) -> io::Result<TcpListener> {
    let socket = TcpSocket::new_v4().await?;
    socket.bind((Ipv4Addr::LOCALHOST, 0).into()).await?;
    socket.listen(clients.into()).await
}

/// The state shared by the server and its clients, which run on one thread.
struct Service {
    arguments: Arguments,
    connections: ClosableSemaphore,
    server: RefCell<Tally>,
    clients: RefCell<Tally>,
    failed: RefCell<Option<io::Error>>,
    progress: ProgressBar,
}

/// Counts of connections by how they ended. The server and the clients count separately.
#[derive(Default, PartialEq)]
struct Tally {
    accepted: u64,
    finished: u64,
    refused: u64,
    bytes: u64,
}

impl Service {
    /// Spawns a task. An error of the task closes the semaphore, and `run` returns the error.
    fn spawn(
        self: &Rc<Self>,
        work: impl Future<Output = io::Result<()>> + 'static,
    ) -> JoinHandle<()> {
        let service = Rc::clone(self);
        compio::runtime::spawn(async move {
            if let Err(error) = work.await {
                service.failed.borrow_mut().get_or_insert(error);
                service.connections.close();
            }
        })
    }

    async fn close_on_ctrl_c(self: Rc<Self>) -> io::Result<()> {
        compio::signal::ctrl_c().await?;
        let waiters = self.connections.waiters();
        self.connections.close();
        let in_use = self.connections.in_use();
        self.say(format_args!(
            "closed: {waiters} waiting connections are refused, {in_use} are served to completion"
        ))
    }

    /// Accepts connections even after the semaphore is closed, so that late clients receive a
    /// refusal.
    async fn accept(self: Rc<Self>, listener: TcpListener) -> io::Result<()> {
        self.say(format_args!("listening on {}; press Ctrl-C to stop", listener.local_addr()?))?;
        loop {
            let (stream, _) = listener.accept().await?;
            self.server.borrow_mut().accepted += 1;
            self.spawn(Rc::clone(&self).answer(stream)).detach();
        }
    }

    async fn answer(self: Rc<Self>, stream: TcpStream) -> io::Result<()> {
        match self.connections.acquire().await {
            Ok(_permit) => self.serve(stream).await,
            Err(Closed) => self.refuse(stream).await,
        }
    }

    async fn serve(&self, mut stream: TcpStream) -> io::Result<()> {
        stream.write_all(READY).await.0?;
        let mut buffer = Vec::with_capacity(1024);
        loop {
            let BufResult(read, filled) = stream.read(buffer).await;
            if read? == 0 {
                break;
            }
            let BufResult(written, filled) = stream.write_all(filled).await;
            written?;
            self.server.borrow_mut().bytes += filled.len() as u64;
            buffer = filled;
            buffer.clear();
        }
        stream.close().await?;
        self.server.borrow_mut().finished += 1;
        Ok(())
    }

    async fn refuse(&self, mut stream: TcpStream) -> io::Result<()> {
        self.server.borrow_mut().refused += 1;
        stream.write_all(REFUSED).await.0?;
        stream.close().await
    }

    /// Runs all clients, and closes the semaphore when they have finished.
    async fn run_clients(self: Rc<Self>, address: SocketAddr) -> io::Result<()> {
        let clients: Vec<_> = (0..self.arguments.clients)
            .map(|_| self.spawn(Rc::clone(&self).run_client(address)))
            .collect();
        for client in clients {
            client.await.expect("tasks neither panic nor are cancelled");
        }
        self.connections.close();
        Ok(())
    }

    async fn run_client(self: Rc<Self>, address: SocketAddr) -> io::Result<()> {
        while !self.connections.is_closed() {
            self.connect(address).await?;
            if !self.arguments.reconnect {
                break;
            }
        }
        Ok(())
    }

    async fn connect(&self, address: SocketAddr) -> io::Result<()> {
        let mut stream = TcpStream::connect(address).await?;
        self.clients.borrow_mut().accepted += 1;
        let BufResult(read, greeting) = stream.read_exact(Greeting::default()).await;
        read?;
        match greeting {
            READY => self.talk(&mut stream).await?,
            REFUSED => self.clients.borrow_mut().refused += 1,
            _ => {
                let message = format!("unexpected greeting '{}'", greeting.escape_ascii());
                return Err(io::Error::other(message));
            }
        }
        stream.close().await
    }

    async fn talk(&self, stream: &mut TcpStream) -> io::Result<()> {
        for round in 0..self.arguments.rounds {
            if round > 0 {
                sleep(Duration::from_millis(self.arguments.pause.into())).await;
            }
            let message = round.to_be_bytes();
            stream.write_all(message).await.0?;
            let BufResult(read, echo) = stream.read_exact([0; 4]).await;
            read?;
            if echo != message {
                let message = format!("the echo of {message:?} is {echo:?}");
                return Err(io::Error::other(message));
            }
            self.clients.borrow_mut().bytes += echo.len() as u64;
        }
        self.clients.borrow_mut().finished += 1;
        Ok(())
    }

    /// Shows the current state. On a terminal, only the first line with waiting connections is
    /// kept.
    async fn show(self: Rc<Self>) -> io::Result<()> {
        let mut was_full = false;
        loop {
            sleep(TICK).await;
            let now = self.to_string();
            if self.progress.is_hidden() || self.is_full() && !mem::replace(&mut was_full, true) {
                self.say(&now)?;
            }
            self.progress.set_message(now);
            self.progress.tick();
        }
    }

    /// Returns whether connections wait. After the close, the only waiter is the future of `drain`.
    fn is_full(&self) -> bool {
        !self.connections.is_closed() && self.connections.waiters() > 0
    }

    fn say(&self, line: impl Display) -> io::Result<()> {
        self.progress.suspend(|| writeln!(io::stdout(), "{line}"))
    }

    /// Prints the counts. Fails if a task failed or if the counts do not match.
    fn summarize(&self) -> io::Result<()> {
        let (server, clients) = (self.server.borrow(), self.clients.borrow());
        let mut out = io::stdout().lock();
        writeln!(out, "            server   clients")?;
        writeln!(out, "accepted  {:>8}  {:>8}", server.accepted, clients.accepted)?;
        writeln!(out, "finished  {:>8}  {:>8}", server.finished, clients.finished)?;
        writeln!(out, "refused   {:>8}  {:>8}", server.refused, clients.refused)?;
        writeln!(out, "bytes     {:>8}  {:>8}", server.bytes, clients.bytes)?;
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        if *server != *clients || server.accepted != server.finished + server.refused {
            return Err(io::Error::other("the counts do not match"));
        }
        Ok(())
    }
}

/// Formats the current state on one line.
impl Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (in_use, limit) = (self.connections.in_use(), self.connections.max_permits());
        let (waiters, finished) = (self.connections.waiters(), self.server.borrow().finished);
        if self.is_full() {
            write!(f, "full: {limit} served, {waiters} waiting, {finished} finished")
        } else {
            write!(f, "{in_use} of {limit} served, {finished} finished")
        }
    }
}
