//! All errors of requests, and the one mapping of kinds to statuses and codes.

use std::fmt;
use std::sync::Arc;

use edm_graph::query::QueryError;
use edm_graph::{BatchError, BatchErrorKind, BodyError, BodyErrorKind, ErrorBody, ErrorDetail};
use edm_model::Right;
use edm_service::{ErrorKind, Obstacle};
use http::{HeaderValue, StatusCode, header};

use crate::message::{Body, Response};

/// What is wrong with a request itself, before any resource is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HttpProblem {
    /// No such path.
    UnknownPath,
    /// The path has no such method.
    MethodNotAllowed,
    /// The bytes are not the head of an HTTP request.
    NotHttp,
    /// Address and headers are too long.
    HeadTooLong,
    /// The body is too long.
    BodyTooLarge {
        /// The greatest permitted length.
        bytes_max: usize,
    },
    /// The body ended before its announced length.
    BodyIncomplete,
    /// The body arrived too slowly.
    BodyTooSlow,
    /// The body has an unsupported type.
    UnsupportedMediaType {
        /// The supported types.
        expected: &'static str,
    },
    /// The body has an unsupported encoding.
    UnsupportedEncoding,
    /// The body is declared as gzip and is not valid gzip.
    NotGzip,
    /// The memory for bodies and answers is used up.
    NoMemory,
    /// The caller has too many requests in flight.
    TooManyRequests,
    /// A streamed text exceeds the time limit.
    StreamTooLong,
    /// The header Host is not a valid host.
    InvalidHost,
    /// The header Host does not name this server.
    ForeignHost,
    /// The request has no token.
    NoToken,
    /// None of the caller's roles has the right that the route requires.
    Forbidden {
        /// The right.
        needs: Right,
    },
    /// The id in the path is not a GUID, so no resource has it.
    NoSuchId,
    /// No resource can have the id, because the collection is always empty.
    NoSuchItem,
    /// Graph has the operation and this service does not.
    NotServed,
    /// The resource is not in the state that a read requires.
    PreconditionFailed,
    /// This node cannot answer any request.
    NotReady(Obstacle),
    /// A handler panicked.
    Panicked,
    /// A request of a batch depends on one that failed.
    FailedDependency,
    /// The answers of a batch are too long together.
    AnswerTooLarge {
        /// The greatest permitted length.
        bytes_max: usize,
    },
}

impl fmt::Display for HttpProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HttpProblem::BodyTooLarge { bytes_max } => {
                write!(f, "the body may have at most {bytes_max} bytes")
            }
            HttpProblem::UnsupportedMediaType { expected } => write!(f, "the body must be {expected}"),
            HttpProblem::Forbidden { needs } => {
                let role = needs.least_role().as_str();
                write!(f, "the token lacks a right: use one with the role {role}")
            }
            HttpProblem::NotReady(obstacle) => f.write_str(obstacle.sentence()),
            HttpProblem::AnswerTooLarge { bytes_max } => write!(
                f,
                "the request was carried out, but the answers of a batch may have at most {bytes_max} bytes together: \
                 send it by itself to read its answer"
            ),
            fixed => f.write_str(fixed_sentence(fixed)),
        }
    }
}

const fn fixed_sentence(problem: &HttpProblem) -> &'static str {
    match problem {
        HttpProblem::UnknownPath => {
            "there is no such path: the service is below /beta/dataClassification, and /openapi.json describes it"
        }
        HttpProblem::MethodNotAllowed => {
            "the path does not have this method: the header Allow names those that it has"
        }
        HttpProblem::NotHttp => {
            "the request's first lines are not HTTP: percent-encode spaces, quotes and the like in its address"
        }
        HttpProblem::HeadTooLong => {
            "the request's address and headers are too long: a query may have at most 16384 bytes"
        }
        HttpProblem::BodyIncomplete => "the body ended before its announced length: send it again",
        HttpProblem::BodyTooSlow => "the body stopped coming: send it again",
        HttpProblem::UnsupportedEncoding => {
            "the body's Content-Encoding must be gzip: send it so, or as it is without the header"
        }
        HttpProblem::NotGzip => {
            "the body is not whole gzip, which its Content-Encoding says it is: send it again, or without the header"
        }
        HttpProblem::NoMemory => "the server holds as many bodies and answers as it may: send it again later",
        HttpProblem::TooManyRequests => {
            "this caller has as many unanswered requests as it may have: wait for some of their answers"
        }
        HttpProblem::StreamTooLong => {
            "the time for one streamed text is over: send the rest in a request of its own"
        }
        HttpProblem::InvalidHost => {
            "the header Host is no host: send the host of the server's address, such as edm.example.org:8443"
        }
        HttpProblem::ForeignHost => {
            "the header Host names another server: use an address of this one, or have the operator add the host to \
                 server.allowed_hosts"
        }
        HttpProblem::NoToken => "no token was sent: send one in the header “Authorization: Bearer TOKEN”",
        HttpProblem::NoSuchId => {
            "there is no such resource: an id is a GUID such as b84d3f36-3f36-4b84-8d3f-363f4db8363f"
        }
        HttpProblem::NoSuchItem => "there is no such resource: this collection is empty",
        HttpProblem::NotServed => {
            "this server does not have this operation: it is about labels and policies, not about exact data match"
        }
        HttpProblem::PreconditionFailed => {
            "the resource is not in the state that If-Match names: read it again, then decide again"
        }
        HttpProblem::Panicked => "the server met an error of its own: give the operator the request-id",
        HttpProblem::FailedDependency => {
            "a request that this one depends on failed, so it was not tried: correct that one and send both again"
        }
        // The problems with a fixed sentence.
        HttpProblem::BodyTooLarge { .. }
        | HttpProblem::UnsupportedMediaType { .. }
        | HttpProblem::Forbidden { .. }
        | HttpProblem::NotReady(_)
        | HttpProblem::AnswerTooLarge { .. } => "",
    }
}

