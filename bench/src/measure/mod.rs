//! The groups of rows, one file each.

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

/// What a run was asked to do.
pub(crate) struct Setting {
    /// Folder for tables, files of the peers and the data of a server; made and emptied as needed.
    pub(crate) folder: PathBuf,
    /// Interleaved pairs of each comparison.
    pub(crate) pairs: usize,
    /// Sizes of the tables, in values.
    pub(crate) values: Vec<u64>,
    /// Who we are compared with.
    pub(crate) peers: Vec<PeerKind>,
    /// Where the peers' parts are.
    pub(crate) peer_setting: PeerSetting,
    /// The product's own binary, for the rows that need a server or the agent.
    pub(crate) edm: Option<PathBuf>,
    /// The load generator `wrk`.
    pub(crate) wrk: Option<PathBuf>,
    /// The bare handler, `echo`.
    pub(crate) echo: Option<PathBuf>,
    /// Rows of the tables of the ingest group.
    pub(crate) ingest_rows: u64,
}

/// Bytes of a text unless a row says otherwise.
pub(crate) const TEXT_BYTES: usize = 64 * 1024;

/// Returns megabytes a second.
pub(crate) fn rate(corpus: &Corpus, seconds: f64) -> f64 {
    corpus.text.len() as f64 / seconds / 1e6
}

/// Writes a count as 10 k, 1 M and so on.
pub(crate) fn short(count: u64) -> String {
    match count {
        1_000_000.. if count.is_multiple_of(1_000_000) => format!("{} M", count / 1_000_000),
        1_000.. if count.is_multiple_of(1_000) => format!("{} k", count / 1_000),
        _ => count.to_string(),
    }
}
