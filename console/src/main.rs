//! Ten tasks that take turns on three permits, until Ctrl-C, for tokio-console to watch.

use std::time::Duration;

use compio::{runtime::spawn, signal::ctrl_c, time::sleep};
use compio_sync::{ClosableSemaphore, Closed};

static FILES: ClosableSemaphore = ClosableSemaphore::new(3);

#[compio::main]
async fn main() -> std::io::Result<()> {
    console_subscriber::init();
    let tasks: Vec<_> = (0..10).map(|_| spawn(work())).collect();
    ctrl_c().await?;
    FILES.drain().await;
    for task in tasks {
        // Refused, as all of them are in the end.
        let _ = task.await;
    }
    Ok(())
}

/// Holds a permit for a second, again and again.
async fn work() -> Result<(), Closed> {
    loop {
        let _permit = FILES.acquire().await?;
        sleep(Duration::from_secs(1)).await;
    }
}
