//! Errors of the agent. No variant contains cell text: only line numbers, byte offsets, counts and
//! column names leave the source.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use edm_model::limits;

use crate::rejections::Rejections;
use crate::source::OtherSeparator;

/// The server's code for data that cannot be read (`docs/api/errors.md`).
const DATA_UNAVAILABLE: &str = "dataUnavailable";
const NOTHING_LOOKED_FOR: &str = "nothingLookedFor";
const NO_LIVE_DATA: &str = "noLiveData";

/// Reports why the agent stopped. Callers decide by [`Error::kind`].
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    /// The delay that the server requested.
    retry_after: Option<Duration>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// The kind of an error.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The file cannot be opened or read.
    FileUnreadable {
        /// The file, or `-` for standard input.
        path: PathBuf,
    },
    /// The file is not text in a supported encoding.
    NotText(edm_extract::Error),
    /// The bytes of a table are in no supported encoding, or not in the declared one.
    TableEncoding {
        /// The line, counted from 1.
        line: u64,
        /// The offset of the first invalid byte after decompression, counted from 0.
        byte: u64,
        /// The declared encoding.
        declared: Option<&'static str>,
    },
    /// The file is not delimited text.
    NotDelimited {
        /// What it is instead, as a clause after "the file".
        what: &'static str,
    },
    /// The gzip stream is truncated or damaged.
    GzipDamaged,
    /// A record exceeds the size limit.
    RecordTooLong {
        /// The line on which the record starts.
        line: u64,
    },
    /// The quotes of the header do not match.
    TornHeader {
        /// The line on which it starts.
        line: u64,
    },
    /// The file has no line.
    NoHeader,
    /// The separator is not allowed.
    BadSeparator,
    /// The table has one column, but another character seems to separate several.
    OneColumn {
        /// The character.
        other: OtherSeparator,
    },
    /// The header lacks columns of the store.
    MissingColumns {
        /// The missing columns.
        names: Vec<String>,
        /// The number of cells in the header.
        header_cells: usize,
    },
    /// The header has columns that the store lacks.
    ExtraColumns {
        /// Their names.
        names: Vec<String>,
    },
    /// Two header cells name the same column.
    DuplicateColumn {
        /// The column.
        name: String,
    },
    /// The first line is not a header.
    UnfitHeader {
        /// The cell at fault, counted from 1.
        cell: usize,
        /// What is wrong with it, without its text.
        reason: &'static str,
    },
    /// The first line has too many cells for a table.
    TooManyCells {
        /// Their number.
        cells: usize,
    },
    /// The folder for temporary files cannot be written or read.
    Scratch {
        /// The folder.
        path: PathBuf,
    },
    /// The file of refused lines cannot be written.
    RefusedLines {
        /// The file.
        path: PathBuf,
    },
    /// The output path is not a regular file.
    IsNoFile {
        /// The path.
        path: PathBuf,
    },
    /// The output file is the table itself.
    IsTheTable {
        /// The file.
        path: PathBuf,
    },
    /// The store has a column or setting that this version cannot hash.
    UnusableStore {
        /// What it is.
        reason: String,
    },
    /// More lines were refused than `--allowed-bad-lines` permits.
    TooManyBadLines {
        /// Lines whose record, or a searchable cell of it, was refused.
        bad: u64,
        /// Lines with records.
        lines: u64,
        /// Whether blocks were sent, so that another run can resume.
        goes_on: bool,
        /// The refusals by line and reason.
        rejections: Box<Rejections>,
    },
    /// More cells of a column were refused than `--allowed-bad-cells` permits.
    TooManyBadCells {
        /// The column.
        column: String,
        /// Refused cells.
        bad: u64,
        /// Cells of the column.
        cells: u64,
        /// Whether blocks were sent, so that another run can resume.
        goes_on: bool,
        /// The refusals by line and reason.
        rejections: Box<Rejections>,
    },
    /// The file has more records than a store may have.
    TooManyRows,
    /// The file needs more blocks than a session may have.
    TooManyBlocks,
    /// The file has a header but no record.
    NoRecords,
    /// The file changed while it was read, or since the session was opened.
    FileChanged,
    /// Another agent has locked the journal of this file and store.
    JournalInUse {
        /// The journal.
        path: PathBuf,
    },
    /// The journal cannot be written or read.
    Journal {
        /// The journal.
        path: PathBuf,
    },
    /// The server's address is not a URL, or a certificate or token is invalid.
    BadAddress,
    /// The address is another machine's, without TLS.
    InClear,
    /// The server returned an upload URI without TLS.
    UploadInClear,
    /// The server requires a token and none was given.
    NoToken,
    /// The server cannot be reached, or the connection broke.
    Unreachable {
        /// Whether the request may have arrived.
        sent: bool,
    },
    /// The server's certificate is not trusted, or is for another name.
    UntrustedCertificate,
    /// The server's certificate contains no name of a server, so trusting it does not help.
    NamelessCertificate,
    /// The server's certificate has expired, or is not valid yet.
    OutdatedCertificate,
    /// The URL says TLS, and the server does not speak it.
    NoTlsThere,
    /// The response is not HTTP; the server may require TLS.
    NoHttpThere,
    /// The server's response cannot be parsed.
    BadAnswer,
    /// There is no store, session or type with this name or id.
    NotFound {
        /// The name or id.
        name: String,
    },
    /// The server refused a request.
    Refused {
        /// The HTTP status.
        status: u16,
        /// The stable code.
        code: String,
        /// The server's sentence.
        message: String,
        /// The property or parameter at fault, if the server names one.
        target: Option<String>,
    },
    /// The session ended without being completed.
    SessionEnded {
        /// Its state.
        state: String,
        /// The stable code of its error.
        code: String,
        /// The server's sentence.
        message: String,
        /// The refusals of the table, by line and reason.
        rejections: Box<Rejections>,
    },
    /// A part of the program stopped in the middle of its work.
    Interrupted,
}

