//! What can go wrong, in the caller's words: one kind per decision that a caller can take.

use std::fmt;

use edm_model::{ColumnsError, ColumnsErrorKind, LimitKind, Right, SessionState, TransitionRefused};

/// What a call is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Resource {
    /// A data store.
    DataStore,
    /// An upload session.
    Session,
    /// An upload agent.
    UploadAgent,
    /// A sensitive type.
    SensitiveType,
    /// A bearer token.
    Token,
    /// Things named in one request.
    RequestItem,
    /// Rows of a table.
    Row,
    /// A kept classification.
    ClassificationJob,
}

impl Resource {
    const fn word(self) -> &'static str {
        match self {
            Resource::DataStore => "data store",
            Resource::Session => "session",
            Resource::UploadAgent => "upload agent",
            Resource::SensitiveType => "sensitive type",
            Resource::Token => "token",
            Resource::RequestItem => "item in one request",
            Resource::Row => "row",
            Resource::ClassificationJob => "classification job",
        }
    }
}

/// What is wrong with the bytes of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BlockProblem {
    /// They end too early.
    Truncated,
    /// They do not begin as a block does.
    BadMagic,
    /// They are of an unknown version.
    UnknownVersion,
    /// Their checksum is wrong.
    BadChecksum,
    /// They contradict themselves.
    Malformed,
    /// They are more than a block may have.
    TooLarge,
}

/// Why a sound block is not one of this session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Foreign {
    /// It is another store's.
    Store,
    /// It was hashed for other columns.
    Plan,
    /// It was hashed with another salt.
    Key,
    /// Its number is not that of the block id.
    Number,
    /// It deletes rows, which a replace session cannot.
    Operation,
}

/// A run of block numbers, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BlockRange {
    /// The first.
    pub first: u32,
    /// The last.
    pub last: u32,
}

/// Why matches might be left in a redacted text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RedactionGap {
    /// A limit was reached while the text or its redaction was scanned.
    Limit(LimitKind),
    /// Every round of replacing left something to be found.
    RoundsUsedUp,
}

impl fmt::Display for RedactionGap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Limit(kind) => kind.fmt(f),
            Self::RoundsUsedUp => f.write_str("every round of replacing left something to be found"),
        }
    }
}

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ErrorKind {
    /// There is no such thing, or it is another tenant's.
    NotFound {
        /// What was requested.
        what: Resource,
    },
    /// The caller's roles do not bring the right.
    Forbidden {
        /// The right.
        needs: Right,
    },
    /// The token is unknown, revoked or expired.
    Unauthenticated,
    /// A value cannot be taken; the target says which.
    InvalidArgument,
    /// The columns cannot be a store's.
    BadColumns(ColumnsErrorKind),
    /// A name is no column of the store.
    UnknownColumn,
    /// The column must be searchable for this.
    ColumnNotSearchable,
    /// Another one has the name.
    DuplicateName,
    /// A bound was reached.
    TooMany {
        /// Of what.
        what: Resource,
        /// The bound.
        allowed: u64,
    },
    /// A delta needs a column that is the key.
    KeyColumnMissing,
    /// A salt is empty or too long.
    InvalidSalt,
    /// Only the session's creator may read its salt.
    SaltNotVisible,
    /// The body is no sound block.
    BlockMalformed(BlockProblem),
    /// The body is a block of something else.
    ForeignBlock(Foreign),
    /// The number is not below the total.
    BlockOutOfRange {
        /// The block's number.
        number: u32,
        /// How many blocks there are.
        total: u32,
    },
    /// Other bytes are staged under this number.
    BlockConflict {
        /// The number.
        number: u32,
    },
    /// A block list does not name the blocks 0 … n−1 in order, all of them staged.
    InvalidBlockList {
        /// The first wrong position.
        position: u32,
    },
    /// The session takes this no more.
    SessionClosed {
        /// Its state.
        state: SessionState,
    },
    /// The session's fields are not the store's columns.
    FieldsMismatch,
    /// The session names an agent that is not registered.
    UnknownUploadAgent,
    /// The session's salt is too weak.
    WeakSalt,
    /// The store's columns changed since the session was made.
    ColumnsChanged,
    /// There is nothing yet that a delta could change.
    NoLiveData,
    /// A type that a redaction must search for has no data, or no pattern that fits its data.
    NothingLookedFor,
    /// A delta must use the salt of the live generation.
    SaltMismatch,
    /// Blocks are missing, or their total is unknown.
    UploadIncomplete {
        /// How many blocks there are.
        total: Option<u32>,
        /// Which are missing; at most 100 runs.
        missing: Vec<BlockRange>,
    },
    /// A block does not start where the one before it ends.
    RowsNotContiguous {
        /// The block.
        number: u32,
    },
    /// The session's checksum is not that of its blocks.
    ChecksumMismatch,
    /// No earlier generation is kept.
    NothingToRollBack,
    /// The session's data is live.
    LiveSession,
    /// A store's default type cannot be changed this way.
    DefaultTypeFixed,
    /// Matches might be left in the redacted text.
    RedactionIncomplete {
        /// Why.
        cause: RedactionGap,
    },
    /// The thing is not in the state that the change expects.
    Changed,
    /// Indexes are still being loaded.
    NotReady,
    /// Live data that was requested cannot be read.
    DataUnavailable,
    /// Too many texts are being matched.
    Busy {
        /// When to try again.
        retry_after_seconds: u32,
    },
    /// The caller requested too much in too short a time.
    RateLimited {
        /// When to try again.
        retry_after_seconds: u32,
    },
    /// A list looks at too much for the time that it has.
    QueryTooExpensive,
    /// Too many lists are being read; nothing has happened.
    StorageBusy,
    /// The master key is not the one that the catalog was made with.
    WrongMasterKey,
    /// The data directory cannot be used, or another server uses it.
    DataDirectory,
    /// What is stored cannot be read back.
    Corrupt,
    /// Storage failed; trying again may help.
    Unavailable,
    /// A fault of this program.
    Internal,
}

