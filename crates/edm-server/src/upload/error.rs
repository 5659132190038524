//! Azure's errors: XML with a code, and the code in `x-ms-error-code`.

use std::fmt;
use std::sync::Arc;

use edm_graph::DateTimeOffset;
use edm_model::Timestamp;
use edm_service::AddressRefusal;
use http::{HeaderValue, StatusCode, header};

use crate::error::{ApiError, HttpProblem};
use crate::message::{Body, Response};

/// What is wrong with a request on the upload wire, before its session is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UploadProblem {
    /// The signature is missing or invalid.
    BadSignature,
    /// The address has expired, or is not valid yet.
    Expired,
    /// The address does not permit this operation.
    NoPermission,
    /// A parameter of the query is wrong.
    BadQuery {
        /// Its name.
        name: &'static str,
    },
    /// The block id is wrong.
    BadBlockId,
    /// The body is too long.
    TooLarge {
        /// The greatest permitted length.
        bytes_max: usize,
    },
    /// `Content-MD5` is not an MD5.
    BadMd5,
    /// `Content-MD5` is not that of the body.
    Md5Mismatch,
    /// A header asks for an unsupported feature.
    UnservedHeader {
        /// Its name.
        name: &'static str,
    },
    /// The block list is not valid XML of its form.
    BadXml,
    /// A block list has an invalid block id.
    BadListedId,
    /// Put Blob, which uploads a whole blob.
    PutBlob,
    /// Another operation of Azure.
    NotServed,
    /// Another method.
    MethodNotAllowed,
    /// The memory for bodies and answers is used up, or there are too many requests to this
    /// address.
    Busy,
    /// A fault of this program.
    Internal,
}

impl fmt::Display for UploadProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            UploadProblem::BadSignature => {
                f.write_str("the signature of the address is wrong: use dataUploadURI of the session unchanged")
            }
            UploadProblem::Expired => {
                f.write_str("the address has expired: renew the session and use its new dataUploadURI")
            }
            UploadProblem::NoPermission => f.write_str("the address was not signed for this operation"),
            UploadProblem::BadQuery { name } => write!(f, "the query parameter {name} is wrong or given twice"),
            UploadProblem::BadBlockId => f.write_str(
                "blockid must be the base64 form of the block's number in 8 decimal digits, such as MDAwMDAwMDA=",
            ),
            UploadProblem::TooLarge { bytes_max } => {
                write!(f, "the body may have at most {bytes_max} bytes: use fewer rows a block")
            }
            UploadProblem::BadMd5 => f.write_str("Content-MD5 must be the base64 form of 16 bytes"),
            UploadProblem::Md5Mismatch => {
                f.write_str("the body does not have the digest that Content-MD5 names: send it again")
            }
            UploadProblem::UnservedHeader { name } => {
                write!(f, "the header {name} is not served: leave it out (Content-MD5 is verified)")
            }
            UploadProblem::BadXml => f.write_str("the body must be an XML BlockList of at most 1000000 block ids"),
            UploadProblem::BadListedId => {
                f.write_str("the block list holds an id that is no block's: name 0 to n-1 in order")
            }
            UploadProblem::PutBlob => f.write_str(
                "a table goes up in sealed blocks, not as one blob: use Put Block for each, as stage_block does",
            ),
            UploadProblem::NotServed => {
                f.write_str("this address serves Put Block, Put Block List and Get Block List only")
            }
            UploadProblem::MethodNotAllowed => f.write_str("this address serves PUT and GET only"),
            UploadProblem::Busy => f.write_str("the server holds as many blocks as it may: send it again later"),
            UploadProblem::Internal => {
                f.write_str("the server met an error of its own: give the operator the request id")
            }
        }
    }
}

/// A failed request on the upload wire. Like `ApiError` it is an extension of the response until
/// the request's context writes it.
#[derive(Debug, Clone)]
pub struct UploadError(Arc<Cause>);

#[derive(Debug)]
enum Cause {
    Upload(UploadProblem),
    Elsewhere(ApiError),
}

