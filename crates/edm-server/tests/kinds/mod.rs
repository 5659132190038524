//! One of each error kind, by crate, and those that no request can cause. A new kind does not
//! compile until it has a position here. Then the test fails until the list contains it and a row
//! of the table causes it.

use edm_graph::BodyErrorKind;
use edm_model::{Columns, ColumnsErrorKind, LimitKind, Right, SessionState};
use edm_server::{HttpProblem, UploadProblem, body_answer, http_answer, service_answer, upload_answer};
use edm_service::{BlockProblem, ErrorKind, Foreign, Obstacle, RedactionGap, Resource};
use http::StatusCode;

/// Returns the status and code of every kind of every crate.
pub(crate) fn every_answer() -> Vec<(String, StatusCode, &'static str)> {
    let mut answers = Vec::new();
    for (place, kind) in every_kind().iter().enumerate() {
        assert_eq!(position(kind), place, "{kind:?} stands at the wrong place of every_kind");
        let (status, code) = service_answer(kind);
        answers.push((format!("{kind:?}"), status, code));
    }
    for (place, problem) in every_http_problem().iter().enumerate() {
        assert_eq!(
            http_position(problem),
            place,
            "{problem:?} stands at the wrong place of every_http_problem"
        );
        let (status, code) = http_answer(problem);
        answers.push((format!("{problem:?}"), status, code));
    }
    for (place, problem) in every_upload_problem().iter().enumerate() {
        assert_eq!(upload_position(problem), place, "{problem:?} stands at the wrong place");
        let (status, code) = upload_answer(problem);
        answers.push((format!("{problem:?}"), status, code));
    }
    answers
}

/// Returns the status and code of every kind of a wrong body.
pub(crate) fn every_body_answer() -> Vec<(StatusCode, &'static str)> {
    let kinds = every_body_kind();
    for (place, kind) in kinds.iter().enumerate() {
        assert_eq!(body_position(kind), place, "{kind:?} stands at the wrong place of every_body_kind");
    }
    kinds.iter().map(body_answer).collect()
}

fn every_body_kind() -> Vec<BodyErrorKind> {
    let columns = Columns::new(Vec::new()).expect_err("a store has columns");
    vec![
        BodyErrorKind::NotJson { line: 1, column: 1 },
        BodyErrorKind::NotAnObject,
        BodyErrorKind::WrongType { expected: "x" },
        BodyErrorKind::Missing,
        BodyErrorKind::OutOfRange { min: 0, max: 1 },
        BodyErrorKind::TooLong { characters_max: 1 },
        BodyErrorKind::TooMany { count_max: 1 },
        BodyErrorKind::UnknownWord { known: &[] },
        BodyErrorKind::NotAnId,
        BodyErrorKind::Columns(columns),
        BodyErrorKind::Delimiter,
        BodyErrorKind::UnknownDataType,
        BodyErrorKind::UnknownOption,
        BodyErrorKind::Reference,
        BodyErrorKind::UnknownProperty { nearest: None, others: Vec::new() },
        BodyErrorKind::RepeatedQueryOption,
        BodyErrorKind::OtherType { expected: None },
    ]
}

/// Returns a kind's position in `every_body_kind`; a new kind does not compile until it has one.
fn body_position(kind: &BodyErrorKind) -> usize {
    match kind {
        BodyErrorKind::NotJson { .. } => 0,
        BodyErrorKind::NotAnObject => 1,
        BodyErrorKind::WrongType { .. } => 2,
        BodyErrorKind::Missing => 3,
        BodyErrorKind::OutOfRange { .. } => 4,
        BodyErrorKind::TooLong { .. } => 5,
        BodyErrorKind::TooMany { .. } => 6,
        BodyErrorKind::UnknownWord { .. } => 7,
        BodyErrorKind::NotAnId => 8,
        BodyErrorKind::Columns(_) => 9,
        BodyErrorKind::Delimiter => 10,
        BodyErrorKind::UnknownDataType => 11,
        BodyErrorKind::UnknownOption => 12,
        BodyErrorKind::Reference => 13,
        BodyErrorKind::UnknownProperty { .. } => 14,
        BodyErrorKind::RepeatedQueryOption => 15,
        BodyErrorKind::OtherType { .. } => 16,
    }
}

/// Codes that no request can cause here, and why.
pub(crate) const MET_ELSEWHERE: &[(&str, &str)] = &[
    ("tooMany", "a thousand stores are made in the service's own tests"),
    ("blockTooLarge", "the wire refuses such a block before the service sees it"),
    ("wrongMasterKey", "fails at the start, before there is a request"),
    ("dataDirectory", "fails at the start, before there is a request"),
    ("corruptData", "needs a broken disk: the service's own tests break one"),
    ("dataUnavailable", "needs a damaged file: the service's own tests damage one of each kind"),
    ("storageUnavailable", "needs a broken disk: the service's own tests break one"),
    ("internalError", "a fault of ours; the fence against panics has its own test"),
    ("InternalError", "a fault of ours on the upload wire"),
    ("bodyTooSlow", "needs another patience: met in starving.rs"),
    ("streamTooLong", "needs another patience: met in starving.rs"),
    ("serverBusy", "needs bodies that fill the memory: met in starving.rs"),
    ("ServerBusy", "needs blocks that are not there yet: met in starving.rs"),
    ("invalidHost", "needs a Host that is none: met in starving.rs"),
    ("foreignHost", "needs hosts that are allowed: met in starving.rs"),
    ("invalidHead", "never becomes a request: met in listen.rs"),
    ("headTooLong", "never becomes a request: met in listen.rs"),
    ("failedDependency", "an answer within a batch: met in batch.rs"),
    ("answerTooLarge", "an answer within a batch: met in batch.rs"),
    ("AuthorizationPermissionMismatch", "needs the signer's key: met in sas.rs"),
];