/// Whether a request that may have arrived can be repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// Repeating it changes nothing.
    Harmless,
    /// Repeating it would create something twice.
    Harmful,
}

impl Error {
    /// Makes an error of this kind.
    pub fn new(kind: ErrorKind) -> Self {
        Self { kind, retry_after: None, source: None }
    }

    /// Makes an error of this kind with its cause.
    pub fn caused(kind: ErrorKind, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self { kind, retry_after: None, source: Some(source.into()) }
    }

    pub(crate) fn retry_after(mut self, wait: Option<Duration>) -> Self {
        self.retry_after = wait;
        self
    }

    /// Returns the delay that the server requested.
    pub(crate) fn wait(&self) -> Option<Duration> {
        self.retry_after
    }

    /// Returns whether the same request may succeed later. A request that may have arrived is
    /// repeated only if that is harmless. The server answers 429 and 503 before any side effect
    /// (`docs/api/errors.md`).
    pub(crate) fn is_passing(&self, repeat: Repeat) -> bool {
        match &self.kind {
            ErrorKind::Unreachable { sent } => !sent || repeat == Repeat::Harmless,
            ErrorKind::Refused { status, code, .. } => match status {
                // Damaged data does not recover while a client waits.
                503 => code != DATA_UNAVAILABLE,
                429 => true,
                408 | 500 | 502 | 504 => repeat == Repeat::Harmless,
                _ => false,
            },
            _ => false,
        }
    }

    /// Returns whether the server could not search, because the data is unreadable or missing.
    pub fn is_unlooked(&self) -> bool {
        let unlooked = [DATA_UNAVAILABLE, NOTHING_LOOKED_FOR];
        matches!(&self.kind, ErrorKind::Refused { code, .. } if unlooked.contains(&code.as_str()))
    }

    /// Returns whether the store has no data yet.
    pub fn is_no_live_data(&self) -> bool {
        matches!(&self.kind, ErrorKind::Refused { code, .. } if code == NO_LIVE_DATA)
    }

    /// Marks the upload as one that no other run can resume.
    pub fn ended(mut self) -> Self {
        if let ErrorKind::TooManyBadLines { goes_on, .. } | ErrorKind::TooManyBadCells { goes_on, .. } =
            &mut self.kind
        {
            *goes_on = false;
        }
        self
    }

    /// Returns the refusals of a table, if the error contains them.
    pub fn rejections(&self) -> Option<&Rejections> {
        match &self.kind {
            ErrorKind::TooManyBadLines { rejections, .. }
            | ErrorKind::TooManyBadCells { rejections, .. }
            | ErrorKind::SessionEnded { rejections, .. } => Some(rejections),
            _ => None,
        }
    }

    /// Returns the kind.
    pub fn kind(&self) -> &ErrorKind {
        &self.kind
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_bytes_sentence(&self.kind, f)
    }
}

