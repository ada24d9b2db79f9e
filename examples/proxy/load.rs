//! An echo server, and clients that send it requests through the proxy: on the thread of the proxy, so that
//! what is measured is the work of all three.

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

use crate::{accept, at, within};

#[derive(Args, Clone, Copy)]
pub(crate) struct LoadOptions {
    /// How many clients connect again and again, 128 at most: as many as the backlog holds
    #[arg(long, default_value_t = 64, value_parser = value_parser!(u16).range(1..=128))]
    clients: u16,
    /// How many requests a client sends on a connection
    #[arg(long, default_value_t = 20, value_parser = value_parser!(u32).range(1..))]
    requests: u32,
    /// How many bytes a request has, and its answer; 16 MiB at most
    #[arg(long, value_name = "BYTES", default_value_t = 65_536, value_parser = value_parser!(u32).range(1..=1 << 24))]
    request_size: u32,
    /// How long clients send requests; 0 is until Ctrl-C
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
    pub(crate) async fn run(self, echo: TcpListener) -> io::Result<Answered> {
        spawn(answer_all(echo, self.size())).detach();
        let answered = RefCell::new(Answered::new(self.size()));
        let clients = (0..self.options.clients).map(|_| self.run_client(&answered));
        at("a client of", self.proxy, try_join_all(clients).await)?;
        Ok(answered.into_inner())
    }

    fn size(&self) -> usize {
        self.options.request_size as usize
    }

    fn is_over(&self) -> bool {
        let seconds = Duration::from_secs(self.options.seconds.into());
        self.stopped.get() || !seconds.is_zero() && self.started.elapsed() >= seconds
    }

    /// Sends a request at least, however late it starts.
    async fn run_client(&self, answered: &RefCell<Answered>) -> io::Result<()> {
        loop {
            let mut stream = TcpStream::connect(self.proxy).await?;
            stream.set_nodelay(true)?;
            let latency = within(self.timeout, self.request(&mut stream)).await?;
            answered.borrow_mut().first.saturating_record(latency);
            for _ in 1..self.options.requests {
                if self.is_over() {
                    break;
                }
                let latency = within(self.timeout, self.request(&mut stream)).await?;
                answered.borrow_mut().others.saturating_record(latency);
            }
            stream.close().await?;
            if self.is_over() {
                return Ok(());
            }
        }
    }

    /// Returns its latency in microseconds.
    async fn request(&self, stream: &mut TcpStream) -> io::Result<u64> {
        let mut request = vec![0; self.size()];
        fastrand::fill(&mut request);
        let started = Instant::now();
        let BufResult(written, request) = stream.write_all(request).await;
        written?;
        let BufResult(read, answer) = stream.read_exact(vec![0; self.size()]).await;
        read?;
        if answer != request {
            return Err(io::Error::other("an answer that is none"));
        }
        Ok(started.elapsed().as_micros() as u64)
    }
}

/// The latencies of what was answered, in microseconds.
pub(crate) struct Answered {
    size: usize,
    /// Of the first request of each connection, which waits for a permit, too.
    first: Histogram<u64>,
    others: Histogram<u64>,
}

impl Answered {
    fn new(size: usize) -> Self {
        let an_hour = 3_600_000_000;
        let histogram = Histogram::new_with_max(an_hour, 3).expect("the bounds are right");
        Self { size, first: histogram.clone(), others: histogram }
    }

    /// An error if the proxy has passed on something else.
    pub(crate) fn summarize(&self, [connections, up, down]: [u64; 3]) -> io::Result<()> {
        let requests = self.first.len() + self.others.len();
        let mut out = io::stdout().lock();
        writeln!(out, "requests          {requests}, all answered")?;
        for (name, latency) in [("first of each", &self.first), ("all others", &self.others)] {
            let [p50, p99] = [0.5, 0.99].map(|q| latency.value_at_quantile(q) as f64 / 1e3);
            writeln!(out, "{name:<16}  p50 {p50:.2} ms, p99 {p99:.2} ms")?;
        }
        let bytes = requests * self.size as u64;
        if [connections, up, down] != [self.first.len(), bytes, bytes] {
            return Err(io::Error::other("the proxy has not passed on what the clients have sent"));
        }
        Ok(())
    }
}

async fn answer_all(listener: TcpListener, size: usize) {
    loop {
        let (stream, _) = accept(&listener).await;
        spawn(answer(stream, size)).detach();
    }
}

/// Goes on until its client closes, or until something fails, which the client notices.
async fn answer(mut stream: TcpStream, size: usize) -> io::Result<()> {
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