/// Returns one of each kind, in the order of `position`.
fn every_kind() -> Vec<ErrorKind> {
    vec![
        ErrorKind::NotFound { what: Resource::DataStore },
        ErrorKind::Forbidden { needs: Right::Administer },
        ErrorKind::Unauthenticated,
        ErrorKind::InvalidArgument,
        ErrorKind::BadColumns(ColumnsErrorKind::Empty),
        ErrorKind::UnknownColumn,
        ErrorKind::ColumnNotSearchable,
        ErrorKind::DuplicateName,
        ErrorKind::TooMany { what: Resource::DataStore, allowed: 1 },
        ErrorKind::KeyColumnMissing,
        ErrorKind::InvalidSalt,
        ErrorKind::SaltNotVisible,
        ErrorKind::BlockMalformed(BlockProblem::Truncated),
        ErrorKind::ForeignBlock(Foreign::Store),
        ErrorKind::BlockOutOfRange { number: 1, total: 1 },
        ErrorKind::BlockConflict { number: 1 },
        ErrorKind::InvalidBlockList { position: 1 },
        ErrorKind::SessionClosed { state: SessionState::Cancelled },
        ErrorKind::FieldsMismatch,
        ErrorKind::UnknownUploadAgent,
        ErrorKind::WeakSalt,
        ErrorKind::ColumnsChanged,
        ErrorKind::SaltMismatch,
        ErrorKind::UploadIncomplete { total: None, missing: Vec::new() },
        ErrorKind::RowsNotContiguous { number: 1 },
        ErrorKind::ChecksumMismatch,
        ErrorKind::NothingToRollBack,
        ErrorKind::LiveSession,
        ErrorKind::DefaultTypeFixed,
        ErrorKind::RedactionIncomplete { cause: RedactionGap::Limit(LimitKind::Matches) },
        ErrorKind::NotReady,
        ErrorKind::Busy { retry_after_seconds: 1 },
        ErrorKind::RateLimited { retry_after_seconds: 1 },
        ErrorKind::WrongMasterKey,
        ErrorKind::DataDirectory,
        ErrorKind::Corrupt,
        ErrorKind::Unavailable,
        ErrorKind::Internal,
        ErrorKind::NoLiveData,
        ErrorKind::Changed,
        ErrorKind::DataUnavailable,
        ErrorKind::QueryTooExpensive,
        ErrorKind::StorageBusy,
        ErrorKind::NothingLookedFor,
    ]
}

/// Returns a kind's position in `every_kind`. A new kind does not compile until it has one. Then
/// the test fails until the list contains it and a row of the table causes it.
fn position(kind: &ErrorKind) -> usize {
    match kind {
        ErrorKind::NotFound { .. } => 0,
        ErrorKind::Forbidden { .. } => 1,
        ErrorKind::Unauthenticated => 2,
        ErrorKind::InvalidArgument => 3,
        ErrorKind::BadColumns(_) => 4,
        ErrorKind::UnknownColumn => 5,
        ErrorKind::ColumnNotSearchable => 6,
        ErrorKind::DuplicateName => 7,
        ErrorKind::TooMany { .. } => 8,
        ErrorKind::KeyColumnMissing => 9,
        ErrorKind::InvalidSalt => 10,
        ErrorKind::SaltNotVisible => 11,
        ErrorKind::BlockMalformed(_) => 12,
        ErrorKind::ForeignBlock(_) => 13,
        ErrorKind::BlockOutOfRange { .. } => 14,
        ErrorKind::BlockConflict { .. } => 15,
        ErrorKind::InvalidBlockList { .. } => 16,
        ErrorKind::SessionClosed { .. } => 17,
        ErrorKind::FieldsMismatch => 18,
        ErrorKind::UnknownUploadAgent => 19,
        ErrorKind::WeakSalt => 20,
        ErrorKind::ColumnsChanged => 21,
        ErrorKind::SaltMismatch => 22,
        ErrorKind::UploadIncomplete { .. } => 23,
        ErrorKind::RowsNotContiguous { .. } => 24,
        ErrorKind::ChecksumMismatch => 25,
        ErrorKind::NothingToRollBack => 26,
        ErrorKind::LiveSession => 27,
        ErrorKind::DefaultTypeFixed => 28,
        ErrorKind::RedactionIncomplete { .. } => 29,
        ErrorKind::NotReady => 30,
        ErrorKind::Busy { .. } => 31,
        ErrorKind::RateLimited { .. } => 32,
        ErrorKind::WrongMasterKey => 33,
        ErrorKind::DataDirectory => 34,
        ErrorKind::Corrupt => 35,
        ErrorKind::Unavailable => 36,
        ErrorKind::Internal => 37,
        ErrorKind::NoLiveData => 38,
        ErrorKind::Changed => 39,
        ErrorKind::DataUnavailable => 40,
        ErrorKind::QueryTooExpensive => 41,
        ErrorKind::StorageBusy => 42,
        ErrorKind::NothingLookedFor => 43,
    }
}

