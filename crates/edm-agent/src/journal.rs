//! The journal of an upload: JSON lines in a file on this machine, so that a new run can resume
//! after the agent was killed.
//!
//! It contains no secret and no cell: only the session id, the file's identity, block numbers,
//! digests, and counts of refusals. The server's block list stays authoritative; the journal only
//! saves hashing blocks again.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::{Error, ErrorKind};
use crate::file_identity::{FileIdentity, hex};
use crate::rejections::{ReasonCount, Rejections};
use crate::table::{StoreShape, TableMode, TableOptions};

const VERSION: u32 = 1;
/// Maximum size of a line. The line of a block with its refusals is far shorter.
const LINE_BYTES_MAX: u64 = 1024 * 1024;

/// The first line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Start {
    pub(crate) version: u32,
    pub(crate) store_id: String,
    pub(crate) session_id: String,
    pub(crate) file: FileIdentity,
    /// Digest of the columns that the blocks were made for.
    pub(crate) plan_digest: String,
    pub(crate) rows_per_block: u32,
    /// What the table does to the live rows. Missing in journals of the first release.
    #[serde(default = "replace")]
    pub(crate) mode: String,
    /// How the table is read. Missing in journals of the first release, which are not resumed.
    #[serde(default)]
    pub(crate) reading: String,
}

fn replace() -> String {
    TableMode::Replace.word().to_owned()
}

impl Start {
    pub(crate) fn new(
        session_id: &str,
        file: FileIdentity,
        shape: &StoreShape,
        options: &TableOptions,
    ) -> Self {
        Self {
            version: VERSION,
            store_id: shape.id.to_string(),
            session_id: session_id.to_owned(),
            file,
            plan_digest: hex(&shape.plan_digest()),
            rows_per_block: shape.rows_per_block(options),
            mode: options.mode.word().to_owned(),
            reading: options.reading(shape),
        }
    }
}

/// The line of one block that the server acknowledged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SentBlock {
    pub(crate) block: u32,
    sha256: String,
    #[serde(default)]
    rejections: NotedRejections,
}

impl SentBlock {
    pub(crate) fn new(block: u32, sha256: [u8; 32], rejections: &Rejections) -> Self {
        let noted =
            |(reason, count): (&String, &ReasonCount)| (reason.clone(), (count.count, count.lines.clone()));
        let reasons = rejections.reasons.iter().map(noted).collect();
        let rejections = NotedRejections {
            lines: rejections.bad_lines,
            records: rejections.rejected_records,
            further_lines: rejections.further_lines,
            cells: rejections.left_out_cells.clone(),
            reasons,
        };
        Self { block, sha256: hex(&sha256), rejections }
    }

    /// Returns the block's digest; `None` if the journal is invalid.
    pub(crate) fn digest(&self) -> Option<[u8; 32]> {
        digest_from_hex(&self.sha256)
    }

    /// Returns the refusals of the block.
    pub(crate) fn rejections(&self) -> Rejections {
        let NotedRejections { lines, records, further_lines, cells, reasons } = self.rejections.clone();
        let read = |(reason, (count, lines))| (reason, ReasonCount { count, lines });
        Rejections {
            bad_lines: lines,
            rejected_records: records,
            further_lines,
            left_out_cells: cells,
            reasons: reasons.into_iter().map(read).collect(),
        }
    }
}

/// The refusals of one block as the journal stores them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct NotedRejections {
    lines: u64,
    records: u64,
    /// Lines after the first of each record. Missing in journals of the first release.
    #[serde(default)]
    further_lines: u64,
    /// Counts by column. Missing in journals of the first release.
    #[serde(default)]
    cells: BTreeMap<String, u64>,
    /// By reason: the count and the first lines.
    reasons: BTreeMap<String, (u64, Vec<u64>)>,
}

/// An open journal, locked against other agents.
pub(crate) struct Journal {
    file: File,
    path: PathBuf,
    start: Option<Start>,
    blocks: BTreeMap<u32, SentBlock>,
}

