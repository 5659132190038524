//! `classifyFile` and `classifyText`: classified at once, and stored as a job without any piece of
//! the text.

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;
use edm_graph::query::{Place, QueryOptions};
use edm_graph::schema::actions::CLASSIFY_FILE;
use edm_graph::{
    BodyError, BodyErrorKind, ClassifyFileRequest, ClassifyOptions, ClassifyTextRequest, JobResource, path,
};
use edm_model::{JobOrigin, limits};
use edm_service::{FinishedJob, JobContent, MatchOptions, Revision, TextEncoding};
use http::{HeaderMap, StatusCode, header};
use zeroize::Zeroizing;

use crate::authenticated::Call;
use crate::body::{self, is_json, lease, read_object};
use crate::error::ApiError;
use crate::handlers::shapes::NONE;
use crate::handlers::text_options::match_options;
use crate::handling::Handled;
use crate::message::{Request, Response};
use crate::wiped_buffer::wiped;
use crate::{respond, to_wire};

/// OData uses base64url, Microsoft's SDKs the standard alphabet, both with or without padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Reads the file from JSON, or as the body itself with its options in the query.
pub(crate) async fn classify_file(call: Call, request: Request) -> Result<Response, ApiError> {
    QueryOptions::parse(request.uri().query(), &NONE, Place::Action)?;
    let (parts, body) = request.into_parts();
    let mut lease = lease(&call.caller)?;
    if is_json(&parts.headers) {
        let bytes =
            body::read_text(body, &parts.headers, limits::JSON_BODY_BYTES_MAX, &call.app, &mut lease).await?;
        let request: ClassifyFileRequest = read_object(&bytes, &parts.headers, &call.noted)?;
        drop(bytes);
        let content = JobContent::File(decoded(Zeroizing::new(request.file))?, TextEncoding::UTF_8);
        return classify(&call, JobOrigin::File, content, request.options).await;
    }
    let mut handled = Handled::wished(&parts.headers);
    let (options, ignored) =
        ClassifyOptions::from_query(call.query.as_deref(), &CLASSIFY_FILE, handled.wished)?;
    handled.ignored = ignored;
    call.noted.note(handled);
    let Some(encoding) = text_encoding(&parts.headers) else {
        return classify(&call, JobOrigin::File, JobContent::OtherFile, options).await;
    };
    let bytes = body::read_text(body, &parts.headers, limits::FILE_BYTES_MAX, &call.app, &mut lease).await?;
    let content = JobContent::File(bytes, encoding);
    classify(&call, JobOrigin::File, content, options).await
}

pub(crate) async fn classify_text(call: Call, request: Request) -> Result<Response, ApiError> {
    let (request, _lease) = call.json::<ClassifyTextRequest>(request).await?;
    call.options(&NONE, Place::Action)?;
    classify(&call, JobOrigin::Text, JobContent::Text(request.text), request.options).await
}

async fn classify(
    call: &Call,
    origin: JobOrigin,
    content: JobContent,
    options: ClassifyOptions,
) -> Result<Response, ApiError> {
    // A job cannot contain explanations.
    let options = MatchOptions { explain: false, ..match_options(options) };
    let FinishedJob { job, report } =
        call.app.service.classify_as_job(&call.principal, origin, content, options).await?;
    let revision = Revision::of(&job);
    let mut resource = to_wire::job::kept(&job);
    if let Some(report) = report {
        // Only this answer contains the found values.
        resource.result = Some(to_wire::job::found(report));
    }
    let mut value = respond::entity(&resource, JobResource::TYPE, revision);
    if let serde_json::Value::Object(fields) = &mut value {
        let context = format!("{}/$entity", respond::context(&call.origin, path::JOBS));
        fields.insert("@odata.context".to_owned(), context.into());
    }
    Ok(respond::json(StatusCode::OK, &value))
}

fn decoded(mut file: Zeroizing<String>) -> Result<Bytes, ApiError> {
    if file.contains(['-', '_']) {
        let standard = |sign| match sign {
            '-' => '+',
            '_' => '/',
            other => other,
        };
        file = Zeroizing::new(file.chars().map(standard).collect());
    }
    BASE64.decode(file.as_bytes()).map(wiped).map_err(|_| {
        BodyError::at(BodyErrorKind::WrongType { expected: "the bytes of the file in base64" }, "file").into()
    })
}

/// Returns the declared encoding of the body's text. `None` if it is declared as something else, or
/// in an unsupported encoding.
fn text_encoding(headers: &HeaderMap) -> Option<TextEncoding> {
    let value = headers.get(header::CONTENT_TYPE)?.to_str().ok()?.to_ascii_lowercase();
    let mut parts = value.split(';').map(str::trim);
    if !parts.next()?.starts_with("text/") {
        return None;
    }
    let charset = parts.find_map(|parameter| parameter.strip_prefix("charset="));
    match charset.map(|charset| charset.trim_matches('"')) {
        None | Some("utf-8" | "utf8" | "us-ascii") => Some(TextEncoding::UTF_8),
        Some("utf-16le") => Some(TextEncoding::UTF_16LE),
        // RFC 2781, section 4.3 assumes big-endian without a mark, but many programs write
        // little-endian. Only the byte order mark is reliable.
        Some("utf-16") => Some(TextEncoding::UTF_16),
        Some("utf-16be") => Some(TextEncoding::UTF_16BE),
        Some(_) => None,
    }
}
