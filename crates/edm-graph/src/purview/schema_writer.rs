//! A data store → `EdmSchema`.

use edm_model::limits;
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

use super::NAMESPACE;
use crate::resource::column::ColumnResource;
use crate::resource::data_store::DataStoreResource;

/// Purview's limits, from its documentation. Older pages say five searchable fields.
const FIELDS_MAX: usize = 32;
const SEARCHABLE_MAX: usize = 10;

/// A schema as Purview reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenSchema {
    /// The file's text, in UTF-8.
    pub xml: String,
    /// Sentences about what the file cannot express and what Purview would refuse. The file has the
    /// first kind as comments too.
    pub warnings: Vec<String>,
}

/// Writes a data store's name, description and columns. Reading the file gives the same, except for
/// what the warnings name.
pub fn write_schema(store: &DataStoreResource) -> WrittenSchema {
    let columns = store.columns.as_deref().unwrap_or_default();
    let mut warnings = beyond_purview(columns);
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    let mut write = |event: Event<'_>| {
        // Writing to a vector cannot fail.
        let _ = writer.write_event(event);
    };
    write(Event::Decl(BytesDecl::new("1.0", Some("utf-8"), None)));
    write(Event::Start(BytesStart::new("EdmSchema").with_attributes([("xmlns", NAMESPACE)])));
    let mut element = BytesStart::new("DataStore");
    push(&mut element, "name", store.display_name.as_deref().unwrap_or_default(), &mut warnings);
    if let Some(description) = &store.description {
        push(&mut element, "description", description, &mut warnings);
    }
    element.push_attribute(("version", "1"));
    write(Event::Start(element));
    if let Some(tokens) = store.maximum_number_of_tokens.filter(|tokens| *tokens != limits::TOKENS_DEFAULT) {
        let lost = format!("maximumNumberOfTokens {tokens} cannot be said");
        write(Event::Comment(comment(&lost)));
        warnings.push(lost);
    }
    for column in columns {
        let lost = unsayable(column);
        if !lost.is_empty() {
            let lost =
                format!("{}: {} cannot be said", column.name.as_deref().unwrap_or_default(), lost.join(", "));
            write(Event::Comment(comment(&lost)));
            warnings.push(lost);
        }
        write(Event::Empty(field(column, &mut warnings)));
    }
    write(Event::End(BytesEnd::new("DataStore")));
    write(Event::End(BytesEnd::new("EdmSchema")));
    let mut xml = String::from_utf8_lossy(&writer.into_inner()).into_owned();
    xml.push('\n');
    WrittenSchema { xml, warnings }
}

fn field(column: &ColumnResource, warnings: &mut Vec<String>) -> BytesStart<'static> {
    let mut element = BytesStart::new("Field");
    let word = |truth: bool| if truth { "true" } else { "false" };
    push(&mut element, "name", column.name.as_deref().unwrap_or_default(), warnings);
    element.push_attribute(("searchable", word(column.is_searchable == Some(true))));
    element.push_attribute(("caseInsensitive", word(column.is_case_insensitive != Some(false))));
    let delimiters = column.ignored_delimiters.as_deref().unwrap_or_default();
    let sayable: Vec<&str> = delimiters.iter().map(String::as_str).filter(|one| *one != ",").collect();
    if !sayable.is_empty() {
        push(&mut element, "ignoredDelimiters", &sayable.join(","), warnings);
    }
    element
}

/// Adds an attribute. Characters that XML cannot contain are replaced, with a warning.
fn push(element: &mut BytesStart<'_>, name: &str, value: &str, warnings: &mut Vec<String>) {
    let holdable = holdable(value);
    if holdable != value {
        warnings.push(format!("{name} {holdable:?}: characters that XML cannot hold are replaced"));
    }
    element.push_attribute((name, holdable.as_str()));
}

/// Returns the text with U+FFFD for each character that XML cannot contain.
fn holdable(text: &str) -> String {
    let allowed = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{FFFD}' | '\u{10000}'..);
    text.chars().map(|c| if allowed(c) { c } else { char::REPLACEMENT_CHARACTER }).collect()
}

/// Makes a comment. XML permits no two hyphens in a row within one, so they are separated.
fn comment(text: &str) -> BytesText<'static> {
    let mut apart = String::from(" ");
    for character in holdable(text).chars() {
        if character == '-' && apart.ends_with('-') {
            apart.push(' ');
        }
        apart.push(character);
    }
    apart.push(' ');
    BytesText::from_escaped(apart)
}

/// Returns the properties of a column that an `EdmSchema` has no attribute for.
fn unsayable(column: &ColumnResource) -> Vec<String> {
    let mut lost = Vec::new();
    if let Some(data_type) = column.data_type.as_deref().filter(|word| *word != "text") {
        lost.push(format!("dataType {data_type}"));
    }
    if let Some(options) = &column.data_type_options {
        let options = serde_json::to_string(options).unwrap_or_default();
        lost.push(format!("dataTypeOptions {options}"));
    }
    if column.is_key == Some(true) {
        lost.push("isKey".to_owned());
    }
    if column.fold_diacritics == Some(true) {
        lost.push("foldDiacritics".to_owned());
    }
    if column.ignored_delimiters.iter().flatten().any(|delimiter| delimiter == ",") {
        lost.push("the ignored comma".to_owned());
    }
    lost
}

/// Warns of columns that this service takes and Purview would refuse.
fn beyond_purview(columns: &[ColumnResource]) -> Vec<String> {
    let mut warnings = Vec::new();
    if columns.len() > FIELDS_MAX {
        warnings.push(format!("Purview takes {FIELDS_MAX} fields, and these are {}", columns.len()));
    }
    let searchable = columns.iter().filter(|column| column.is_searchable == Some(true)).count();
    if searchable > SEARCHABLE_MAX {
        warnings
            .push(format!("Purview takes {SEARCHABLE_MAX} searchable fields, and these are {searchable}"));
    }
    let names = columns.iter().filter_map(|column| column.name.as_deref());
    let unfit: Vec<&str> = names.filter(|name| name.contains([' ', '_'])).collect();
    if !unfit.is_empty() {
        warnings.push(format!("Purview takes no spaces and underscores in names: {}", unfit.join(", ")));
    }
    warnings
}