/// When to retry if data cannot be read: an operator must act, and the server checks every minute.
const UNAVAILABLE_RETRY_SECONDS: u32 = 30;

/// What is wrong with a request, whichever part found it.
#[derive(Debug)]
pub enum Problem {
    /// A fault of the request itself.
    Http(HttpProblem),
    /// A fault of its body.
    Body(BodyError),
    /// A fault of the batch that it is, or is in.
    Batch(BatchError),
    /// A fault of its query.
    Query(QueryError),
    /// A refusal or failure of the service.
    Service(edm_service::Error),
}

/// A failed request. It is an extension of the response until the request's context writes it,
/// because only the context has the request's ids.
#[derive(Debug, Clone)]
pub struct ApiError(Arc<Problem>);

impl ApiError {
    /// Returns what is wrong.
    pub fn problem(&self) -> &Problem {
        &self.0
    }

    /// Returns the status and the stable code.
    pub(crate) fn answer(&self) -> (StatusCode, &'static str) {
        match self.problem() {
            Problem::Http(problem) => http_answer(problem),
            Problem::Body(error) => body_answer(error.kind()),
            Problem::Batch(error) => batch_answer(error.kind()),
            Problem::Query(_) => (StatusCode::BAD_REQUEST, "invalidQuery"),
            Problem::Service(error) => service_answer(error.kind()),
        }
    }

    /// Returns the value of `Retry-After`, for answers that have it.
    pub(crate) fn retry_after_seconds(&self) -> Option<u32> {
        match self.problem() {
            Problem::Http(
                HttpProblem::NoMemory | HttpProblem::TooManyRequests | HttpProblem::NotReady(_),
            ) => Some(1),
            Problem::Service(error) => match error.kind() {
                ErrorKind::Busy { retry_after_seconds } | ErrorKind::RateLimited { retry_after_seconds } => {
                    // Microsoft's SDK gives up at 180 seconds and ignores 0.
                    Some((*retry_after_seconds).clamp(1, 179))
                }
                ErrorKind::NotReady | ErrorKind::StorageBusy => Some(1),
                ErrorKind::DataUnavailable => Some(UNAVAILABLE_RETRY_SECONDS),
                _ => None,
            },
            _ => None,
        }
    }

    /// Returns the sentence for the client.
    pub(crate) fn sentence(&self) -> String {
        match self.problem() {
            Problem::Http(problem) => problem.to_string(),
            Problem::Body(error) => error.to_string(),
            Problem::Batch(error) => error.to_string(),
            Problem::Query(error) => error.to_string(),
            Problem::Service(error) => error.to_string(),
        }
    }

    /// Returns the body of Graph's error, without the request's ids.
    pub(crate) fn body(&self) -> ErrorBody {
        let (_, code) = self.answer();
        let (target, details) = match self.problem() {
            Problem::Http(_) => (None, Vec::new()),
            Problem::Body(error) => (error.target().map(str::to_owned), body_details(error.kind())),
            Problem::Batch(error) => (error.target().map(str::to_owned), Vec::new()),
            Problem::Query(error) => (Some(error.option().to_owned()), Vec::new()),
            Problem::Service(error) => (error.target().map(wire_target), details(error.kind())),
        };
        ErrorBody { code: code.to_owned(), message: self.sentence(), target, details, inner_error: None }
    }

