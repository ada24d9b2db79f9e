//! The server. Each worker spawns the connections that it accepts on its own thread.

use std::{fs, io, net, num::NonZeroUsize, pin::pin, sync::Arc, time::Duration};

use compio::dispatcher::Dispatcher;
use compio::io::{AsyncWriteExt, BufReader};
use compio::net::{TcpListener, TcpStream};
use compio::time::{sleep, timeout};
use futures::future::{Either, select};

use super::log::{self, Log};
use super::{Barrier, ClosableSemaphore, Event, store::Store};
use crate::request::{Request, parse, read_line};
use crate::{Arguments, load};

struct Server {
    store: Store,
    log: Log,
    connections: Arc<ClosableSemaphore>,
    start: Barrier,
    stop: Event,
}

pub(crate) async fn run(arguments: &Arguments) -> io::Result<()> {
    let temporary = tempfile::tempdir()?;
    let data = arguments.data.as_deref().unwrap_or(temporary.path());
    let name_data = |error| io::Error::other(format!("{}: {error}", data.display()));
    fs::create_dir_all(data).map_err(name_data)?;
    let directory = fs::File::open(data).map_err(name_data)?;
    directory.try_lock().map_err(|_| io::Error::other("another server uses the directory"))?;
    let workers = NonZeroUsize::from(arguments.workers);
    let server = Arc::new(Server {
        store: Store::new(data)?,
        log: Log::default(),
        connections: Arc::new(ClosableSemaphore::new(arguments.connections.into())),
        start: Barrier::new(workers.get() + 1),
        stop: Event::default(),
    });
    let (file, end) = log::open(&data.join("log"), &server.store).await?;
    directory.sync_all()?; // Makes the names of new files durable.
    let listener = net::TcpListener::bind(arguments.listen)
        .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", arguments.listen)))?;
    let address = listener.local_addr()?;
    // Not concurrent, because one worker could take the accept loops of all workers otherwise.
    let dispatcher = Dispatcher::builder().worker_threads(workers).concurrent(false).build()?;
    for _ in 0..workers.get() {
        let (server, listener) = (Arc::clone(&server), listener.try_clone()?);
        drop(dispatcher.dispatch(|| server.accept(listener)).expect("the workers run"));
    }
    server.start.wait().await;
    let log = server.log.run(&server.store, file.clone(), end);
    let mut ctrl_c = pin!(compio::signal::ctrl_c());
    let _ = futures::poll!(&mut ctrl_c); // Installs the signal handler.
    println!("listening on {address}; press Ctrl-C to stop");
    let stopped = async {
        select(pin!(load::run(arguments.load, address)), ctrl_c).await.factor_first().0?;
        println!("stopping");
        server.stop.set();
        // A client that does not read its response may never close its connection.
        let _ = timeout(Duration::from_secs(10), server.connections.drain()).await;
        Ok(())
    };
    select(pin!(log), pin!(stopped)).await.factor_first().0?;
    server.store.save().await?;
    log::cut(&file, 0).await?;
    let (commits, syncs) = *server.log.counts.lock().unwrap();
    println!("{commits} commits, {:.1} per sync", commits as f64 / syncs.max(1) as f64);
    Ok(())
}

impl Server {
    async fn accept(self: Arc<Self>, listener: net::TcpListener) {
        let listener = TcpListener::from_std(listener).expect("the listener is valid");
        let mut stop = pin!(self.stop.wait());
        self.start.wait().await;
        // The permit is acquired first, so that a connection without one waits in the backlog.
        while let Ok(permit) = Arc::clone(&self.connections).acquire_owned().await {
            let accept = pin!(listener.accept());
            let Either::Right((accepted, _)) = select(&mut stop, accept).await else { break };
            if accepted.is_err() {
                sleep(Duration::from_millis(100)).await; // Until a file may be closed.
            }
            let server = Arc::clone(&self);
            let connection = async move {
                let _permit = permit;
                let served = async { server.serve(accepted?.0).await }.await;
                served
                    .unwrap_or_else(|error: io::Error| eprintln!("kv_server: connection: {error}"));
            };
            compio::runtime::spawn(connection).detach();
        }
    }

    async fn serve(&self, stream: TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let mut reader = BufReader::new(&stream);
        let mut stop = pin!(self.stop.wait());
        while let Either::Right((line, _)) = select(&mut stop, pin!(read_line(&mut reader))).await {
            let Some(line) = line? else { break };
            let answer = self.answer(&line).await.unwrap_or_else(|error| format!("ERROR {error}"));
            (&stream).write_all(answer + "\n").await.0?;
        }
        stream.close().await
    }

    async fn answer(&self, line: &[u8]) -> Result<String, String> {
        match parse(line)? {
            Request::Get(key) => match self.store.get(key).await {
                Ok(value) => Ok(value.map_or("NONE".to_owned(), |value| format!("VALUE {value}"))),
                Err(error) => Err(format!("cannot read: {error}")),
            },
            Request::Write(..) => self.log.commit(line).await.map(|()| "OK".to_owned()),
        }
    }
}