/// Reports a call that failed. Printed, it is a sentence for the client that says what to do; the
/// cause for the log is its source.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    message: String,
    target: Option<String>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// Makes an error with the standard sentence of its kind.
    pub(crate) fn of(kind: ErrorKind) -> Self {
        let message = sentence(&kind);
        Self { kind, message, target: None, source: None }
    }

    pub(crate) fn invalid(target: &str, message: impl Into<String>) -> Self {
        Self {
            kind: ErrorKind::InvalidArgument,
            message: message.into(),
            target: Some(target.to_owned()),
            source: None,
        }
    }

    /// Makes the error that names the requested tables that cannot be read.
    pub(crate) fn data_unavailable(names: &[impl AsRef<str>]) -> Self {
        const NAMED_MAX: usize = 5;
        let mut named: Vec<String> =
            names.iter().take(NAMED_MAX).map(|name| format!("\"{}\"", name.as_ref())).collect();
        if names.len() > NAMED_MAX {
            named.push(format!("{} more", names.len() - NAMED_MAX));
        }
        let message = format!(
            "the live data of {} cannot be read, so it was not looked for: restore its files from a backup, or upload \
             the table again",
            named.join(", ")
        );
        Self::with_message(ErrorKind::DataUnavailable, message)
    }

    pub(crate) fn not_found(what: Resource) -> Self {
        Self::of(ErrorKind::NotFound { what })
    }

    pub(crate) fn with_message(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), target: None, source: None }
    }

    pub(crate) fn at(mut self, target: impl Into<String>) -> Self {
        self.target = Some(target.into());
        self
    }

    /// Puts the target below a property.
    pub(crate) fn within(mut self, property: &str) -> Self {
        self.target = Some(match self.target {
            Some(target) => format!("{property}/{target}"),
            None => property.to_owned(),
        });
        self
    }

    pub(crate) fn because(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Names the missing resource: the catalog reports a missing row without it.
    pub(crate) fn missing(self, what: Resource) -> Self {
        match self.kind {
            ErrorKind::NotFound { .. } => Self::not_found(what),
            _ => self,
        }
    }

    /// Returns whether the session or job that work was done for is gone, closed, or held by
    /// another worker: the work is no longer needed.
    pub(crate) fn is_obsolete(&self) -> bool {
        let stored = self.source.as_deref().and_then(|source| source.downcast_ref::<edm_store::Error>());
        let gone = matches!(self.kind, ErrorKind::NotFound { .. } | ErrorKind::SessionClosed { .. });
        gone || stored.is_some_and(|error| error.kind() == edm_store::ErrorKind::Fenced)
    }

    /// Returns what went wrong.
    pub fn kind(&self) -> &ErrorKind {
        &self.kind
    }

    /// Returns the path of the property at fault, where it is one.
    pub fn target(&self) -> Option<&str> {
        self.target.as_deref()
    }
}

/// Returns the result, or success where the work is no longer needed.
pub(crate) fn ignoring_obsolete(result: Result<(), Error>) -> Result<(), Error> {
    match result {
        Err(error) if error.is_obsolete() => Ok(()),
        other => other,
    }
}

