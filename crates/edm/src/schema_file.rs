//! `--schema FILE`: a store's columns as Graph's JSON, or as the EdmSchema XML of Microsoft Purview.

use anyhow::{Context, bail};
use edm_graph::ColumnResource;
use edm_model::limits;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use serde_json::{Map, Value, json};

/// What a schema file says, and what should be told about it.
#[derive(Debug, Default)]
pub(crate) struct Schema {
    /// A store as Graph takes it.
    pub(crate) body: Map<String, Value>,
    pub(crate) warnings: Vec<String>,
}

/// Reads a schema file; which of both it is, its first character tells.
pub(crate) fn read(bytes: &[u8]) -> anyhow::Result<Schema> {
    if bytes.len() > limits::JSON_BODY_BYTES_MAX {
        bail!("a schema has at most {} bytes", limits::JSON_BODY_BYTES_MAX);
    }
    let text = std::str::from_utf8(bytes).context("a schema is UTF-8")?;
    let text = text.trim_start_matches('\u{feff}').trim_start();
    if text.starts_with('<') { read_xml(text) } else { read_json(text) }
}

/// Reads a store's body, or its columns alone.
fn read_json(text: &str) -> anyhow::Result<Schema> {
    let body = match serde_json::from_str(text).context("the schema is no JSON")? {
        Value::Object(body) => body,
        Value::Array(columns) => Map::from_iter([("columns".to_owned(), Value::Array(columns))]),
        _ => bail!("the schema is neither an object with `columns` nor a list of columns"),
    };
    Ok(Schema { body, warnings: Vec::new() })
}

fn read_xml(text: &str) -> anyhow::Result<Schema> {
    let mut reader = Reader::from_str(text);
    let mut schema = Schema::default();
    let mut columns = Vec::new();
    let mut stores = 0;
    loop {
        match reader.read_event().context("the schema is no well-formed XML")? {
            Event::Eof => break,
            Event::DocType(_) => {
                bail!("the schema holds a document type, which no EdmSchema needs: remove it")
            }
            Event::Start(element) | Event::Empty(element) => match element.local_name().as_ref() {
                "DataStore" => {
                    stores += 1;
                    read_store(&element, &mut schema)?;
                }
                "Field" => columns.push(read_field(&element, &mut schema.warnings)?),
                _ => {}
            },
            _ => {}
        }
        if columns.len() > limits::COLUMNS_MAX {
            bail!("a data store has at most {} columns", limits::COLUMNS_MAX);
        }
    }
    if stores != 1 || columns.is_empty() {
        bail!("the schema must hold one DataStore element with its Field elements");
    }
    schema.body.insert("columns".to_owned(), json!(columns));
    Ok(schema)
}

fn read_store(element: &BytesStart<'_>, schema: &mut Schema) -> anyhow::Result<()> {
    for attribute in element.attributes() {
        let attribute = attribute.context("the schema's DataStore has a broken attribute")?;
        let value = attribute_value(&attribute)?;
        match attribute.key.local_name().as_ref() {
            "name" => schema.body.insert("displayName".to_owned(), json!(value)),
            "description" => schema.body.insert("description".to_owned(), json!(value)),
            _ => None,
        };
    }
    Ok(())
}

fn read_field(element: &BytesStart<'_>, warnings: &mut Vec<String>) -> anyhow::Result<ColumnResource> {
    let mut column = ColumnResource { is_searchable: Some(false), ..ColumnResource::default() };
    for attribute in element.attributes() {
        let attribute = attribute.context("a Field of the schema has a broken attribute")?;
        let value = attribute_value(&attribute)?;
        match attribute.key.local_name().as_ref() {
            "name" => column.name = Some(value),
            "searchable" => column.is_searchable = Some(is_true(&value)),
            "caseInsensitive" => column.is_case_insensitive = Some(is_true(&value)),
            "ignoredDelimiters" => {
                // Purview writes them in a row, or apart by commas; a comma cannot be ignored there.
                let characters = value.chars().filter(|character| *character != ',');
                column.ignored_delimiters = Some(characters.map(String::from).collect());
            }
            _ => {}
        }
    }
    let name = column.name.as_deref().context("a Field of the schema has no name")?;
    if column.is_case_insensitive.is_none() {
        // The default there is the opposite of Graph's, so it is written down and told.
        column.is_case_insensitive = Some(false);
        warnings.push(format!("{name}: caseInsensitive is absent, which means that case matters"));
    }
    Ok(column)
}

fn attribute_value(attribute: &quick_xml::events::attributes::Attribute<'_>) -> anyhow::Result<String> {
    Ok(quick_xml::escape::unescape(&attribute.value)
        .context("the schema has an unknown entity")?
        .into_owned())
}

fn is_true(value: &str) -> bool {
    matches!(value.trim().to_ascii_lowercase().as_str(), "true" | "1")
}

#[cfg(test)]
mod tests {
    use super::*;

    const XML: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<EdmSchema xmlns="http://schemas.microsoft.com/office/2018/edm">
  <DataStore name="patients" description="of &amp; for tests" version="1">
    <Field name="ssn" searchable="true" caseInsensitive="true" ignoredDelimiters="-, "/>
    <Field name="lastName"/>
  </DataStore>
</EdmSchema>"#;

    #[test]
    fn purview_schema() {
        let schema = read(XML.as_bytes()).expect("valid");
        assert_eq!(schema.body["displayName"], "patients");
        assert_eq!(schema.body["description"], "of & for tests");
        assert_eq!(schema.body["columns"][0]["ignoredDelimiters"], json!(["-", " "]));
        assert_eq!(schema.body["columns"][0]["isSearchable"], true);
        assert_eq!(schema.body["columns"][1]["isCaseInsensitive"], false);
        assert_eq!(schema.warnings.len(), 1);
    }

    #[test]
    fn json_schemas() {
        for text in [r#"[{"name":"ssn"}]"#, r#"{"columns":[{"name":"ssn"}]}"#] {
            assert_eq!(read(text.as_bytes()).expect("valid").body["columns"][0]["name"], "ssn");
        }
        for text in ["", "7", "{", "<EdmSchema/>", "<DataStore name='a'/>", "<!DOCTYPE a><DataStore/>", "<a"]
        {
            assert!(read(text.as_bytes()).is_err(), "{text}");
        }
    }
}