/// Writes messages about the bytes of a file.
fn write_bytes_sentence(kind: &ErrorKind, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match kind {
        ErrorKind::FileUnreadable { path } => write!(f, "cannot read {}", path.display()),
        ErrorKind::NotText(reason) => write!(f, "the file is not read: {reason}"),
        ErrorKind::TableEncoding { line, byte, declared: None } => write!(
            f,
            "line {line}, byte {byte} of the file: this is neither UTF-8 nor UTF-16; say what it is with --encoding, such as \
             windows-1252 (Western Europe), windows-1250 (Central Europe), windows-1251 (Cyrillic) or shift_jis, and look whether \
             a name with an accent is found afterwards"
        ),
        ErrorKind::TableEncoding { line, byte, declared: Some(declared) } => {
            write!(f, "line {line}, byte {byte} of the file: this is no {declared}: is --encoding right?")
        }
        ErrorKind::NotDelimited { what } => write!(
            f,
            "the file {what}; a table is delimited text (plain or gzip): save it as CSV in UTF-8, with a line end after each record"
        ),
        ErrorKind::GzipDamaged => {
            f.write_str("the gzip stream is cut off or damaged: copy the file again, or unpack it first")
        }
        ErrorKind::RecordTooLong { line } => write!(
            f,
            "the record that starts on line {line} is longer than {} bytes; a quote is probably not closed there",
            limits::RECORD_BYTES_MAX
        ),
        ErrorKind::TornHeader { line } => write!(
            f,
            "the quotes of the header, which starts on line {line}, do not fit together: close each that opens a cell, or double \
             it if it belongs to the name"
        ),
        ErrorKind::NoHeader => {
            f.write_str("the file is empty: its first line must name the columns of the data store")
        }
        ErrorKind::BadSeparator => f.write_str(
            "a separator is one ASCII character that is no quote, line end, letter or digit, or one of the words \
             tab, comma, pipe and semicolon",
        ),
        ErrorKind::OneColumn { other } => {
            write!(f, "the table seems to be read wrongly: {other}; if it is one column, say --separator comma")
        }
        other => write_table_sentence(other, f),
    }
}

/// Writes messages about a table as a whole.
fn write_table_sentence(kind: &ErrorKind, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match kind {
        ErrorKind::MissingColumns { names, header_cells } => write!(
            f,
            "the first line must name every column of the data store, in any order; it has {header_cells} cells \
             and lacks: {}. Is the header missing, or --separator wrong?",
            names.join(", ")
        ),
        ErrorKind::ExtraColumns { names } => write!(
            f,
            "the data store has no column named {}; leave them out of the file, or pass --ignore-extra-columns",
            names.join(", ")
        ),
        ErrorKind::DuplicateColumn { name } => {
            write!(f, "the header names the column {name} twice: rename or remove one of them")
        }
        ErrorKind::UnfitHeader { cell, reason } => write!(
            f,
            "cell {cell} of the first line {reason}: the first line must name the columns. Is the header missing, or \
             --separator wrong?"
        ),
        ErrorKind::TooManyCells { cells } => write!(
            f,
            "the first line has {cells} cells, more than the {} that a file may have: is --separator wrong, or the \
             first line no header?",
            limits::FILE_COLUMNS_MAX
        ),
        ErrorKind::UnusableStore { reason } => write!(f, "this data store cannot be uploaded to: {reason}"),
        ErrorKind::TooManyBadLines { bad, lines, goes_on, .. } => {
            write!(f, "{bad} of {lines} lines were refused, more than --allowed-bad-lines lets pass; ")?;
            write_remedy("--allowed-bad-lines", *goes_on, f)
        }
        ErrorKind::TooManyBadCells { column, bad, cells, goes_on, .. } => {
            write!(
                f,
                "{bad} of {cells} cells of the column {column} were left out, more than --allowed-bad-cells lets pass (is its data \
                 type right?); "
            )?;
            write_remedy("--allowed-bad-cells", *goes_on, f)
        }
        ErrorKind::TooManyRows => {
            write!(f, "the file has more than {} records, the most that a data store holds", limits::ROWS_MAX)
        }
        ErrorKind::TooManyBlocks => {
            write!(f, "the file would need more than {} blocks: raise --rows-per-block", limits::BLOCKS_MAX)
        }
        ErrorKind::NoRecords => f.write_str("the file has a header and no record"),
        ErrorKind::FileChanged => f.write_str(
            "the file changed while it was uploaded; nothing was committed. Run the command again on a file \
             that stays as it is",
        ),
        other => write_file_sentence(other, f),
    }
}

