//! A TCP key-value store on several compio threads, with a write-ahead log and group commit.
//!
//! `server.rs` bounds connections with a `ClosableSemaphore`, starts workers at a `Barrier`, and
//! stops them with an `Event`. `log.rs` makes a batch of writes durable, and completes them with a
//! `Notify`. `store.rs` shards the data into `RwLock`s, and opens a snapshot in a `OnceCell`.
#![allow(
    clippy::duplicate_mod,
    clippy::incompatible_msrv,
    reason = "compiled twice, for Rust 1.95"
)]

mod load;
mod on_tokio;
mod request;

use std::{net::SocketAddr, num::NonZeroU8, path::PathBuf, process};

use clap::{Parser, value_parser};

// The modules with a server are compiled for each set of primitives, which is their `super`.
#[path = "."]
mod on_compio_sync {
    use compio_sync::{Barrier, ClosableSemaphore, Event, Notify, OnceCell, RwLock};

    mod log;
    pub(crate) mod server;
    mod store;
}

/// Serves a key-value store over TCP. Acknowledged writes survive a crash.
///
/// Requests are the lines 'GET key', 'SET key value' and 'DEL key', of 64 KiB at most. Responses
/// are the lines 'VALUE value', 'NONE', 'OK' and 'ERROR message'. On Ctrl-C, the server answers the
/// requests that it has read, replaces the log with a snapshot, and exits.
#[derive(Parser)]
#[command(name = "kv_server")]
struct Arguments {
    /// Directory of the log and the snapshot [default: a temporary directory]
    #[arg(long, value_name = "DIRECTORY")]
    data: Option<PathBuf>,
    /// Address to listen on; port 0 selects a free port
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Number of threads that serve connections
    #[arg(long, default_value = "2")]
    workers: NonZeroU8,
    /// Maximum number of open connections; more connections wait in the backlog of the listener
    #[arg(long, default_value_t = 1024, value_parser = value_parser!(u16).range(1..))]
    connections: u16,
    /// Primitives that the server uses
    #[arg(long, default_value = "compio-sync", value_parser = ["compio-sync", "tokio"])]
    primitives: String,
    /// Number of clients that write and read 1,000 times each, after which the server stops
    #[arg(long, value_name = "CLIENTS", value_parser = value_parser!(u16).range(1..=400))]
    load: Option<u16>,
}

#[compio::main]
async fn main() {
    let arguments = Arguments::parse();
    let result = match &*arguments.primitives {
        "tokio" => on_tokio::server::run(&arguments).await,
        _ => on_compio_sync::server::run(&arguments).await,
    };
    if let Err(error) = result {
        eprintln!("kv_server: {error}");
        process::exit(1);
    }
}
