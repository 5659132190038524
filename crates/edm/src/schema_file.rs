//! `--schema FILE`: a store's columns as Graph's JSON, or as the EdmSchema XML of Microsoft
//! Purview.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, bail};
use edm_graph::purview;
use edm_model::limits;
use serde_json::{Map, Value, json};

/// The content of a schema file, and notes for the operator.
#[derive(Debug, Default)]
pub(crate) struct Schema {
    /// A store in Graph's JSON.
    pub(crate) body: Map<String, Value>,
    pub(crate) warnings: Vec<String>,
}

/// Parses a schema file. Its first character distinguishes the formats.
pub(crate) fn read(bytes: &[u8]) -> anyhow::Result<Schema> {
    if !is_xml(bytes) {
        return read_json(bytes);
    }
    let schema = purview::read_schema(bytes)?;
    let body = [
        ("displayName", json!(schema.store.display_name)),
        ("description", json!(schema.store.description)),
        ("columns", json!(schema.store.columns)),
    ];
    let body = body.into_iter().filter(|(_, value)| !value.is_null());
    let body = body.map(|(name, value)| (name.to_owned(), value)).collect();
    Ok(Schema { body, warnings: schema.warnings })
}

/// Reads a file of at most `bytes_max` bytes.
pub(crate) fn bytes_of(path: &Path, bytes_max: usize) -> anyhow::Result<Vec<u8>> {
    let unreadable = || format!("cannot read {}", path.display());
    let file = File::open(path).with_context(unreadable)?;
    let mut bytes = Vec::new();
    file.take(bytes_max as u64 + 1).read_to_end(&mut bytes).with_context(unreadable)?;
    if bytes.len() > bytes_max {
        bail!("{} has more than {bytes_max} bytes", path.display());
    }
    Ok(bytes)
}

/// Returns whether the first character is `<`, in any encoding.
fn is_xml(bytes: &[u8]) -> bool {
    let passed =
        |byte: &u8| matches!(byte, 0 | 0xef | 0xbb | 0xbf | 0xfe | 0xff) || byte.is_ascii_whitespace();
    bytes.iter().find(|byte| !passed(byte)) == Some(&b'<')
}

/// Parses a store, or only its columns.
fn read_json(bytes: &[u8]) -> anyhow::Result<Schema> {
    if bytes.len() > limits::JSON_BODY_BYTES_MAX {
        bail!("a schema has at most {} bytes", limits::JSON_BODY_BYTES_MAX);
    }
    let text = std::str::from_utf8(bytes).context("a schema in JSON is UTF-8")?;
    let text = text.trim_start_matches('\u{feff}');
    let body = match serde_json::from_str(text).context("the schema is neither JSON nor XML")? {
        Value::Object(body) => body,
        Value::Array(columns) => Map::from_iter([("columns".to_owned(), Value::Array(columns))]),
        _ => bail!("the schema is neither an object with `columns` nor a list of columns"),
    };
    Ok(Schema { body, warnings: Vec::new() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemas() {
        let xml =
            "<EdmSchema><DataStore name='a'><Field name='ssn' searchable='true'/></DataStore></EdmSchema>";
        let wide: Vec<u8> = xml.encode_utf16().flat_map(u16::to_be_bytes).collect();
        for bytes in [
            xml.as_bytes(),
            format!("\u{feff}\n {xml}").as_bytes(),
            &[&[0xfe, 0xff], &wide[..]].concat(),
            &wide,
            br#"[{"name":"ssn"}]"#,
            br#" {"columns":[{"name":"ssn"}]}"#,
            "\u{feff}[{\"name\":\"ssn\"}]".as_bytes(),
        ] {
            assert_eq!(read(bytes).expect("valid").body["columns"][0]["name"], "ssn");
        }
        let schema = read(xml.as_bytes()).expect("valid");
        assert_eq!((&schema.body["displayName"], schema.body.get("description")), (&json!("a"), None));
        assert_eq!(schema.warnings.len(), 1);
        for text in ["", "7", "{", "<EdmSchema/>", "<a", "name,ssn"] {
            assert!(read(text.as_bytes()).is_err(), "{text}");
        }
    }
}