fn sentence(kind: &ErrorKind) -> String {
    match kind {
        ErrorKind::NotFound { what } => {
            format!(
                "there is no such {}: check the id, and that the token is of the right tenant",
                what.word()
            )
        }
        ErrorKind::Forbidden { needs } => {
            format!("the token lacks a right: use one with the role {}", needs.least_role().as_str())
        }
        ErrorKind::TooMany { what, allowed } => {
            format!("at most {allowed} of these are allowed: {}", what.word())
        }
        ErrorKind::BlockMalformed(problem) => block_sentence(*problem).to_owned(),
        ErrorKind::ForeignBlock(foreign) => foreign_sentence(*foreign).to_owned(),
        ErrorKind::BlockOutOfRange { number, total } => {
            format!(
                "block {number} is out of range: the session has the blocks 0 to {}",
                total.saturating_sub(1)
            )
        }
        ErrorKind::BlockConflict { number } => {
            format!("other bytes are staged for block {number}: cancel the session and start a new one")
        }
        ErrorKind::InvalidBlockList { position } => format!(
            "the block list is wrong at position {position}: name every staged block once, in ascending order from 0"
        ),
        ErrorKind::SessionClosed { state } => {
            format!("the session is {}: start a new session", state.as_str())
        }
        ErrorKind::UploadIncomplete { total: None, .. } => {
            "the number of blocks is unknown: set totalBlockCount or send a block list, then commit"
                .to_owned()
        }
        ErrorKind::UploadIncomplete { total: Some(total), .. } => {
            format!("blocks are missing: put the missing ones of {total}, then commit again")
        }
        ErrorKind::RowsNotContiguous { number } => format!(
            "block {number} does not start at the row where the block before it ends: hash the table again and \
             start a new session"
        ),
        ErrorKind::RedactionIncomplete { cause } => format!(
            "the text is not redacted, because matches might be left in it ({cause}): send it in smaller parts, or \
             name fewer sensitive types"
        ),
        ErrorKind::Busy { retry_after_seconds } | ErrorKind::RateLimited { retry_after_seconds } => {
            format!("too many requests: try again in {retry_after_seconds} s")
        }
        fixed => fixed_sentence(fixed).to_owned(),
    }
}

const fn fixed_sentence(kind: &ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Unauthenticated => "the token is unknown, revoked or expired: get a new one",
        ErrorKind::UnknownColumn => "the data store has no such column: use one of its column names",
        ErrorKind::ColumnNotSearchable => "the column is not searchable: use a searchable one",
        ErrorKind::DuplicateName => "the name is taken: choose another",
        ErrorKind::KeyColumnMissing => {
            "a delta identifies records by a key column, which the data does not have: set isKey on a searchable column and \
             upload the whole table with updateMode replace first"
        }
        ErrorKind::InvalidSalt => "a salt has 1 to 256 characters: leave it out to be given one",
        ErrorKind::SaltNotVisible => "the salt is shown only to the caller that created the session",
        ErrorKind::FieldsMismatch => {
            "the session's fields are not the data store's columns: start a session whose fields name each column once"
        }
        ErrorKind::UnknownUploadAgent => {
            "the session names an upload agent that is not registered: register it, or start a session without one"
        }
        ErrorKind::WeakSalt => {
            "the session's salt is weak: use at least 32 characters, 16 of them distinct, or leave it out to be given one"
        }
        ErrorKind::ColumnsChanged => {
            "the data store's columns changed since the session was made, or since the data that a delta changes was uploaded: \
             upload the whole table in a new session"
        }
        ErrorKind::NoLiveData => {
            "the data store has no live data that a delta could change: upload the table with updateMode replace first"
        }
        ErrorKind::NothingLookedFor => {
            "the text is not redacted, because nothing was looked for: upload the table, or correct the type's patterns"
        }
        ErrorKind::SaltMismatch => {
            "a delta must use the salt of the live data: leave the salt out, or send that one where another caller brought it"
        }
        ErrorKind::ChecksumMismatch => {
            "the checksum is not that of the blocks: correct it, or cancel the session and upload again"
        }
        ErrorKind::NothingToRollBack => "no earlier generation is kept: upload the earlier table again",
        ErrorKind::LiveSession => {
            "the session's data is live: upload another table first, or delete the data store"
        }
        ErrorKind::DefaultTypeFixed => {
            "this is the data store's default type: make a sensitive type of your own, or delete the data store"
        }
        ErrorKind::Changed => {
            "the resource is not in the state that the request expects: read it again, then decide again"
        }
        ErrorKind::DataUnavailable => {
            "the live data cannot be read, so it was not looked for: restore its files from a backup, or upload the table \
             again"
        }
        ErrorKind::NotReady => "the server is loading its indexes: try again in a moment",
        ErrorKind::QueryTooExpensive => {
            "the filter or order takes too long over so many elements: narrow it (state and creationDateTime are indexed), ask \
             for fewer comparisons, or list without it"
        }
        ErrorKind::StorageBusy => "too many lists are being read: try again in a moment",
        ErrorKind::WrongMasterKey => {
            "the master key is not the one that this data directory was made with: restore the right one"
        }
        ErrorKind::DataDirectory => {
            "the data directory cannot be used: check that it exists, may be written, and that no other server uses it"
        }
        ErrorKind::Corrupt => "stored data cannot be read back: see the server's log",
        ErrorKind::Unavailable => "storage does not answer: try again in a moment",
        _ => "the server made a mistake: see its log",
    }
}

