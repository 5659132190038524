//! `EdmSchema` → a data store.

use edm_model::{Delimiters, limits};

use super::document::{self, Element, Grammar};
use super::encoding;
use super::error::{PurviewError, PurviewErrorKind, shown};
use crate::resource::column::{ColumnResource, columns_from_wire};
use crate::resource::data_store::DataStoreResource;

const ROOT: Grammar = Grammar { attributes: &[], children: &["DataStore"], text: false };
const STORE: Grammar =
    Grammar { attributes: &["name", "description", "version"], children: &["Field"], text: false };
const FIELD: Grammar = Grammar {
    attributes: &["name", "searchable", "caseInsensitive", "ignoredDelimiters", "unique"],
    children: &[],
    text: false,
};

/// The content of a schema file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaFile {
    /// The data store: its name, description and columns.
    pub store: DataStoreResource,
    /// Sentences about what is read in another way than in Purview.
    pub warnings: Vec<String>,
}

/// Reads an `EdmSchema`. Fails with the line and the name of what cannot be honoured.
pub fn read_schema(bytes: &[u8]) -> Result<SchemaFile, PurviewError> {
    if bytes.len() > limits::XML_BYTES_MAX {
        return Err(PurviewError::whole(PurviewErrorKind::TooLarge));
    }
    let decoded = encoding::decode(bytes)?;
    let root = document::parse(&decoded.text, "EdmSchema")?;
    root.check(&ROOT)?;
    let store = root.child("DataStore")?;
    store.check(&STORE)?;
    let mut warnings: Vec<String> = decoded.warning.into_iter().collect();
    if let Some(version) = store.attribute("version").filter(|version| version.trim() != "1") {
        warnings.push(format!("line {}: version {} of the schema is not kept", store.line, shown(version)));
    }
    let mut columns = Vec::new();
    let mut sensitive = Vec::new();
    for field in &store.children {
        if columns.len() >= limits::COLUMNS_MAX {
            let kind = PurviewErrorKind::TooMany { what: "Field elements", count_max: limits::COLUMNS_MAX };
            return Err(field.error(kind));
        }
        columns.push(read_field(field, &mut warnings, &mut sensitive)?);
    }
    if !sensitive.is_empty() {
        // Purview's default is the opposite of Graph's, so it is set explicitly, with a warning.
        warnings.push(format!(
            "caseInsensitive is absent, which means that case matters: {}",
            sensitive.join(", ")
        ));
    }
    check_columns(store, &columns)?;
    let resource = DataStoreResource {
        display_name: Some(store.needed("name")?.to_owned()),
        description: store.attribute("description").map(str::to_owned),
        columns: Some(columns),
        ..DataStoreResource::default()
    };
    Ok(SchemaFile { store: resource, warnings })
}

fn read_field(
    field: &Element,
    warnings: &mut Vec<String>,
    sensitive: &mut Vec<String>,
) -> Result<ColumnResource, PurviewError> {
    field.check(&FIELD)?;
    let name = field.needed("name")?;
    let insensitive = field.boolean("caseInsensitive")?;
    if insensitive.is_none() {
        sensitive.push(shown(name));
    }
    // Early schemas had it. It never had an effect on matches.
    if field.boolean("unique")? == Some(true) {
        let line = field.line;
        warnings.push(format!(
            "line {line}: unique of {} is not kept: the data shows how often values repeat",
            shown(name)
        ));
    }
    let delimiters = field.attribute("ignoredDelimiters").map(|list| read_delimiters(field, list, warnings));
    Ok(ColumnResource {
        name: Some(name.to_owned()),
        is_searchable: Some(field.boolean("searchable")?.unwrap_or(false)),
        is_case_insensitive: Some(insensitive.unwrap_or(false)),
        ignored_delimiters: delimiters.transpose()?,
        ..ColumnResource::default()
    })
}

/// Reads characters in sequence or separated by commas. A comma itself cannot be ignored in
/// Purview.
fn read_delimiters(
    field: &Element,
    list: &str,
    warnings: &mut Vec<String>,
) -> Result<Vec<String>, PurviewError> {
    let in_a_row = !list.contains(',');
    let mut characters = Vec::new();
    let mut has_layout = false;
    for item in list.split(',') {
        let trimmed = item.trim_matches(' ');
        // `-, /` is two delimiters with layout between them. In `-, ` and `- /` the space is a
        // delimiter.
        if in_a_row || trimmed.is_empty() {
            characters.extend(item.chars());
        } else {
            has_layout |= trimmed.len() < item.len();
            characters.extend(trimmed.chars());
        }
    }
    if has_layout {
        warnings.push(format!(
            "line {}: spaces beside a comma of ignoredDelimiters are taken as layout; to ignore spaces, give the space \
             between two commas of its own, as in “-, ,/”",
            field.line
        ));
    }
    characters.sort_unstable();
    characters.dedup();
    if let Some(bad) = characters.iter().find(|character| Delimiters::new([**character]).is_err()) {
        let expected = format!(
            "characters that are neither letters, digits nor invisible, and {bad:?} is one: remove it"
        );
        return Err(field.bad_value("ignoredDelimiters", expected));
    }
    Ok(characters.into_iter().map(String::from).collect())
}

/// Checks that the columns are valid for a data store, so that a refusal has the line of its field.
fn check_columns(store: &Element, columns: &[ColumnResource]) -> Result<(), PurviewError> {
    let Err(error) = columns_from_wire(columns, "columns") else { return Ok(()) };
    let position =
        error.target().and_then(|target| target.strip_prefix("columns[")?.split(']').next()?.parse().ok());
    let at = position.and_then(|position: usize| store.children.get(position)).unwrap_or(store);
    Err(at.error(PurviewErrorKind::Columns { message: error.to_string() }))
}
