//! Bodies inside a batch, as OData's JSON batch format has them: JSON as itself, text as a string,
//! anything else as a string of base64.

use base64::Engine;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{
    GeneralPurpose, GeneralPurposeConfig, STANDARD as PADDED, URL_SAFE_NO_PAD,
};
use serde_json::Value;

use crate::batch_error::BatchErrorKind;
use crate::object::Node;

/// With or without padding: OData specifies none, Microsoft's SDK sends it.
const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);

/// The form of a body in a batch, by its content type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartBody {
    /// As itself.
    Json,
    /// As a string.
    Text,
    /// As a string of base64.
    Base64,
}

/// The dialect of a request of a batch, and so of its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BatchDialect {
    /// Graph's documented dialect, which is OData's: base64url without padding.
    Documented,
    /// The dialect of Microsoft's Python SDK (`depends_on`). The SDK decodes every string as padded
    /// base64 in the standard alphabet, and fails on the whole batch if one string is not.
    PythonSdk,
}

impl PartBody {
    /// Returns the form for a content type; a body without one is JSON.
    pub fn of(content_type: Option<&str>) -> Self {
        let Some(content_type) = content_type else { return PartBody::Json };
        let media_type = content_type.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
        match media_type.split_once('/') {
            Some(("application", "json")) => PartBody::Json,
            Some(("application", subtype)) if subtype.ends_with("+json") => PartBody::Json,
            Some(("text", _)) => PartBody::Text,
            _ => PartBody::Base64,
        }
    }

    /// Appends a body of an answer to the JSON of a batch. Bytes that do not fit their content type
    /// are written as base64.
    pub fn write(self, body: &[u8], dialect: BatchDialect, json: &mut Vec<u8>) {
        if self == PartBody::Json && serde_json::from_slice::<serde::de::IgnoredAny>(body).is_ok() {
            json.extend_from_slice(body);
            return;
        }
        let string = match (self, dialect, std::str::from_utf8(body)) {
            (_, BatchDialect::PythonSdk, _) => Value::from(PADDED.encode(body)),
            (PartBody::Text, _, Ok(text)) => Value::from(text),
            _ => Value::from(URL_SAFE_NO_PAD.encode(body)),
        };
        json.extend_from_slice(string.to_string().as_bytes());
    }
}

/// Returns the bytes of a request's body in a batch.
pub(crate) fn bytes(body: &Node<'_>, content_type: Option<&str>) -> Result<Vec<u8>, BatchErrorKind> {
    match (PartBody::of(content_type), body) {
        // Microsoft's SDK sends everything but objects as base64, whatever its type.
        (PartBody::Json, Node::Text(text)) => {
            Ok(decode(text).unwrap_or_else(|| Value::from(text.as_ref()).to_string().into()))
        }
        (PartBody::Json, Node::Json(json)) => Ok(json.clone()),
        (PartBody::Json, Node::Boolean(value)) => Ok(value.to_string().into()),
        (PartBody::Json, Node::Number(value)) => Ok(value.to_string().into()),
        (PartBody::Json, Node::Null | Node::Elements(_) | Node::Object(_)) => Ok(b"null".to_vec()),
        (PartBody::Text, Node::Text(text)) => Ok(text.as_bytes().to_vec()),
        (PartBody::Text, _) => Err(BatchErrorKind::BodyNotText),
        (PartBody::Base64, Node::Text(text)) => decode(text).ok_or(BatchErrorKind::BodyNotBase64),
        (PartBody::Base64, _) => Err(BatchErrorKind::BodyNotBase64),
    }
}

fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE.decode(text).or_else(|_| STANDARD.decode(text)).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::fields::Shape;
    use crate::parse::Reading;

    #[test]
    fn a_body_stands_in_a_batch_as_its_type_says() {
        let check = |content_type: Option<&str>, body: Value, expected: Result<&[u8], BatchErrorKind>| {
            let written = body.to_string();
            let node =
                Reading::default().value(written.as_bytes(), Shape::Json).expect("the test's own JSON");
            let read = bytes(&node, content_type);
            assert_eq!(read.as_deref().map_err(Clone::clone), expected, "{content_type:?} {body}");
        };
        let json_type = Some("application/json; odata.metadata=minimal");
        check(None, json!({"text": "x"}), Ok(br#"{"text":"x"}"#));
        check(json_type, json!({"text": "x"}), Ok(br#"{"text":"x"}"#));
        check(Some("Application/Merge-Patch+JSON"), json!([1]), Ok(b"[1]"));
        // Padded and unpadded, in both alphabets.
        check(json_type, json!("eyJ0ZXh0IjogIsO_In0"), Ok("{\"text\": \"ÿ\"}".as_bytes()));
        check(json_type, json!("eyJ0ZXh0IjogIsO/In0="), Ok("{\"text\": \"ÿ\"}".as_bytes()));
        check(json_type, json!("no base64!"), Ok(br#""no base64!""#));
        check(Some("text/plain; charset=utf-8"), json!("ÿ text"), Ok("ÿ text".as_bytes()));
        check(Some("text/plain"), json!({}), Err(BatchErrorKind::BodyNotText));
        check(Some("application/x-ndjson"), json!("e30K"), Ok(b"{}\n"));
        check(Some("application/x-ndjson"), json!("{}\n"), Err(BatchErrorKind::BodyNotBase64));
        check(Some("application/octet-stream"), json!({}), Err(BatchErrorKind::BodyNotBase64));
        check(Some("nonsense"), json!(7), Err(BatchErrorKind::BodyNotBase64));
    }

    #[test]
    fn an_answer_stands_in_a_batch_as_its_type_says() {
        let check_as = |dialect: BatchDialect, content_type: &str, body: &[u8], expected: &str| {
            let mut json = Vec::new();
            PartBody::of(Some(content_type)).write(body, dialect, &mut json);
            assert_eq!(String::from_utf8_lossy(&json), expected, "{content_type}");
        };
        let sdk = |content_type: &str, body: &[u8], expected: &str| {
            check_as(BatchDialect::PythonSdk, content_type, body, expected);
        };
        sdk("application/json", br#"{"a": [1]}"#, r#"{"a": [1]}"#);
        sdk("text/plain; charset=utf-8", b"12", r#""MTI=""#);
        sdk("application/xml", b"<a>\xFF\xFE", r#""PGE+//4=""#);
        let check = |content_type: &str, body: &[u8], expected: &str| {
            check_as(BatchDialect::Documented, content_type, body, expected);
        };
        check("application/json; charset=utf-8", br#"{"a": [1]}"#, r#"{"a": [1]}"#);
        check("text/plain; charset=utf-8", b"12", r#""12""#);
        check("text/plain", "a \"b\"\n\u{1}".as_bytes(), r#""a \"b\"\n\u0001""#);
        check("text/plain", b"\xFF", r#""_w""#);
        check("application/xml", b"<a/>", r#""PGEvPg""#);
        // Invalid JSON would break the answers around it.
        check("application/json", br#"{"a": "#, r#""eyJhIjog""#);
    }
}