/// Writes messages about output files.
fn write_file_sentence(kind: &ErrorKind, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match kind {
        ErrorKind::Scratch { path } => write!(
            f,
            "cannot keep figures of a large table in {}: make room there, or name another folder in TMPDIR",
            path.display()
        ),
        ErrorKind::RefusedLines { path } => {
            write!(
                f,
                "cannot write the refused lines to {}: name another file with --refused-lines",
                path.display()
            )
        }
        ErrorKind::IsNoFile { path } => write!(
            f,
            "{} is no file of its own (a device, a pipe, a folder or a link): name a file, which is made anew",
            path.display()
        ),
        ErrorKind::IsTheTable { path } => {
            write!(f, "{} is the table itself, and would be written over: name another file", path.display())
        }
        other => write_server_sentence(other, f),
    }
}

/// Writes the remedy for too many refusals.
fn write_remedy(option: &str, goes_on: bool, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match goes_on {
        true => write!(
            f,
            "nothing was committed. Correct the file, or run again with a higher {option}: it goes on where this one stopped"
        ),
        false => write!(f, "nothing was committed. Correct the file, or allow more with {option}"),
    }
}

/// Writes messages about the journal and the server. The kinds above never reach it.
fn write_server_sentence(kind: &ErrorKind, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match kind {
        ErrorKind::JournalInUse { path } => write!(
            f,
            "another `edm upload` of this file to this store is running (it holds {}): wait for it to end",
            path.display()
        ),
        ErrorKind::Journal { path } => write!(
            f,
            "cannot keep the journal {}: make its folder writable, or name another place with --journal",
            path.display()
        ),
        ErrorKind::BadAddress => f.write_str(
            "the server's address, certificate or token cannot be used: an address looks like \
             https://edm.example.org:8080, a certificate is a PEM file, a token is one line of text",
        ),
        ErrorKind::InClear => f.write_str(
            "over plain http token and salt would travel in clear to another machine: use https, or pass \
             --insecure-http where the network between is safe",
        ),
        ErrorKind::UploadInClear => f.write_str(
            "the server gave an upload address without TLS, on which the table would travel less safely than this \
             request; nothing was sent. Its operator corrects that with `edm serve --public-url https://…`",
        ),
        ErrorKind::NoToken => f.write_str(
            "the server asks for a token and none was sent: set EDM_TOKEN, or pass --token-file FILE",
        ),
        ErrorKind::Unreachable { sent: false } => {
            f.write_str("the server cannot be reached: check --server and that it runs")
        }
        ErrorKind::Unreachable { sent: true } => {
            f.write_str("the connection to the server broke before it answered: run the command again")
        }
        ErrorKind::BadAnswer => {
            f.write_str("the server's answer cannot be understood: does --server name an edm server?")
        }
        ErrorKind::NotFound { name } => write!(f, "there is no {name}"),
        ErrorKind::Refused { status, code, message, target } => {
            write!(f, "{message} ({code}, status {status}")?;
            if let Some(target) = target {
                write!(f, ", at {target}")?;
            }
            f.write_str(")")
        }
        ErrorKind::SessionEnded { state, code, message, .. } => {
            write!(f, "the session ended {state}: {message} ({code})")
        }
        ErrorKind::Interrupted => {
            f.write_str("a part of the upload stopped unexpectedly; run the command again")
        }
        other => write_connection_sentence(other, f),
    }
}

/// Sentences about a connection that cannot be used; the kinds named above never come here.
fn write_connection_sentence(kind: &ErrorKind, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match kind {
        ErrorKind::UntrustedCertificate => f.write_str(
            "the server's certificate is not trusted: give the certificate of its authority, or its own if it is \
             self-signed, with --ca-cert FILE, and name the server as the certificate does",
        ),
        ErrorKind::NamelessCertificate => f.write_str(
            "the server's certificate contains no subjectAltName, so no --ca-cert makes it acceptable: its operator makes one that \
             names the server, with openssl req -x509 … -addext subjectAltName=DNS:NAME or subjectAltName=IP:ADDRESS",
        ),
        ErrorKind::OutdatedCertificate => f.write_str(
            "the server's certificate is over, or has not begun by this machine's clock: its operator renews it; is the clock \
             right?",
        ),
        ErrorKind::NoTlsThere => f.write_str(
            "the server does not speak TLS at this address: say http:// in --server, or give it a certificate (`edm serve \
             --tls-cert FILE --tls-key FILE`)",
        ),
        ErrorKind::NoHttpThere => f.write_str(
            "the server does not answer in HTTP at this address: where it speaks TLS, say https:// in --server",
        ),
        other => write!(f, "{other:?}"),
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn std::error::Error + 'static))
    }
}
