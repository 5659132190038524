//! `$batch`: several requests in one body, in Graph's documented form and in the form that
//! Microsoft's SDKs send. A fault of the batch fails all of it; a fault of one request fails that
//! request.

use std::collections::HashMap;

use edm_model::limits;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use crate::batch_body::{self, BatchDialect};
use crate::batch_error::{BatchError, BatchErrorKind, METHODS};
use crate::body::{BodyErrorKind, MaybeNull, Reader};
use crate::fields::{Fields, Handling};
use crate::ignored::Ignored;
use crate::parse::parse_object;
use crate::path;
use crate::schema::batches::BATCH;

/// Headers that belong to a connection, or that the batch itself decides.
const CONNECTION_HEADERS: &[&str] = &[
    "accept-encoding",
    "connection",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];
/// The characters that must be escaped in an address. Some clients do not escape them.
const UNESCAPED: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'`').add(b'{').add(b'}');

/// The prefix for a path without a version: `path::BASE` with its slash.
const UNVERSIONED: &str = "/beta/";

/// The requests of one body, in their order.
#[derive(Debug)]
pub struct Batch {
    /// At most `limits::BATCH_REQUESTS_MAX`.
    pub parts: Vec<BatchPart>,
}

/// One request of a batch.
#[derive(Debug)]
pub struct BatchPart {
    /// Its id, which its answer repeats; unique in the batch.
    pub id: String,
    /// The positions in the batch of the requests that must have succeeded. All are before this
    /// one.
    pub depends_on: Vec<usize>,
    /// The dialect that the client reads its answer in.
    pub dialect: BatchDialect,
    /// The request, or why it is not valid.
    pub request: Result<PartRequest, BatchError>,
}

/// The content of one request of a batch.
#[derive(Debug, PartialEq, Eq)]
pub struct PartRequest {
    /// One of GET, POST, PATCH and DELETE.
    pub method: &'static str,
    /// Path and query, escaped, with a version prefix. It always leads below the service.
    pub target: String,
    /// Its own headers, without those of a connection.
    pub headers: Vec<(String, String)>,
    /// The bytes of its body.
    pub body: Option<Vec<u8>>,
}

/// The address of this server as the sender of a batch sees it, to recognise absolute addresses.
#[derive(Debug, Clone, Copy)]
pub struct Here<'a> {
    /// The request's Host.
    pub host: &'a str,
    /// The beginning of absolute addresses in answers, without a slash at the end.
    pub origin: &'a str,
}

impl Batch {
    /// Reads a batch, and returns the ignored properties too.
    ///
    /// Fails if ids are not unique, if a dependency is not on an earlier request, and on more than
    /// `limits::BATCH_REQUESTS_MAX` requests. Fails on unknown properties if `wished` says so.
    pub fn parse(
        bytes: &[u8],
        here: Here<'_>,
        wished: Option<Handling>,
    ) -> Result<(Self, Ignored), BatchError> {
        const FIELDS: Fields = Fields::Create(&BATCH);
        let (body, ignored) = parse_object(bytes, FIELDS)?;
        let ignored = ignored.handled(wished.unwrap_or(FIELDS.handling()))?;
        let reader = Reader::new(&body);
        let MaybeNull::Value(requests) = reader.objects("requests", limits::BATCH_REQUESTS_MAX)? else {
            return Err(reader.error(BodyErrorKind::Missing, "requests").into());
        };
        let mut places = HashMap::new();
        let mut parts = Vec::with_capacity(requests.len());
        for (place, request) in requests.iter().enumerate() {
            let id = read_id(request)?;
            let depends_on = read_dependencies(request, &places)?;
            if !matches!(request.value("atomicityGroup"), MaybeNull::Absent | MaybeNull::Null) {
                let target = request.target("atomicityGroup");
                return Err(BatchError::at(BatchErrorKind::AtomicityGroup, target));
            }
            if places.insert(id.clone(), place).is_some() {
                return Err(BatchError::at(BatchErrorKind::RepeatedId, request.target("id")));
            }
            let dialect = match request.has("depends_on") {
                true => BatchDialect::PythonSdk,
                false => BatchDialect::Documented,
            };
            parts.push(BatchPart { id, depends_on, dialect, request: PartRequest::read(request, here) });
        }
        Ok((Self { parts }, ignored))
    }
}

fn read_id(request: &Reader<'_>) -> Result<String, BatchError> {
    match request.text("id", limits::BATCH_ID_CHARACTERS_MAX)? {
        MaybeNull::Value(id) if id.is_empty() => {
            Err(BatchError::at(BatchErrorKind::EmptyId, request.target("id")))
        }
        MaybeNull::Value(id) => Ok(id),
        _ => Err(request.error(BodyErrorKind::Missing, "id").into()),
    }
}

/// Reads both spellings. A request may depend only on earlier ones, so there can be no circle.
fn read_dependencies(
    request: &Reader<'_>,
    places: &HashMap<String, usize>,
) -> Result<Vec<usize>, BatchError> {
    let mut depends_on = Vec::new();
    for name in ["dependsOn", "depends_on"] {
        let ids = request.texts(name, limits::BATCH_REQUESTS_MAX, limits::BATCH_ID_CHARACTERS_MAX)?;
        for (position, id) in ids.into_option().unwrap_or_default().iter().enumerate() {
            let Some(place) = places.get(id) else {
                let target = format!("{}[{position}]", request.target(name));
                return Err(BatchError::at(BatchErrorKind::Dependency, target));
            };
            depends_on.push(*place);
        }
    }
    Ok(depends_on)
}

