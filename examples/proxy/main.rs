//! A TCP proxy with a limit on its connections, a permit each, and a limit on the bytes in flight, as many
//! permits as a buffer holds. A thread that reads standard input moves both while they are in use.
//!
//! Each way has its own limit on bytes. With one for both, buffers on the way up could hold all of it and
//! wait for an upstream that reads on when its answer is taken, which waits for a buffer on the way down.

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

/// Passes on what comes in over TCP, with a limit on connections and one on the bytes in flight.
///
/// Without --upstream it stands between an echo server and clients of its own, and ends with a summary.
/// With it, it serves until Ctrl-C. Limits are moved by lines of standard input: 'connections 10', or the
/// number only, and 'bytes 65536'. An empty line asks how it stands.
#[derive(Parser)]
#[command(name = "proxy")]
struct Arguments {
    /// How many connections are open at once; others wait in the backlog of the listener
    #[arg(long, default_value_t = 16, value_parser = Limit::parse)]
    connections: usize,
    /// How many bytes are in flight each way, a buffer at least
    #[arg(long, default_value_t = 131_072, value_parser = Limit::parse)]
    bytes: usize,
    /// How many bytes a buffer holds, 16 MiB at most
    #[arg(long, value_name = "BYTES", default_value_t = 16_384, value_parser = value_parser!(u32).range(1..=1 << 24))]
    buffer: u32,
    /// How long a peer may take to accept a connection or a buffer, or to answer a client, in milliseconds
    #[arg(long, value_name = "MILLIS", default_value_t = 10_000, value_parser = value_parser!(u32).range(1..))]
    timeout: u32,
    /// Where it listens; port 0 is any that is free
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Where it connects to; an echo server of its own, with clients, if it is not given
    #[arg(long, value_name = "ADDRESS", conflicts_with = "LoadOptions")]
    upstream: Option<SocketAddr>,
    #[command(flatten)]
    load: LoadOptions,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if let Err(wrong) = check_bytes(arguments.bytes, arguments.buffer as usize) {
        let wrong = format!("--bytes {}: {wrong}", arguments.bytes);
        Arguments::command().error(ErrorKind::ValueValidation, wrong).exit();
    }
    let outcome = Runtime::new().and_then(|runtime| runtime.block_on(run(arguments)));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("proxy: {error}");
            ExitCode::FAILURE
        }
    }
}

/// A request for more permits than the limit waits until it is raised, and all others wait behind it.
fn check_bytes(bytes: usize, buffer: usize) -> Result<(), String> {
    let message = || format!("less than the {buffer} bytes of a buffer, which would wait forever");
    if bytes < buffer { Err(message()) } else { Ok(()) }
}

