//! The groups of rows, one module each.

pub(crate) mod api;
mod client;
pub(crate) mod http;
pub(crate) mod ingest;
mod ndjson;
pub(crate) mod scale;
pub(crate) mod scan;
mod server;

use std::path::PathBuf;

use crate::corpus::Corpus;
use crate::peers::{PeerKind, PeerSetting};

/// The settings of a run.
pub(crate) struct Setting {
    /// Folder for tables, files of the peers and the data of a server; created and emptied as
    /// needed.
    pub(crate) folder: PathBuf,
    /// The number of interleaved pairs per comparison.
    pub(crate) pairs: usize,
    /// Sizes of the tables, in values.
    pub(crate) values: Vec<u64>,
    /// The peers to compare with.
    pub(crate) peers: Vec<PeerKind>,
    /// The programs and files of the peers.
    pub(crate) peer_setting: PeerSetting,
    /// The product's binary, for rows that need a server or the agent.
    pub(crate) edm: Option<PathBuf>,
    /// The load generator, `wrk`.
    pub(crate) wrk: Option<PathBuf>,
    /// The bare handler, `echo`.
    pub(crate) echo: Option<PathBuf>,
    /// Rows of the tables in the ingest group.
    pub(crate) ingest_rows: u64,
}

/// The default size of a text in bytes.
pub(crate) const TEXT_BYTES: usize = 64 * 1024;

/// Returns megabytes per second.
pub(crate) fn rate(corpus: &Corpus, seconds: f64) -> f64 {
    corpus.text.len() as f64 / seconds / 1e6
}

/// Formats a count as 10 k, 1 M and so on.
pub(crate) fn short(count: u64) -> String {
    match count {
        1_000_000.. if count.is_multiple_of(1_000_000) => format!("{} M", count / 1_000_000),
        1_000.. if count.is_multiple_of(1_000) => format!("{} k", count / 1_000),
        _ => count.to_string(),
    }
}