impl PartRequest {
    fn read(request: &Reader<'_>, here: Here<'_>) -> Result<Self, BatchError> {
        let method = read_method(request)?;
        let target = read_url(request, here)?;
        let headers = read_headers(request)?;
        let content_type = headers.iter().find(|(name, _)| name == "content-type");
        let body = match request.value("body") {
            MaybeNull::Absent | MaybeNull::Null => None,
            MaybeNull::Value(body) => {
                let content_type = content_type.map(|(_, value)| value.as_str());
                let bytes = batch_body::bytes(body, content_type);
                Some(bytes.map_err(|kind| BatchError::at(kind, request.target("body")))?)
            }
        };
        Ok(Self { method, target, headers, body })
    }
}

fn read_method(request: &Reader<'_>) -> Result<&'static str, BatchError> {
    let MaybeNull::Value(method) = request.text("method", limits::BATCH_ID_CHARACTERS_MAX)? else {
        return Err(request.error(BodyErrorKind::Missing, "method").into());
    };
    let known = METHODS.iter().copied().find(|known| known.eq_ignore_ascii_case(&method));
    known.ok_or_else(|| BatchError::at(BatchErrorKind::Method, request.target("method")))
}

fn read_url(request: &Reader<'_>, here: Here<'_>) -> Result<String, BatchError> {
    let MaybeNull::Value(url) = request.text("url", limits::BATCH_URL_CHARACTERS_MAX)? else {
        return Err(request.error(BodyErrorKind::Missing, "url").into());
    };
    let fail = |kind| BatchError::at(kind, request.target("url"));
    let local = here.local(&url).ok_or_else(|| fail(BatchErrorKind::ForeignHost))?;
    let local = local.split('#').next().unwrap_or(local).trim_start_matches('/');
    let (path, query) = match local.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (local, None),
    };
    let mut target = utf8_percent_encode(path, UNESCAPED).to_string();
    let first = path.split('/').next().unwrap_or(path);
    let versioned = path::VERSIONS.iter().any(|version| first.eq_ignore_ascii_case(version));
    // A batch reaches only paths below the version, never other paths of this host.
    target.insert_str(0, if versioned { "/" } else { UNVERSIONED });
    if path::locate(&target).is_some_and(|located| located.template == path::BATCH) {
        return Err(fail(BatchErrorKind::Nested));
    }
    if let Some(query) = query {
        target.push('?');
        target.extend(utf8_percent_encode(query, UNESCAPED));
    }
    if target.len() > limits::BATCH_URL_CHARACTERS_MAX {
        let kind = BodyErrorKind::TooLong { characters_max: limits::BATCH_URL_CHARACTERS_MAX };
        return Err(request.error(kind, "url").into());
    }
    Ok(target)
}

impl Here<'_> {
    /// Returns the part of an address after this server's origin; `None` if it leads to another
    /// host.
    fn local<'u>(&self, url: &'u str) -> Option<&'u str> {
        let Some((scheme, rest)) = url.split_once("://").filter(|(scheme, _)| is_scheme(scheme)) else {
            return Some(url);
        };
        if let Some((beginning, local)) = url.split_at_checked(self.origin.len())
            && beginning.eq_ignore_ascii_case(self.origin)
            && (local.is_empty() || local.starts_with(['/', '?']))
        {
            return Some(local);
        }
        let default_port = match scheme {
            _ if scheme.eq_ignore_ascii_case("http") => ":80",
            _ if scheme.eq_ignore_ascii_case("https") => ":443",
            _ => return None,
        };
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (host, local) = rest.split_at(end);
        let bare = |host| str::strip_suffix(host, default_port).unwrap_or(host);
        (!host.is_empty() && bare(host).eq_ignore_ascii_case(bare(self.host))).then_some(local)
    }
}

fn is_scheme(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

/// Reads the headers, with their names in lower case. Headers of a connection are dropped.
fn read_headers(request: &Reader<'_>) -> Result<Vec<(String, String)>, BatchError> {
    let MaybeNull::Value(headers) = request.object("headers")? else {
        return Ok(Vec::new());
    };
    let mut read: Vec<(String, String)> = Vec::new();
    for (count, name) in headers.names().enumerate() {
        if count == limits::BATCH_HEADERS_MAX {
            let kind = BodyErrorKind::TooMany { count_max: limits::BATCH_HEADERS_MAX };
            return Err(request.error(kind, "headers").into());
        }
        let MaybeNull::Value(value) = headers.text(name, limits::BATCH_HEADER_CHARACTERS_MAX)? else {
            continue;
        };
        // A header's name may contain any text here, so the error does not repeat it.
        if !is_header_name(name) || value.bytes().any(|byte| byte != b'\t' && byte.is_ascii_control()) {
            return Err(BatchError::at(BatchErrorKind::Header, request.target("headers")));
        }
        let name = name.to_ascii_lowercase();
        if !CONNECTION_HEADERS.contains(&name.as_str()) {
            read.push((name, value));
        }
    }
    Ok(read)
}

fn is_header_name(name: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.len() <= limits::BATCH_ID_CHARACTERS_MAX && name.bytes().all(known)
}