    /// Writes the cause to the log, once. Failures of this program are logged as errors, faults of
    /// the client are not.
    pub(crate) fn log(&self, request_id: &str) {
        let (status, code) = self.answer();
        let mut cause = String::new();
        if let Problem::Service(error) = self.problem() {
            let mut source = std::error::Error::source(error);
            while let Some(inner) = source {
                cause = format!("{cause}: {inner}");
                source = inner.source();
            }
        }
        let expected = matches!(status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::NOT_IMPLEMENTED);
        if status.is_server_error() && !expected {
            tracing::error!(request.id = request_id, code, "the request failed{cause}");
        } else {
            tracing::debug!(request.id = request_id, code, "the request was refused{cause}");
        }
    }
}

impl From<HttpProblem> for ApiError {
    fn from(problem: HttpProblem) -> Self {
        Self(Arc::new(Problem::Http(problem)))
    }
}

impl From<BodyError> for ApiError {
    fn from(error: BodyError) -> Self {
        Self(Arc::new(Problem::Body(error)))
    }
}

impl From<BatchError> for ApiError {
    fn from(error: BatchError) -> Self {
        Self(Arc::new(Problem::Batch(error)))
    }
}

impl From<QueryError> for ApiError {
    fn from(error: QueryError) -> Self {
        Self(Arc::new(Problem::Query(error)))
    }
}

impl From<edm_service::Error> for ApiError {
    fn from(error: edm_service::Error) -> Self {
        Self(Arc::new(Problem::Service(error)))
    }
}