impl Journal {
    /// Opens or creates the journal and reads it. A truncated last line is ignored, and so is a
    /// journal of an unknown version.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let failed = |error| Error::caused(ErrorKind::Journal { path: path.to_owned() }, error);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path).map_err(failed)?;
        // The lock belongs to the open file, so a killed agent leaves none.
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(Error::new(ErrorKind::JournalInUse { path: path.to_owned() }));
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        let mut journal = Self { file, path: path.to_owned(), start: None, blocks: BTreeMap::new() };
        journal.read().map_err(failed)?;
        Ok(journal)
    }

    fn read(&mut self) -> std::io::Result<()> {
        let mut reader = BufReader::new(&self.file);
        let mut line = Vec::new();
        loop {
            line.clear();
            let length = std::io::Read::take(&mut reader, LINE_BYTES_MAX).read_until(b'\n', &mut line)?;
            // A line without its end was cut by a crash, and nothing after it can be trusted.
            if length == 0 || line.last() != Some(&b'\n') {
                return Ok(());
            }
            match &self.start {
                None => match serde_json::from_slice::<Start>(&line) {
                    Ok(start) if start.version == VERSION => self.start = Some(start),
                    _ => return Ok(()),
                },
                Some(_) => {
                    let Ok(sent) = serde_json::from_slice::<SentBlock>(&line) else { return Ok(()) };
                    self.blocks.insert(sent.block, sent);
                }
            }
        }
    }

    /// Returns the first line of an earlier run.
    pub(crate) fn start(&self) -> Option<&Start> {
        self.start.as_ref()
    }

    /// Returns the line of a block from an earlier run.
    pub(crate) fn block(&self, number: u32) -> Option<&SentBlock> {
        self.blocks.get(&number)
    }

    /// Discards everything and starts a new upload.
    pub(crate) fn begin(&mut self, start: Start) -> Result<(), Error> {
        let line = serde_json::to_vec(&start).map_err(|error| self.failed(error))?;
        self.blocks.clear();
        self.file.set_len(0).map_err(|error| self.failed(error))?;
        self.file.seek(SeekFrom::Start(0)).map_err(|error| self.failed(error))?;
        self.start = Some(start);
        self.append(line)
    }

    /// Continues after the complete lines of an earlier run. A truncated last line is overwritten.
    pub(crate) fn resume(&mut self) -> Result<(), Error> {
        let Some(start) = self.start.clone() else { return Ok(()) };
        let blocks: Vec<SentBlock> = self.blocks.values().cloned().collect();
        self.begin(start)?;
        for sent in blocks {
            self.acknowledge(sent)?;
        }
        Ok(())
    }

    /// Records that the server has a block.
    pub(crate) fn acknowledge(&mut self, sent: SentBlock) -> Result<(), Error> {
        let line = serde_json::to_vec(&sent).map_err(|error| self.failed(error))?;
        self.blocks.insert(sent.block, sent);
        self.append(line)
    }

    /// Deletes the journal, since there is nothing to resume.
    pub(crate) fn remove(self) -> Result<(), Error> {
        let Self { file, path, .. } = self;
        drop(file);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(Error::caused(ErrorKind::Journal { path }, error))
            }
            _ => Ok(()),
        }
    }

    /// Appends a line in one write, so that a kill leaves complete lines and at most one truncated
    /// line.
    fn append(&mut self, mut line: Vec<u8>) -> Result<(), Error> {
        line.push(b'\n');
        self.file.write_all(&line).map_err(|error| self.failed(error))?;
        self.file.sync_data().map_err(|error| self.failed(error))
    }

    fn failed(&self, error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
        Error::caused(ErrorKind::Journal { path: self.path.clone() }, error)
    }
}

