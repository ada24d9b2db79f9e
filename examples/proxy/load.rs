//! An echo server, and clients that send requests to it through the proxy.
//!
//! They run on the thread of the proxy, so the latencies contain the work of all three.

use std::{
    cell::{Cell, RefCell},
    io::{self, Write},
    net::SocketAddr,
    time::{Duration, Instant},
};

use clap::{Args, value_parser};
use compio::{
    BufResult,
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    runtime::spawn,
};
use futures::future::try_join_all;
use hdrhistogram::Histogram;

use crate::{accept, with_address, within};

#[derive(Args, Clone, Copy)]
pub(crate) struct LoadOptions {
    /// Number of clients that reconnect repeatedly, at most 128: the size of the backlog
    #[arg(long, default_value_t = 64, value_parser = value_parser!(u16).range(1..=128))]
    clients: u16,
    /// Number of requests that a client sends per connection
    #[arg(long, default_value_t = 20, value_parser = value_parser!(u32).range(1..))]
    requests: u32,
    /// Size of a request and of its response in bytes, at most 16 MiB
    #[arg(
        long,
        value_name = "BYTES",
        default_value_t = 65_536,
        value_parser = value_parser!(u32).range(1..=1 << 24)
    )]
    request_size: u32,
    /// Run time of the clients in seconds; 0 runs until Ctrl-C
    #[arg(long, default_value_t = 3)]
    seconds: u32,
}

pub(crate) struct Load<'a> {
    pub(crate) options: LoadOptions,
    pub(crate) proxy: SocketAddr,
    pub(crate) timeout: Duration,
    pub(crate) started: Instant,
    pub(crate) stopped: &'a Cell<bool>,
}

impl Load<'_> {
    pub(crate) async fn run(self, echo: TcpListener) -> io::Result<Latencies> {
        spawn(serve_echo(echo, self.size())).detach();
        let latencies = RefCell::new(Latencies::new(self.size()));
        let clients = (0..self.options.clients).map(|_| self.run_client(&latencies));
        with_address("a client of", self.proxy, try_join_all(clients).await)?;
        Ok(latencies.into_inner())
    }

    fn size(&self) -> usize {
        self.options.request_size as usize
    }

    fn is_over(&self) -> bool {
        let seconds = Duration::from_secs(self.options.seconds.into());
        self.stopped.get() || !seconds.is_zero() && self.started.elapsed() >= seconds
    }

    /// Sends at least one request, even if the run time is over.
    async fn run_client(&self, latencies: &RefCell<Latencies>) -> io::Result<()> {
        loop {
            let mut stream = TcpStream::connect(self.proxy).await?;
            stream.set_nodelay(true)?;
            let latency = within(self.timeout, self.request(&mut stream)).await?;
            latencies.borrow_mut().first.saturating_record(latency);
            for _ in 1..self.options.requests {
                if self.is_over() {
                    break;
                }
                let latency = within(self.timeout, self.request(&mut stream)).await?;
                latencies.borrow_mut().later.saturating_record(latency);
            }
            stream.close().await?;
            if self.is_over() {
                return Ok(());
            }
        }
    }

    /// Sends a request, and returns its latency in microseconds.
    async fn request(&self, stream: &mut TcpStream) -> io::Result<u64> {
        let mut request = vec![0; self.size()];
        fastrand::fill(&mut request);
        let started = Instant::now();
        let BufResult(written, request) = stream.write_all(request).await;
        written?;
        let BufResult(read, response) = stream.read_exact(vec![0; self.size()]).await;
        read?;
        if response != request {
            return Err(io::Error::other("the response differs from the request"));
        }
        Ok(started.elapsed().as_micros() as u64)
    }
}

/// The latencies of requests in microseconds.
pub(crate) struct Latencies {
    size: usize,
    /// The first requests of connections. These latencies include the wait for a permit.
    first: Histogram<u64>,
    /// All other requests.
    later: Histogram<u64>,
}

impl Latencies {
    fn new(size: usize) -> Self {
        let an_hour = 3_600_000_000;
        let histogram = Histogram::new_with_max(an_hour, 3).expect("the bounds are valid");
        Self { size, first: histogram.clone(), later: histogram }
    }

    /// Prints the latencies. Fails if the totals of the proxy differ from those of the clients.
    pub(crate) fn summarize(&self, [connections, up, down]: [u64; 3]) -> io::Result<()> {
        let requests = self.first.len() + self.later.len();
        let mut out = io::stdout().lock();
        writeln!(out, "requests          {requests} completed")?;
        for (name, latency) in [("first requests", &self.first), ("later requests", &self.later)] {
            let [p50, p99] = [0.5, 0.99].map(|q| latency.value_at_quantile(q) as f64 / 1e3);
            writeln!(out, "{name:<16}  p50 {p50:.2} ms, p99 {p99:.2} ms")?;
        }
        let bytes = requests * self.size as u64;
        if [connections, up, down] != [self.first.len(), bytes, bytes] {
            let message = "the proxy and its clients counted different connections or bytes";
            return Err(io::Error::other(message));
        }
        Ok(())
    }
}

async fn serve_echo(listener: TcpListener, size: usize) {
    loop {
        let (stream, _) = accept(&listener).await;
        spawn(echo(stream, size)).detach();
    }
}

/// Echoes requests until the client closes the connection. Errors are noticed by the client.
async fn echo(mut stream: TcpStream, size: usize) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = vec![0; size];
    loop {
        let BufResult(read, request) = stream.read_exact(buffer).await;
        read?;
        let BufResult(written, request) = stream.write_all(request).await;
        written?;
        buffer = request;
    }
}
