//! The load generator. Its clients check each response.

use std::{cell::RefCell, future::pending, io, net::SocketAddr, time::Instant};

use compio::io::{AsyncWriteExt, BufReader};
use compio::net::TcpStream;
use futures::future::try_join_all;
use hdrhistogram::Histogram;

use crate::request::read_line;

/// Runs the clients and prints how long their requests take. Without clients, it waits forever.
pub(crate) async fn run(clients: Option<u16>, server: SocketAddr) -> io::Result<()> {
    let Some(clients) = clients else { return pending().await };
    let new = || Histogram::<u64>::new(3).expect("three digits are valid");
    let times = RefCell::new([new(), new()]);
    let run_client = async |client| {
        let stream = TcpStream::connect(server).await?;
        stream.set_nodelay(true)?;
        let mut reader = BufReader::new(&stream);
        for number in 0..1000 {
            let key = format!("{client}-{}", number % 100);
            let write = (format!("SET {key} {number}\n"), "OK".to_owned());
            let read = (format!("GET {key}\n"), format!("VALUE {number}"));
            for (kind, (request, response)) in [write, read].into_iter().enumerate() {
                let sent = Instant::now();
                (&stream).write_all(request).await.0?;
                let line = read_line(&mut reader).await?.unwrap_or_default();
                times.borrow_mut()[kind] += sent.elapsed().as_micros() as u64;
                if line != response.as_bytes() {
                    let line = line.escape_ascii();
                    return Err(io::Error::other(format!("expected '{response}', not '{line}'")));
                }
            }
        }
        stream.close().await
    };
    let started = Instant::now();
    try_join_all((0..clients).map(run_client)).await?;
    let seconds = started.elapsed().as_secs_f64();
    for (name, all) in ["writes", "reads"].iter().zip(&*times.borrow()) {
        let [p50, p99, p999] = [0.5, 0.99, 0.999].map(|quantile| all.value_at_quantile(quantile));
        let rate = all.len() as f64 / seconds;
        println!("{rate:.0} {name} per second, in us: p50 {p50}, p99 {p99}, p99.9 {p999}");
    }
    Ok(())
}