/// Returns the journal's file name for a server, a store and a file.
pub(crate) fn file_name(server: &str, store_id: &str, path: &Path) -> String {
    let mut digest = Sha256::new();
    for part in [server.as_bytes(), store_id.as_bytes(), path.as_os_str().as_encoded_bytes()] {
        digest.update((part.len() as u64).to_le_bytes());
        digest.update(part);
    }
    let digest = hex(&digest.finalize());
    format!("upload-{}.jsonl", digest.get(..24).unwrap_or(&digest))
}

/// Parses 32 bytes of hex.
fn digest_from_hex(text: &str) -> Option<[u8; 32]> {
    let mut digest = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (position, byte) in digest.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(position * 2..position * 2 + 2)?, 16).ok()?;
    }
    Some(digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start() -> Start {
        let file = FileIdentity { size: 10, modified_ns: 5, header_sha256: "aa".to_owned() };
        Start {
            version: VERSION,
            store_id: "store".to_owned(),
            session_id: "session".to_owned(),
            file,
            plan_digest: hex(&[7; 32]),
            rows_per_block: 100,
            mode: replace(),
            reading: String::new(),
        }
    }

    fn sent(block: u32) -> SentBlock {
        let mut rejections = Rejections::default();
        rejections.reject(u64::from(block) + 2..u64::from(block) + 4, "wrong number of cells");
        SentBlock::new(block, [block as u8; 32], &rejections)
    }

    #[test]
    fn what_was_noted_comes_back_and_a_cut_line_does_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("deep/upload.jsonl");
        let mut journal = Journal::open(&path).expect("opens");
        assert_eq!(journal.start(), None);
        journal.begin(start()).expect("writes");
        journal.acknowledge(sent(0)).expect("writes");
        journal.acknowledge(sent(3)).expect("writes");
        drop(journal);
        let mut bytes = std::fs::read(&path).expect("reads");
        bytes.extend_from_slice(b"{\"block\":4,\"sha2");
        std::fs::write(&path, bytes).expect("writes");

        let mut journal = Journal::open(&path).expect("opens again");
        assert_eq!(journal.start(), Some(&start()));
        assert_eq!((journal.block(0), journal.block(3)), (Some(&sent(0)), Some(&sent(3))));
        let third = journal.block(3).expect("was noted");
        assert_eq!((third.digest(), third.rejections().reasons.len()), (Some([3; 32]), 1));
        assert_eq!((third.rejections().bad_lines, third.rejections().further_lines), (2, 1));
        assert_eq!(journal.block(4), None);
        journal.resume().expect("writes");
        journal.acknowledge(sent(4)).expect("writes");
        drop(journal);

        let journal = Journal::open(&path).expect("opens again");
        assert_eq!(journal.block(4), Some(&sent(4)), "a line behind the cut one is whole");
        journal.remove().expect("removes");
        assert!(!path.exists());
    }

    #[test]
    fn one_agent_at_a_time_and_no_other_version() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("upload.jsonl");
        let first = Journal::open(&path).expect("opens");
        let second = Journal::open(&path).err().expect("is held");
        assert_eq!(*second.kind(), ErrorKind::JournalInUse { path: path.clone() });
        drop(first);
        let line = serde_json::to_string(&Start { version: 2, ..start() }).expect("serialises");
        std::fs::write(&path, line + "\n").expect("writes");
        assert_eq!(Journal::open(&path).expect("opens").start(), None);
    }

    #[test]
    fn a_journal_of_the_first_release_was_a_replace() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("upload.jsonl");
        let line = serde_json::to_string(&start()).expect("serialises");
        let first = line.replace(",\"mode\":\"replace\"", "");
        assert_ne!(first, line);
        std::fs::write(&path, first + "\n").expect("writes");
        assert_eq!(Journal::open(&path).expect("opens").start(), Some(&start()));
    }

    #[test]
    fn digests_of_hex() {
        assert_eq!(digest_from_hex(&hex(&[0xab; 32])), Some([0xab; 32]));
        for text in ["", "ab", &"g".repeat(64), &"é".repeat(32)] {
            assert_eq!(digest_from_hex(text), None);
        }
    }
}
