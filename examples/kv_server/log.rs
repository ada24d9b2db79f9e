//! The write-ahead log. Writers add records to a batch, and one task commits it with one sync.
//! Meanwhile, writers fill the next batch, so the batches grow with the number of writers.

use std::sync::{Arc, Mutex, OnceLock};
use std::{io, mem, path::Path};

use compio::BufResult;
use compio::fs::{File, OpenOptions};
use compio::io::{AsyncReadAtExt, AsyncWriteAtExt};

use super::{Notify, store::Store};
use crate::request::push_record;

#[derive(Default)]
pub(super) struct Log {
    next: Mutex<Batch>,
    /// Notified of the first record of each batch.
    begun: Notify,
    /// The number of commits, and of syncs.
    pub(super) counts: Mutex<(u64, u64)>,
}

#[derive(Default)]
struct Batch {
    records: Vec<u8>,
    commits: u64,
    result: Arc<OnceLock<Result<(), String>>>,
    has_result: Arc<Notify>,
}

impl Log {
    /// Waits until the write is durable and in the store.
    pub(super) async fn commit(&self, request: &[u8]) -> Result<(), String> {
        let (is_first, result, has_result) = {
            let mut next = self.next.lock().unwrap();
            push_record(&mut next.records, request);
            next.commits += 1;
            // The wait is created before the batch can be taken, so the broadcast completes it.
            let has_result = Arc::clone(&next.has_result).notified_owned();
            (next.commits == 1, Arc::clone(&next.result), has_result)
        };
        if is_first {
            self.begun.notify_one();
        }
        has_result.await;
        result.get().expect("the result is set before the broadcast").clone()
    }

    /// Commits all batches. Returns only if the file cannot be repaired after an error.
    pub(super) async fn run(&self, store: &Store, mut file: File, mut end: u64) -> io::Result<()> {
        loop {
            self.begun.notified().await;
            let batch = mem::take(&mut *self.next.lock().unwrap());
            let BufResult(written, records) = file.write_all_at(batch.records, end).await;
            let synced = written.and(file.sync_data().await);
            if synced.is_ok() {
                end += records.len() as u64;
                // Only this task writes to the store, so the store has the order of the log.
                store.replay(&records).await;
                let mut counts = self.counts.lock().unwrap();
                *counts = (counts.0 + batch.commits, counts.1 + 1);
            } else {
                cut(&file, end).await?;
            }
            let result = synced.map_err(|error| format!("cannot write the log: {error}"));
            batch.result.set(result).expect("only this task sets the result");
            batch.has_result.notify_waiters();
        }
    }
}

/// Opens the log and adds its records to the store, up to a torn one. Returns their length.
pub(super) async fn open(path: &Path, store: &Store) -> io::Result<(File, u64)> {
    let file = OpenOptions::new().read(true).write(true).create(true).open(path).await?;
    let BufResult(read, records) = file.read_to_end_at(Vec::new(), 0).await;
    let (length, end) = (read?, store.replay(&records).await);
    if end < length {
        eprintln!("kv_server: {}: cut off a torn record, {} bytes", path.display(), length - end);
    }
    cut(&file, end as u64).await?; // The last records may not be durable yet.
    Ok((file, end as u64))
}

/// Cuts the file to a length in bytes.
pub(super) async fn cut(file: &File, length: u64) -> io::Result<()> {
    file.set_len(length).await?;
    file.sync_all().await
}