impl ApiError {
    /// Returns a response with the error as an extension, to be written by the request's context.
    pub(crate) fn into_response(self) -> Response {
        let (status, _) = self.answer();
        let mut response = Response::new(Body::empty());
        *response.status_mut() = status;
        if status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Problem::Batch(error) = self.problem()
            && *error.kind() == BatchErrorKind::Method
        {
            let allowed = HeaderValue::from_static("GET, POST, PATCH, DELETE");
            response.headers_mut().insert(header::ALLOW, allowed);
        }
        if let Problem::Http(HttpProblem::UnsupportedEncoding) = self.problem() {
            // RFC 7694: the client learns from it which encoding to use.
            response
                .headers_mut()
                .insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip, identity"));
        }
        if let Some(seconds) = self.retry_after_seconds() {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// Returns the status and code of a problem of the request itself.
pub fn http_answer(problem: &HttpProblem) -> (StatusCode, &'static str) {
    match problem {
        HttpProblem::UnknownPath => (StatusCode::NOT_FOUND, "unknownPath"),
        HttpProblem::NotHttp => (StatusCode::BAD_REQUEST, "invalidHead"),
        HttpProblem::HeadTooLong => (StatusCode::BAD_REQUEST, "headTooLong"),
        HttpProblem::MethodNotAllowed => (StatusCode::METHOD_NOT_ALLOWED, "methodNotAllowed"),
        HttpProblem::BodyTooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "bodyTooLarge"),
        HttpProblem::BodyIncomplete => (StatusCode::BAD_REQUEST, "bodyIncomplete"),
        HttpProblem::BodyTooSlow => (StatusCode::REQUEST_TIMEOUT, "bodyTooSlow"),
        HttpProblem::UnsupportedMediaType { .. } => {
            (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupportedMediaType")
        }
        HttpProblem::UnsupportedEncoding => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupportedMediaType"),
        HttpProblem::NotGzip => (StatusCode::BAD_REQUEST, "invalidEncoding"),
        HttpProblem::NoMemory => (StatusCode::SERVICE_UNAVAILABLE, "serverBusy"),
        HttpProblem::TooManyRequests => (StatusCode::TOO_MANY_REQUESTS, "tooManyRequests"),
        HttpProblem::StreamTooLong => (StatusCode::REQUEST_TIMEOUT, "streamTooLong"),
        HttpProblem::InvalidHost => (StatusCode::BAD_REQUEST, "invalidHost"),
        HttpProblem::ForeignHost => (StatusCode::MISDIRECTED_REQUEST, "foreignHost"),
        HttpProblem::NoToken => (StatusCode::UNAUTHORIZED, "unauthenticated"),
        HttpProblem::Forbidden { .. } => (StatusCode::FORBIDDEN, "accessDenied"),
        HttpProblem::NoSuchId => (StatusCode::NOT_FOUND, "resourceNotFound"),
        HttpProblem::NoSuchItem => (StatusCode::NOT_FOUND, "resourceNotFound"),
        HttpProblem::NotServed => (StatusCode::NOT_IMPLEMENTED, "notImplemented"),
        HttpProblem::PreconditionFailed => (StatusCode::PRECONDITION_FAILED, "preconditionFailed"),
        HttpProblem::NotReady(_) => (StatusCode::SERVICE_UNAVAILABLE, "notReady"),
        HttpProblem::Panicked => (StatusCode::INTERNAL_SERVER_ERROR, "internalError"),
        HttpProblem::FailedDependency => (StatusCode::FAILED_DEPENDENCY, "failedDependency"),
        HttpProblem::AnswerTooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "answerTooLarge"),
    }
}

/// Returns the status and code of a wrong batch, or of a wrong request in one.
fn batch_answer(kind: &BatchErrorKind) -> (StatusCode, &'static str) {
    match kind {
        BatchErrorKind::Body(error) => body_answer(error.kind()),
        BatchErrorKind::Method => http_answer(&HttpProblem::MethodNotAllowed),
        BatchErrorKind::AtomicityGroup | BatchErrorKind::Nested => (StatusCode::BAD_REQUEST, "notSupported"),
        BatchErrorKind::EmptyId
        | BatchErrorKind::RepeatedId
        | BatchErrorKind::Dependency
        | BatchErrorKind::ForeignHost
        | BatchErrorKind::Header
        | BatchErrorKind::BodyNotText
        | BatchErrorKind::BodyNotBase64 => (StatusCode::BAD_REQUEST, "invalidRequest"),
    }
}

/// Returns the status and code of a wrong body.
pub fn body_answer(kind: &BodyErrorKind) -> (StatusCode, &'static str) {
    let code = match kind {
        BodyErrorKind::NotJson { .. } | BodyErrorKind::NotAnObject => "invalidJson",
        BodyErrorKind::Columns(_) | BodyErrorKind::Delimiter => "invalidColumns",
        BodyErrorKind::UnknownDataType => "unsupportedDataType",
        BodyErrorKind::Reference => "notSupported",
        BodyErrorKind::UnknownProperty { .. } => "unknownProperty",
        BodyErrorKind::OtherType { .. } => "invalidOdataType",
        BodyErrorKind::WrongType { .. }
        | BodyErrorKind::Missing
        | BodyErrorKind::OutOfRange { .. }
        | BodyErrorKind::TooLong { .. }
        | BodyErrorKind::TooMany { .. }
        | BodyErrorKind::UnknownWord { .. }
        | BodyErrorKind::RepeatedQueryOption
        | BodyErrorKind::UnknownOption
        | BodyErrorKind::NotAnId => "invalidRequest",
    };
    (StatusCode::BAD_REQUEST, code)
}

/// The unknown properties of a body besides the one in the error.
fn body_details(kind: &BodyErrorKind) -> Vec<ErrorDetail> {
    let BodyErrorKind::UnknownProperty { others, .. } = kind else { return Vec::new() };
    let detail = |path: &String| ErrorDetail {
        code: body_answer(kind).1.to_owned(),
        message: format!("{path} is no property of this request"),
        target: Some(path.clone()),
    };
    others.iter().map(detail).collect()
}

/// Returns the status and code of a refusal of the service. This is the only match from kinds to
/// statuses.
pub fn service_answer(kind: &ErrorKind) -> (StatusCode, &'static str) {
    const BAD: StatusCode = StatusCode::BAD_REQUEST;
    const CONFLICT: StatusCode = StatusCode::CONFLICT;
    match kind {
        ErrorKind::NotFound { .. } => (StatusCode::NOT_FOUND, "resourceNotFound"),
        ErrorKind::Forbidden { .. } => (StatusCode::FORBIDDEN, "accessDenied"),
        ErrorKind::SaltNotVisible => (StatusCode::FORBIDDEN, "saltNotVisible"),
        ErrorKind::Unauthenticated => (StatusCode::UNAUTHORIZED, "unauthenticated"),
        ErrorKind::InvalidArgument => (BAD, "invalidRequest"),
        ErrorKind::BadColumns(_) => (BAD, "invalidColumns"),
        ErrorKind::UnknownColumn => (BAD, "unknownColumn"),
        ErrorKind::ColumnNotSearchable => (BAD, "columnNotSearchable"),
        ErrorKind::TooMany { .. } => (BAD, "tooMany"),
        ErrorKind::RedactionIncomplete { .. } => (BAD, "redactionIncomplete"),
        ErrorKind::KeyColumnMissing => (BAD, "keyColumnMissing"),
        ErrorKind::InvalidSalt => (BAD, "invalidSalt"),
        ErrorKind::BlockMalformed(edm_service::BlockProblem::TooLarge) => {
            (StatusCode::PAYLOAD_TOO_LARGE, "blockTooLarge")
        }
        ErrorKind::BlockMalformed(_) => (BAD, "invalidBlock"),
        ErrorKind::ForeignBlock(_) => (BAD, "foreignBlock"),
        ErrorKind::BlockOutOfRange { .. } => (BAD, "blockOutOfRange"),
        ErrorKind::InvalidBlockList { .. } => (BAD, "InvalidBlockList"),
        ErrorKind::DuplicateName => (CONFLICT, "nameConflict"),
        ErrorKind::BlockConflict { .. } => (CONFLICT, "blockConflict"),
        ErrorKind::SessionClosed { .. } => (CONFLICT, "sessionClosed"),
        ErrorKind::FieldsMismatch => (CONFLICT, "fieldsMismatch"),
        ErrorKind::UnknownUploadAgent => (CONFLICT, "unknownUploadAgent"),
        ErrorKind::WeakSalt => (CONFLICT, "weakSalt"),
        ErrorKind::ColumnsChanged => (CONFLICT, "columnsChanged"),
        ErrorKind::NoLiveData => (CONFLICT, "noLiveData"),
        ErrorKind::NothingLookedFor => (CONFLICT, "nothingLookedFor"),
        ErrorKind::SaltMismatch => (CONFLICT, "saltMismatch"),
        ErrorKind::UploadIncomplete { .. } => (CONFLICT, "uploadIncomplete"),
        ErrorKind::RowsNotContiguous { .. } => (CONFLICT, "rowsNotContiguous"),
        ErrorKind::ChecksumMismatch => (CONFLICT, "checksumMismatch"),
        ErrorKind::NothingToRollBack => (CONFLICT, "nothingToRollBack"),
        ErrorKind::LiveSession => (CONFLICT, "liveSession"),
        ErrorKind::DefaultTypeFixed => (CONFLICT, "defaultTypeFixed"),
        ErrorKind::Changed => (StatusCode::PRECONDITION_FAILED, "preconditionFailed"),
        ErrorKind::Busy { .. } => (StatusCode::TOO_MANY_REQUESTS, "tooManyRequests"),
        ErrorKind::RateLimited { .. } => (StatusCode::TOO_MANY_REQUESTS, "rateLimited"),
        ErrorKind::NotReady => (StatusCode::SERVICE_UNAVAILABLE, "notReady"),
        ErrorKind::DataUnavailable => (StatusCode::SERVICE_UNAVAILABLE, "dataUnavailable"),
        ErrorKind::QueryTooExpensive => (BAD, "queryTooExpensive"),
        ErrorKind::StorageBusy => (StatusCode::SERVICE_UNAVAILABLE, "serverBusy"),
        // Not 503: Microsoft's SDK repeats POSTs on 503, and a commit that failed may have been
        // executed.
        ErrorKind::Unavailable => (StatusCode::INTERNAL_SERVER_ERROR, "storageUnavailable"),
        ErrorKind::WrongMasterKey => (StatusCode::INTERNAL_SERVER_ERROR, "wrongMasterKey"),
        ErrorKind::DataDirectory => (StatusCode::INTERNAL_SERVER_ERROR, "dataDirectory"),
        ErrorKind::Corrupt => (StatusCode::INTERNAL_SERVER_ERROR, "corruptData"),
        ErrorKind::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "internalError"),
    }
}

fn details(kind: &ErrorKind) -> Vec<ErrorDetail> {
    let ErrorKind::UploadIncomplete { missing, .. } = kind else {
        return Vec::new();
    };
    let detail = |first: u32, last: u32| ErrorDetail {
        code: "missingBlocks".to_owned(),
        message: match first == last {
            true => format!("block {first} is missing"),
            false => format!("blocks {first} to {last} are missing"),
        },
        target: Some(format!("{first}-{last}")),
    };
    missing.iter().map(|range| detail(range.first, range.last)).collect()
}

/// Converts the service's `columns/2/name` to Graph's `columns[2].name`.
fn wire_target(target: &str) -> String {
    let mut path = String::new();
    for part in target.split('/') {
        if !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()) {
            path = format!("{path}[{part}]");
            continue;
        }
        // The service names a rule's patterns; on the wire the rule is a property of the type.
        let first = path.is_empty();
        path.push_str(match first {
            true if part == "patterns" => "exactMatch.",
            true => "",
            false => ".",
        });
        path.push_str(part);
    }
    path
}