/// Returns the status and code of a problem on the upload wire.
pub fn upload_answer(problem: &UploadProblem) -> (StatusCode, &'static str) {
    const BAD: StatusCode = StatusCode::BAD_REQUEST;
    match problem {
        UploadProblem::BadSignature | UploadProblem::Expired => {
            (StatusCode::FORBIDDEN, "AuthenticationFailed")
        }
        UploadProblem::NoPermission => (StatusCode::FORBIDDEN, "AuthorizationPermissionMismatch"),
        UploadProblem::BadQuery { .. } => (BAD, "InvalidQueryParameterValue"),
        UploadProblem::BadBlockId => (BAD, "InvalidBlockId"),
        UploadProblem::TooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "RequestBodyTooLarge"),
        UploadProblem::BadMd5 => (BAD, "InvalidMd5"),
        UploadProblem::Md5Mismatch => (BAD, "Md5Mismatch"),
        UploadProblem::UnservedHeader { .. } => (BAD, "UnsupportedHeader"),
        UploadProblem::BadXml => (BAD, "InvalidXmlDocument"),
        UploadProblem::BadListedId => (BAD, "InvalidBlockList"),
        UploadProblem::PutBlob => (BAD, "putBlobNotSupported"),
        UploadProblem::NotServed => (BAD, "operationNotSupported"),
        UploadProblem::MethodNotAllowed => (StatusCode::METHOD_NOT_ALLOWED, "UnsupportedHttpVerb"),
        UploadProblem::Busy => (StatusCode::SERVICE_UNAVAILABLE, "ServerBusy"),
        UploadProblem::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "InternalError"),
    }
}

impl UploadError {
    fn answer(&self) -> (StatusCode, &'static str) {
        match &*self.0 {
            Cause::Upload(problem) => upload_answer(problem),
            Cause::Elsewhere(error) => error.answer(),
        }
    }

    fn sentence(&self) -> String {
        match &*self.0 {
            Cause::Upload(problem) => problem.to_string(),
            Cause::Elsewhere(error) => error.sentence(),
        }
    }

    /// Writes the cause into the log, once.
    pub(crate) fn log(&self, request_id: &str) {
        match &*self.0 {
            Cause::Upload(_) => {
                let (_, code) = self.answer();
                tracing::debug!(request.id = request_id, code, "the upload was refused");
            }
            Cause::Elsewhere(error) => error.log(request_id),
        }
    }

    /// Returns the XML. Codes and sentences are our own text, but are escaped anyway.
    pub(crate) fn body(&self, request_id: &str, at: Timestamp) -> String {
        let (_, code) = self.answer();
        let message =
            format!("{}\nRequestId:{request_id}\nTime:{}", self.sentence(), DateTimeOffset::new(at));
        format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>{code}</Code><Message>{}</Message></Error>",
            quick_xml::escape::escape(message.as_str())
        )
    }
}

impl From<UploadProblem> for UploadError {
    fn from(problem: UploadProblem) -> Self {
        Self(Arc::new(Cause::Upload(problem)))
    }
}

impl From<AddressRefusal> for UploadProblem {
    fn from(refusal: AddressRefusal) -> Self {
        match refusal {
            AddressRefusal::BadSignature => Self::BadSignature,
            AddressRefusal::Expired => Self::Expired,
            AddressRefusal::NoPermission => Self::NoPermission,
        }
    }
}

impl From<HttpProblem> for UploadError {
    fn from(problem: HttpProblem) -> Self {
        match problem {
            HttpProblem::BodyTooLarge { bytes_max } => UploadProblem::TooLarge { bytes_max }.into(),
            HttpProblem::NoMemory => UploadProblem::Busy.into(),
            other => Self(Arc::new(Cause::Elsewhere(other.into()))),
        }
    }
}

impl From<edm_service::Error> for UploadError {
    fn from(error: edm_service::Error) -> Self {
        Self(Arc::new(Cause::Elsewhere(error.into())))
    }
}

impl UploadError {
    /// Returns a response with the error as an extension, to be written by the request's context.
    pub(crate) fn into_response(self) -> Response {
        let (status, code) = self.answer();
        let mut response = Response::new(Body::empty());
        *response.status_mut() = status;
        response.headers_mut().insert("x-ms-error-code", HeaderValue::from_static(code));
        let retry_after = match &*self.0 {
            Cause::Upload(UploadProblem::Busy) => Some(1),
            Cause::Upload(_) => None,
            Cause::Elsewhere(error) => error.retry_after_seconds(),
        };
        if let Some(seconds) = retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response.extensions_mut().insert(self);
        response
    }
}
