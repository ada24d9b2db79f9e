//! The data: an index of the writes since the last snapshot, and the snapshot.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::{io, iter, sync::Arc};

use compio::fs::{self, File};

use super::{OnceCell, RwLock};
use crate::request::{pop_record, push_record};

/// Values by key. A deleted key has no value.
type Entries = HashMap<String, Option<Arc<str>>>;

pub(super) struct Store {
    data: PathBuf,
    index: [RwLock<Entries>; 16],
    /// Opened by the first request for a key that is not in the index.
    snapshot: OnceCell<Entries>,
}

impl Store {
    pub(super) fn new(data: &Path) -> io::Result<Self> {
        std::fs::File::options().create(true).append(true).open(data.join("snapshot"))?;
        let (index, snapshot) = Default::default();
        Ok(Self { data: data.to_owned(), index, snapshot })
    }

    fn shard(&self, key: &str) -> &RwLock<Entries> {
        &self.index[crc32fast::hash(key.as_bytes()) as usize % self.index.len()]
    }

    pub(super) async fn get(&self, key: &str) -> io::Result<Option<Arc<str>>> {
        if let Some(value) = self.shard(key).read().await.get(key) {
            return Ok(value.clone());
        }
        Ok(self.snapshot().await?.get(key).cloned().flatten())
    }

    async fn snapshot(&self) -> io::Result<&Entries> {
        let open = async || {
            let file = fs::read(self.data.join("snapshot")).await?;
            let mut rest = &file[..];
            let entries = iter::from_fn(|| pop_record(&mut rest)).collect();
            if rest.is_empty() { Ok(entries) } else { Err(io::Error::other("damaged snapshot")) }
        };
        self.snapshot.get_or_try_init(open).await
    }

    /// Adds the records of a file to the index. Returns their length in bytes, up to a torn record.
    pub(super) async fn replay(&self, file: &[u8]) -> usize {
        let mut rest = file;
        while let Some((key, value)) = pop_record(&mut rest) {
            self.shard(&key).write().await.insert(key, value);
        }
        file.len() - rest.len()
    }

    /// Replaces the snapshot with one that includes the index.
    pub(super) async fn save(&self) -> io::Result<()> {
        let mut entries = self.snapshot().await?.clone();
        for shard in &self.index {
            entries.extend(shard.read().await.clone());
        }
        let mut file = Vec::new();
        for (key, value) in entries.iter().filter_map(|(key, value)| Some((key, value.as_ref()?))) {
            push_record(&mut file, format!("SET {key} {value}").as_bytes());
        }
        let new = self.data.join("snapshot.new");
        fs::write(&new, file).await.0?;
        File::open(&new).await?.sync_all().await?;
        fs::rename(&new, self.data.join("snapshot")).await?;
        File::open(&self.data).await?.sync_all().await // Makes the new name durable.
    }
}