async fn run(arguments: Arguments) -> io::Result<()> {
    let listener = at("--listen", arguments.listen, TcpListener::bind(arguments.listen).await)?;
    let listening = listener.local_addr()?;
    let (upstream, echo) = match arguments.upstream {
        Some(upstream) => (upstream, None),
        None => {
            let echo = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
            (echo.local_addr()?, Some(echo))
        }
    };
    let proxy = Arc::new(Proxy::new(&arguments, upstream));
    start_to_obey(&proxy);
    // In this order, for the second says that there is somebody for Ctrl-C.
    let ctrl_c = spawn(compio::signal::ctrl_c());
    spawn(Arc::clone(&proxy).accept(listener)).detach();

    let started = Instant::now();
    let Some(echo) = echo else {
        ctrl_c.await.expect("a task neither panics nor is cancelled")?;
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
    let answered = match select(pin!(load.run(echo)), ctrl_c).await {
        Either::Left((answered, _)) => answered?,
        Either::Right((_, load)) => {
            stopped.set(true);
            load.await?
        }
    };
    proxy.summarize(started.elapsed())?;
    answered.summarize(proxy.limits().map(|limit| limit.passed.load(Relaxed)))
}

/// Returns when the thread runs: a Ctrl-C that came in the middle of its start would abort the program,
/// for who handles the signal asks which thread it has interrupted.
fn start_to_obey(proxy: &Arc<Proxy>) {
    let (proxy, is_running) = (Arc::clone(proxy), Arc::new(Barrier::new(2)));
    let has_started = Arc::clone(&is_running);
    thread::spawn(move || {
        has_started.wait();
        proxy.obey_lines();
    });
    is_running.wait();
}

/// What the connections share with the thread that reads standard input.
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
        writeln!(io::stdout(), "proxy on {from} to {to}; Ctrl-C ends it")?;
        loop {
            // Before accepting: who has no permit waits in the backlog, and costs nothing here.
            let permit = Arc::clone(&self.connections.semaphore).acquire_owned().await;
            let (client, peer) = accept(&listener).await;
            let proxy = Arc::clone(&self);
            let connection = async move {
                let _permit = permit;
                let _counted = proxy.connections.count(1);
                proxy.connections.passed.fetch_add(1, Relaxed);
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
        let upstream = at("upstream", self.upstream, connected)?;
        client.set_nodelay(true)?;
        upstream.set_nodelay(true)?;
        let up = self.pass_on(&client, &upstream, &self.up);
        let down = self.pass_on(&upstream, &client, &self.down);
        try_join(up, down).await?;
        // A descriptor is free when closing has ended, not when it was begun.
        upstream.close().await?;
        client.close().await
    }

    /// Ends when one side has shut down its writing, and the other was told. The other way goes on.
    async fn pass_on(
        &self,
        mut from: &TcpStream,
        mut to: &TcpStream,
        limit: &Limit,
    ) -> io::Result<()> {
        loop {
            // Waits with a byte that is left there: a connection that is silent holds no buffer.
            let BufResult(peeked, _) = from.peek([0; 1]).await;
            if peeked? == 0 {
                return to.shutdown().await;
            }
            let _permit = limit.semaphore.acquire_many(self.buffer).await;
            let _counted = limit.count(self.buffer);
            let BufResult(read, filled) = from.read(Vec::with_capacity(self.buffer)).await;
            limit.passed.fetch_add(read? as u64, Relaxed);
            // One that does not take it would hold up all others.
            within(self.timeout, async { to.write_all(filled).await.0 }).await?;
        }
    }

    /// Until the end of the input, which is no error.
    fn obey_lines(&self) {
        for line in io::stdin().lock().split(b'\n').map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line);
            // Obeyed all the same where nobody is there to read the answer.
            let _ = match self.obey(&line) {
                Ok(answer) => writeln!(io::stdout(), "{answer}"),
                Err(wrong) => writeln!(io::stderr(), "proxy: '{}': {wrong}", line.trim()),
            };
        }
    }

    fn obey(&self, line: &str) -> Result<String, String> {
        match line.split_whitespace().collect::<Vec<_>>()[..] {
            [] => Ok(format!("{}, {}, {}", self.connections, self.up, self.down)),
            [limit] | ["connections", limit] => Ok(self.connections.set(Limit::parse(limit)?)),
            ["bytes", limit] => {
                let limit = Limit::parse(limit)?;
                check_bytes(limit, self.buffer)?;
                Ok(format!("{}; {}", self.up.set(limit), self.down.set(limit)))
            }
            _ => Err("neither 'connections NUMBER' nor 'bytes NUMBER'".to_owned()),
        }
    }

    /// An error if more was in flight than a limit allows.
    fn summarize(&self, elapsed: Duration) -> io::Result<()> {
        let [connections, up, down] = self.limits().map(|limit| limit.passed.load(Relaxed));
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
                return Err(io::Error::other("more was in flight than the limit allows"));
            }
        }
        Ok(())
    }
}

/// Tries until it has one: what failed is a connection, or descriptors are short for a while.
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
    let late = || io::Error::other(format!("not done within {} ms", time.as_millis()));
    timeout(time, work).await.unwrap_or_else(|_| Err(late()))
}

/// Says which address it was.
fn at<T>(name: impl Display, address: SocketAddr, outcome: io::Result<T>) -> io::Result<T> {
    outcome.map_err(|error| io::Error::new(error.kind(), format!("{name} {address}: {error}")))
}