const fn block_sentence(problem: BlockProblem) -> &'static str {
    match problem {
        BlockProblem::Truncated => "the block is truncated: send it whole",
        BlockProblem::BadMagic => "the body is no block: it must be one sealed block as written by edm",
        BlockProblem::UnknownVersion => {
            "the block has a version that this server does not know: use an edm agent of the server's version"
        }
        BlockProblem::BadChecksum => "the block's checksum does not match its content: send it again",
        BlockProblem::Malformed => "the block's content contradicts itself: make it again with an edm agent",
        BlockProblem::TooLarge => "the block is larger than 16 MiB: use fewer rows per block",
    }
}

const fn foreign_sentence(foreign: Foreign) -> &'static str {
    match foreign {
        Foreign::Store => {
            "the block is for another data store: upload it to the session that it was made for"
        }
        Foreign::Plan => "the block was hashed for other columns: hash the table again for this session",
        Foreign::Key => {
            "the block was hashed with another salt: hash the table again with this session's salt"
        }
        Foreign::Number => "the block's own number is not that of the block id: put it under its own number",
        Foreign::Operation => "the block deletes rows, which a replace session cannot: send a block of rows",
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|source| &**source as &(dyn std::error::Error + 'static))
    }
}

const DAMAGED: &str = "the catalog is damaged: stop every program that uses it, restore catalog.db from a backup, and look \
                       with `edm verify` for what the backup does not know";

/// A storage error whose absence or collision the caller has not named means just that.
impl From<edm_store::Error> for Error {
    fn from(source: edm_store::Error) -> Self {
        use edm_store::ErrorKind as Stored;
        let kind = match source.kind() {
            Stored::NotFound => ErrorKind::NotFound { what: Resource::DataStore },
            Stored::NameTaken => ErrorKind::DuplicateName,
            Stored::Corrupt => ErrorKind::Corrupt,
            Stored::DataDirectory => ErrorKind::DataDirectory,
            Stored::Damaged => {
                return Error::with_message(ErrorKind::DataDirectory, DAMAGED).because(source);
            }
            Stored::QueryTooSlow => ErrorKind::QueryTooExpensive,
            Stored::Busy => ErrorKind::StorageBusy,
            Stored::Full | Stored::Unavailable => ErrorKind::Unavailable,
            _ => ErrorKind::Internal,
        };
        Error::of(kind).because(source)
    }
}

impl From<TransitionRefused> for Error {
    fn from(refused: TransitionRefused) -> Self {
        Error::of(ErrorKind::SessionClosed { state: refused.state })
    }
}

impl From<ColumnsError> for Error {
    fn from(source: ColumnsError) -> Self {
        let error = Error::with_message(ErrorKind::BadColumns(source.kind().clone()), source.to_string());
        match source.position() {
            Some(position) => error.at(format!("columns/{position}")),
            None => error.at("columns"),
        }
    }
}

impl From<edm_block::Error> for Error {
    fn from(source: edm_block::Error) -> Self {
        let problem = match source.kind() {
            edm_block::ErrorKind::Truncated => BlockProblem::Truncated,
            edm_block::ErrorKind::TooLarge => BlockProblem::TooLarge,
            edm_block::ErrorKind::BadMagic => BlockProblem::BadMagic,
            edm_block::ErrorKind::UnknownVersion => BlockProblem::UnknownVersion,
            edm_block::ErrorKind::BadChecksum => BlockProblem::BadChecksum,
            _ => BlockProblem::Malformed,
        };
        Error::of(ErrorKind::BlockMalformed(problem))
    }
}
