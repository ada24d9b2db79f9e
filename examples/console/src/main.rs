//! Ten tasks that share three permits until Ctrl-C, to be observed in tokio-console.

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
        // Each task ends with `Closed`.
        let _ = task.await;
    }
    Ok(())
}

/// Repeatedly acquires a permit and holds it for a second, until the semaphore is closed.
async fn work() -> Result<(), Closed> {
    loop {
        let _permit = FILES.acquire().await?;
        sleep(Duration::from_secs(1)).await;
    }
}
