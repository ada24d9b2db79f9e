//! A service whose tasks wait for each primitive until Ctrl-C, to be observed in tokio-console.

use std::{collections::VecDeque, io, rc::Rc, time::Duration};

use compio::{runtime::spawn, signal::ctrl_c, time::sleep};
use compio_sync::{
    Barrier, ClosableSemaphore, Closed, Condvar, Event, Mutex, Notify, OnceCell, RwLock, unsync,
};

static RUNNING: Event = Event::new(false);
static REQUESTS: ClosableSemaphore = ClosableSemaphore::new(8);
static CONFIG: OnceCell<Duration> = OnceCell::new();
static ROUTES: RwLock<&str> = RwLock::new("/v1");
static LOG: Mutex<VecDeque<&str>> = Mutex::new(VecDeque::new());
static LOGGED: Condvar = Condvar::new();
static FLUSHED: Notify = Notify::new();
static REPLICAS: Barrier = Barrier::new(3);

#[compio::main]
async fn main() -> io::Result<()> {
    console_subscriber::init();
    let files = Rc::new(unsync::Semaphore::new(3));
    let mut tasks = vec![spawn(operate()), spawn(write_log()), spawn(write_log()), spawn(report())];
    tasks.extend((1..=3).map(|seconds| spawn(replicate(seconds))));
    let _requests: Vec<_> = (0..12).map(|_| spawn(serve(files.clone()))).collect();
    ctrl_c().await?;
    // Waits until the requests in flight are done. Returning cancels all tasks.
    REQUESTS.drain().await;
    Ok(())
}

/// Starts the service, and repeatedly changes the routes and pauses the service.
async fn operate() {
    loop {
        RUNNING.set();
        sleep(Duration::from_secs(6)).await;
        let mut routes = ROUTES.write().await;
        sleep(Duration::from_secs(2)).await;
        *routes = if *routes == "/v1" { "/v2" } else { "/v1" };
        RUNNING.reset();
        drop(routes);
        sleep(Duration::from_secs(3)).await;
    }
}

/// Serves requests until the service closes. At most three requests have a file open.
async fn serve(files: Rc<unsync::Semaphore>) -> Result<(), Closed> {
    loop {
        RUNNING.wait().await;
        let _request = REQUESTS.acquire().await?;
        let route = *ROUTES.read().await;
        let config = CONFIG.get_or_init(async || {
            sleep(Duration::from_secs(5)).await;
            Duration::from_millis(700)
        });
        let work = *config.await;
        let _file = files.clone().acquire_owned().await;
        sleep(work).await;
        LOG.lock().await.push_back(route);
        LOGGED.notify_one();
    }
}

/// Removes lines from the log. It holds the lock while it writes a line.
async fn write_log() {
    loop {
        let mut log = LOGGED.wait_while(LOG.lock().await, |log| log.is_empty()).await;
        sleep(Duration::from_millis(150)).await;
        log.pop_front();
        FLUSHED.notify_one();
    }
}

/// Waits until lines are written.
async fn report() {
    loop {
        FLUSHED.notified().await;
        sleep(Duration::from_millis(50)).await;
    }
}

/// Works for some seconds per round, and meets the other replicas after each round.
async fn replicate(seconds: u64) {
    loop {
        sleep(Duration::from_secs(seconds)).await;
        REPLICAS.wait().await;
    }
}