/// Returns one of each, in the order of `http_position`.
fn every_http_problem() -> Vec<HttpProblem> {
    vec![
        HttpProblem::UnknownPath,
        HttpProblem::MethodNotAllowed,
        HttpProblem::BodyTooLarge { bytes_max: 1 },
        HttpProblem::BodyIncomplete,
        HttpProblem::BodyTooSlow,
        HttpProblem::UnsupportedMediaType { expected: "x" },
        HttpProblem::NoMemory,
        HttpProblem::NoSuchId,
        HttpProblem::NotReady(Obstacle::Starting),
        HttpProblem::Panicked,
        HttpProblem::NoToken,
        HttpProblem::Forbidden { needs: Right::Read },
        HttpProblem::NoSuchItem,
        HttpProblem::NotServed,
        HttpProblem::PreconditionFailed,
        HttpProblem::FailedDependency,
        HttpProblem::AnswerTooLarge { bytes_max: 1 },
        HttpProblem::NotHttp,
        HttpProblem::HeadTooLong,
        HttpProblem::UnsupportedEncoding,
        HttpProblem::NotGzip,
        HttpProblem::TooManyRequests,
        HttpProblem::StreamTooLong,
        HttpProblem::InvalidHost,
        HttpProblem::ForeignHost,
    ]
}

fn http_position(problem: &HttpProblem) -> usize {
    match problem {
        HttpProblem::UnknownPath => 0,
        HttpProblem::MethodNotAllowed => 1,
        HttpProblem::BodyTooLarge { .. } => 2,
        HttpProblem::BodyIncomplete => 3,
        HttpProblem::BodyTooSlow => 4,
        HttpProblem::UnsupportedMediaType { .. } => 5,
        HttpProblem::NoMemory => 6,
        HttpProblem::NoSuchId => 7,
        HttpProblem::NotReady(_) => 8,
        HttpProblem::Panicked => 9,
        HttpProblem::NoToken => 10,
        HttpProblem::Forbidden { .. } => 11,
        HttpProblem::NoSuchItem => 12,
        HttpProblem::NotServed => 13,
        HttpProblem::PreconditionFailed => 14,
        HttpProblem::FailedDependency => 15,
        HttpProblem::AnswerTooLarge { .. } => 16,
        HttpProblem::NotHttp => 17,
        HttpProblem::HeadTooLong => 18,
        HttpProblem::UnsupportedEncoding => 19,
        HttpProblem::NotGzip => 20,
        HttpProblem::TooManyRequests => 21,
        HttpProblem::StreamTooLong => 22,
        HttpProblem::InvalidHost => 23,
        HttpProblem::ForeignHost => 24,
    }
}

/// Returns one of each, in the order of `upload_position`.
fn every_upload_problem() -> Vec<UploadProblem> {
    vec![
        UploadProblem::BadSignature,
        UploadProblem::Expired,
        UploadProblem::NoPermission,
        UploadProblem::BadQuery { name: "x" },
        UploadProblem::BadBlockId,
        UploadProblem::TooLarge { bytes_max: 1 },
        UploadProblem::BadMd5,
        UploadProblem::Md5Mismatch,
        UploadProblem::UnservedHeader { name: "x" },
        UploadProblem::BadXml,
        UploadProblem::BadListedId,
        UploadProblem::PutBlob,
        UploadProblem::NotServed,
        UploadProblem::MethodNotAllowed,
        UploadProblem::Busy,
        UploadProblem::Internal,
    ]
}

fn upload_position(problem: &UploadProblem) -> usize {
    match problem {
        UploadProblem::BadSignature => 0,
        UploadProblem::Expired => 1,
        UploadProblem::NoPermission => 2,
        UploadProblem::BadQuery { .. } => 3,
        UploadProblem::BadBlockId => 4,
        UploadProblem::TooLarge { .. } => 5,
        UploadProblem::BadMd5 => 6,
        UploadProblem::Md5Mismatch => 7,
        UploadProblem::UnservedHeader { .. } => 8,
        UploadProblem::BadXml => 9,
        UploadProblem::BadListedId => 10,
        UploadProblem::PutBlob => 11,
        UploadProblem::NotServed => 12,
        UploadProblem::MethodNotAllowed => 13,
        UploadProblem::Busy => 14,
        UploadProblem::Internal => 15,
    }
}
