//! A TCP proxy with a limit on connections and a limit on the bytes in flight.
//!
//! A connection holds one permit, and a buffer holds one permit per byte. A thread that reads
//! standard input changes both limits while they are in use.
//!
//! Each direction has its own limit on bytes, because a shared limit could deadlock. Buffers on the
//! way up could hold all permits while the upstream reads only after its response is sent. The
//! response would wait for a buffer on the way down.

mod limit;
mod load;

use std::{
    cell::Cell,
    fmt::Display,
    future::Future,
    io::{self, BufRead, Write},
    net::{Ipv4Addr, SocketAddr},
    pin::pin,
    process::ExitCode,
    sync::{
        Arc, Barrier,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant},
};

use clap::{CommandFactory, Parser, error::ErrorKind, value_parser};
use compio::{
    BufResult,
    io::{AsyncRead, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    runtime::{Runtime, spawn},
    time::{sleep, timeout},
};
use futures::future::{Either, select, try_join};

use self::{
    limit::Limit,
    load::{Load, LoadOptions},
};

/// Forwards TCP connections, with a limit on connections and a limit on the bytes in flight.
///
/// Without --upstream, the proxy connects clients of its own to an echo server, and prints a
/// summary at the end. With --upstream, the proxy runs until Ctrl-C. Lines on standard input change
/// the limits: 'connections 10' or just '10', and 'bytes 65536'. An empty line prints the current
/// use.
#[derive(Parser)]
#[command(name = "proxy")]
struct Arguments {
    /// Maximum number of open connections; more connections wait in the backlog of the listener
    #[arg(long, default_value_t = 16, value_parser = Limit::parse)]
    connections: usize,
    /// Maximum number of bytes in flight in each direction, at least one buffer
    #[arg(long, default_value_t = 131_072, value_parser = Limit::parse)]
    bytes: usize,
    /// Size of a buffer in bytes, at most 16 MiB
    #[arg(
        long,
        value_name = "BYTES",
        default_value_t = 16_384,
        value_parser = value_parser!(u32).range(1..=1 << 24)
    )]
    buffer: u32,
    /// Timeout for a connect, for the write of a buffer and for a response, in milliseconds
    #[arg(
        long,
        value_name = "MILLIS",
        default_value_t = 10_000,
        value_parser = value_parser!(u32).range(1..)
    )]
    timeout: u32,
    /// Address to listen on; port 0 selects a free port
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Address to forward to [default: a built-in echo server, with clients]
    #[arg(long, value_name = "ADDRESS", conflicts_with = "LoadOptions")]
    upstream: Option<SocketAddr>,
    #[command(flatten)]
    load: LoadOptions,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if let Err(message) = check_bytes(arguments.bytes, arguments.buffer as usize) {
        let message = format!("--bytes {}: {message}", arguments.bytes);
        Arguments::command().error(ErrorKind::ValueValidation, message).exit();
    }
    match Runtime::new().and_then(|runtime| runtime.block_on(run(arguments))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("proxy: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Rejects a limit that is smaller than a buffer. A buffer would wait until the limit is raised,
/// and all other buffers would wait behind it.
fn check_bytes(bytes: usize, buffer: usize) -> Result<(), String> {
    if bytes < buffer {
        return Err(format!("less than the {buffer} bytes of a buffer, which would wait forever"));
    }
    Ok(())
}

async fn run(arguments: Arguments) -> io::Result<()> {
    let bound = TcpListener::bind(arguments.listen).await;
    let listener = with_address("--listen", arguments.listen, bound)?;
    let listening = listener.local_addr()?;
    let (upstream, echo) = match arguments.upstream {
        Some(upstream) => (upstream, None),
        None => {
            let echo = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
            (echo.local_addr()?, Some(echo))
        }
    };
    let proxy = Arc::new(Proxy::new(&arguments, upstream));
    start_command_thread(&proxy);
    // The signal handler is installed first, before the second task prints that Ctrl-C stops the
    // proxy.
    let ctrl_c = spawn(compio::signal::ctrl_c());
    spawn(Arc::clone(&proxy).accept(listener)).detach();

    let started = Instant::now();
    let Some(echo) = echo else {
        ctrl_c.await.expect("tasks neither panic nor are cancelled")?;
        return proxy.summarize(started.elapsed());
    };
    let stopped = Cell::new(false);
    let load = Load {
        options: arguments.load,
        proxy: listening,
        timeout: proxy.timeout,
        started,
        stopped: &stopped,
    };
    let latencies = match select(pin!(load.run(echo)), ctrl_c).await {
        Either::Left((latencies, _)) => latencies?,
        Either::Right((_, load)) => {
            stopped.set(true);
            load.await?
        }
    };
    proxy.summarize(started.elapsed())?;
    latencies.summarize(proxy.limits().map(|limit| limit.total.load(Relaxed)))
}

/// Starts the thread that reads standard input, and waits until the thread runs.
///
/// A signal that interrupts a thread while it starts aborts the program, because the signal handler
/// asks for the current thread.
fn start_command_thread(proxy: &Arc<Proxy>) {
    let (proxy, running) = (Arc::clone(proxy), Arc::new(Barrier::new(2)));
    let started = Arc::clone(&running);
    thread::spawn(move || {
        started.wait();
        proxy.read_commands();
    });
    running.wait();
}

/// The state shared by the connections and the thread that reads standard input.
struct Proxy {
    upstream: SocketAddr,
    buffer: usize,
    timeout: Duration,
    connections: Limit,
    up: Limit,
    down: Limit,
    failed: AtomicU64,
}

impl Proxy {
    fn new(arguments: &Arguments, upstream: SocketAddr) -> Self {
        Self {
            upstream,
            buffer: arguments.buffer as usize,
            timeout: Duration::from_millis(arguments.timeout.into()),
            connections: Limit::new("connections", arguments.connections),
            up: Limit::new("bytes up", arguments.bytes),
            down: Limit::new("bytes down", arguments.bytes),
            failed: AtomicU64::new(0),
        }
    }

    fn limits(&self) -> [&Limit; 3] {
        [&self.connections, &self.up, &self.down]
    }

    async fn accept(self: Arc<Self>, listener: TcpListener) -> io::Result<()> {
        let (from, to) = (listener.local_addr()?, self.upstream);
        writeln!(io::stdout(), "listening on {from}, forwarding to {to}; press Ctrl-C to stop")?;
        loop {
            // The permit is acquired first, so that a connection without one waits in the backlog,
            // at no cost.
            let permit = Arc::clone(&self.connections.semaphore).acquire_owned().await;
            let (client, peer) = accept(&listener).await;
            let proxy = Arc::clone(&self);
            let connection = async move {
                let _permit = permit;
                let _counted = proxy.connections.count(1);
                proxy.connections.total.fetch_add(1, Relaxed);
                if let Err(error) = proxy.serve(client).await {
                    proxy.failed.fetch_add(1, Relaxed);
                    eprintln!("proxy: {peer}: {error}");
                }
            };
            spawn(connection).detach();
        }
    }

    async fn serve(&self, client: TcpStream) -> io::Result<()> {
        let connected = within(self.timeout, TcpStream::connect(self.upstream)).await;
        let upstream = with_address("upstream", self.upstream, connected)?;
        client.set_nodelay(true)?;
        upstream.set_nodelay(true)?;
        let up = self.forward(&client, &upstream, &self.up);
        let down = self.forward(&upstream, &client, &self.down);
        try_join(up, down).await?;
        // Dropping a stream only starts to close it. Awaiting the close frees its descriptor before
        // the permit is released.
        upstream.close().await?;
        client.close().await
    }

    /// Forwards data in one direction until its end, and then shuts the direction down. The other
    /// direction stays open.
    async fn forward(
        &self,
        mut from: &TcpStream,
        mut to: &TcpStream,
        limit: &Limit,
    ) -> io::Result<()> {
        loop {
            // Waits for data without reading any, so that an idle connection does not hold a
            // buffer.
            let BufResult(peeked, _) = from.peek([0; 1]).await;
            if peeked? == 0 {
                return to.shutdown().await;
            }
            let _permit = limit.semaphore.acquire_many(self.buffer).await;
            let _counted = limit.count(self.buffer);
            let BufResult(read, filled) = from.read(Vec::with_capacity(self.buffer)).await;
            limit.total.fetch_add(read? as u64, Relaxed);
            // Without a timeout, a peer that does not read would hold permits that all others wait
            // for.
            within(self.timeout, async { to.write_all(filled).await.0 }).await?;
        }
    }

    /// Runs the commands on standard input, up to its end.
    fn read_commands(&self) {
        for line in io::stdin().lock().split(b'\n').map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line);
            // The command takes effect even if its response cannot be printed.
            let _ = match self.run_command(&line) {
                Ok(response) => writeln!(io::stdout(), "{response}"),
                Err(error) => writeln!(io::stderr(), "proxy: '{}': {error}", line.trim()),
            };
        }
    }

    fn run_command(&self, line: &str) -> Result<String, String> {
        match line.split_whitespace().collect::<Vec<_>>()[..] {
            [] => Ok(format!("{}, {}, {}", self.connections, self.up, self.down)),
            [limit] | ["connections", limit] => Ok(self.connections.set(Limit::parse(limit)?)),
            ["bytes", limit] => {
                let limit = Limit::parse(limit)?;
                check_bytes(limit, self.buffer)?;
                Ok(format!("{}; {}", self.up.set(limit), self.down.set(limit)))
            }
            _ => Err("expected 'connections NUMBER' or 'bytes NUMBER'".to_owned()),
        }
    }

    /// Prints the totals and peaks. Fails if a peak exceeded its limit.
    fn summarize(&self, elapsed: Duration) -> io::Result<()> {
        let [connections, up, down] = self.limits().map(|limit| limit.total.load(Relaxed));
        let seconds = elapsed.as_secs_f64();
        let mut out = io::stdout().lock();
        writeln!(out, "seconds           {seconds:.1}")?;
        writeln!(out, "connections       {connections}, {} failed", self.failed.load(Relaxed))?;
        writeln!(out, "bytes up          {up}")?;
        writeln!(out, "bytes down        {down}")?;
        writeln!(out, "throughput        {:.1} MB/s", (up + down) as f64 / seconds / 1e6)?;
        for limit in self.limits() {
            let (peak, highest) = limit.peak();
            writeln!(out, "peak {:<11}  {peak} of {highest}", limit.name)?;
            if peak > highest {
                let message = format!("peak {}: {peak}, above the limit of {highest}", limit.name);
                return Err(io::Error::other(message));
            }
        }
        Ok(())
    }
}

/// Accepts a connection. Retries after an error, because only one connection failed, or file
/// descriptors are exhausted for the moment.
async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) => eprintln!("proxy: accept: {error}"),
        }
        sleep(Duration::from_millis(100)).await;
    }
}

async fn within<T>(time: Duration, work: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    let timed_out = || io::Error::other(format!("timed out after {} ms", time.as_millis()));
    timeout(time, work).await.unwrap_or_else(|_| Err(timed_out()))
}

/// Adds the name and the address to the error.
fn with_address<T>(
    name: impl Display,
    address: SocketAddr,
    result: io::Result<T>,
) -> io::Result<T> {
    result.map_err(|error| io::Error::new(error.kind(), format!("{name} {address}: {error}")))
}
