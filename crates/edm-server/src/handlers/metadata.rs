//! The descriptions of the wire: `$metadata` and `/openapi.json`. Both are the same for all callers
//! and contain no data, so neither needs a token, as in Graph.

use std::sync::LazyLock;

use bytes::Bytes;
use edm_graph::query::{Place, QueryOptions};
use edm_graph::{BodyError, BodyErrorKind, schema};
use http::{HeaderMap, HeaderValue, header};
use percent_encoding::percent_decode_str;

use crate::error::ApiError;
use crate::exchange::Exchange;
use crate::handlers::shapes::NONE;
use crate::message::Response;
use crate::respond;

const XML: HeaderValue = HeaderValue::from_static("application/xml; charset=utf-8");
const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");
/// The formats of `$metadata`.
const FORMATS: &[&str] = &["xml", "json", "application/xml", "application/json"];

static CSDL_XML: LazyLock<Bytes> = LazyLock::new(|| schema::csdl_xml().into());
static CSDL_JSON: LazyLock<Bytes> = LazyLock::new(|| schema::csdl_json().to_string().into());
static OPEN_API: LazyLock<Bytes> =
    LazyLock::new(|| schema::openapi(env!("CARGO_PKG_VERSION")).to_string().into());

/// Serves `$metadata`: XML unless `$format` or else `Accept` asks for JSON.
pub(crate) fn csdl(exchange: &Exchange) -> Result<Response, ApiError> {
    let request = &exchange.request;
    let json = match asked_format(request.uri().query())? {
        Some(format) => format.ends_with("json"),
        None => prefers_json(request.headers()),
    };
    let (document, content_type) = if json { (&CSDL_JSON, JSON) } else { (&CSDL_XML, XML) };
    let mut response = respond::document(content_type, (*document).clone());
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("accept"));
    Ok(response)
}

/// Serves `/openapi.json`.
pub(crate) fn open_api() -> Response {
    respond::document(JSON, (*OPEN_API).clone())
}

/// Reads `$format`. Fails on every other option of OData and on an unknown format.
fn asked_format(query: Option<&str>) -> Result<Option<&'static str>, ApiError> {
    let mut format = None;
    let mut others = Vec::new();
    for pair in query.unwrap_or("").split('&') {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let is_format = percent_decode_str(name).decode_utf8_lossy().eq_ignore_ascii_case("$format");
        if !is_format {
            others.push(pair);
            continue;
        }
        if format.is_some() {
            return Err(BodyError::at(BodyErrorKind::RepeatedQueryOption, "$format").into());
        }
        let value = percent_decode_str(value).decode_utf8_lossy();
        // Parameters such as odata.metadata have no meaning for a description.
        let wanted = value.split(';').next().unwrap_or("").trim();
        let known = FORMATS.iter().find(|known| known.eq_ignore_ascii_case(wanted));
        let unknown = || BodyError::at(BodyErrorKind::UnknownWord { known: FORMATS }, "$format");
        format = Some(*known.ok_or_else(unknown)?);
    }
    QueryOptions::parse(Some(&others.join("&")), &NONE, Place::Action)?;
    Ok(format)
}

/// Returns whether `Accept` prefers JSON to XML.
fn prefers_json(headers: &HeaderMap) -> bool {
    let accepted: Vec<&str> =
        headers.get_all(header::ACCEPT).into_iter().filter_map(|value| value.to_str().ok()).collect();
    let accepted = accepted.join(",");
    quality(&accepted, "application/json") > quality(&accepted, "application/xml")
}

/// Returns the client's quality value for a media type, in thousandths. The most specific range
/// that fits decides.
fn quality(accepted: &str, media_type: &str) -> u16 {
    let mut best = (0, 0);
    for range in accepted.split(',') {
        let mut parts = range.split(';').map(str::trim);
        let fit = match parts.next().unwrap_or("").to_ascii_lowercase().as_str() {
            "*/*" => 1,
            "application/*" => 2,
            exact if exact == media_type => 3,
            _ => continue,
        };
        let weight = parts.find_map(|part| part.strip_prefix("q=")).map_or(Ok(1.0), str::parse::<f32>);
        // Between 0 and 1; a text that is not a number counts as 0.
        let weight = (weight.unwrap_or(0.0).clamp(0.0, 1.0) * 1_000.0) as u16;
        if fit > best.0 || (fit == best.0 && weight > best.1) {
            best = (fit, weight);
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accept_decides_by_its_weights() {
        let check = |accept: &[&'static str], json: bool| {
            let mut headers = HeaderMap::new();
            for value in accept {
                headers.append(header::ACCEPT, HeaderValue::from_static(value));
            }
            assert_eq!(prefers_json(&headers), json, "{accept:?}");
        };
        check(&[], false);
        check(&["*/*"], false);
        check(&["application/xml"], false);
        check(&["text/html"], false);
        check(&["application/json"], true);
        check(&["application/json;odata.metadata=minimal, */*;q=0.1"], true);
        check(&["application/json;q=0.5, application/xml;q=0.9"], false);
        check(&["application/xml;q=0.2", "Application/JSON"], true);
        check(&["application/*;q=0.3, application/xml;q=0"], true);
        check(&["application/json;q=nonsense"], false);
        check(&["application/json;q=NaN"], false);
    }

    #[test]
    fn format_is_read_and_nothing_else_of_odatas() {
        let check = |query: &str, expected: Option<Option<&str>>| {
            assert_eq!(asked_format(Some(query)).ok(), expected, "{query}");
        };
        check("", Some(None));
        check("$format=json", Some(Some("json")));
        check("%24FORMAT=application%2Fjson%3Bodata.metadata%3Dnone", Some(Some("application/json")));
        check("$format=XML&page=2", Some(Some("xml")));
        check("$format=yaml", None);
        check("$format=json&$format=xml", None);
        check("$select=id", None);
    }
}
