//! `exactDataMatchStoreColumn`.

use edm_model::{CaseRule, Column, Columns, DataType, Delimiters, DiacriticRule, Rule, limits};
use serde::{Deserialize, Serialize};

use crate::body::{BodyError, BodyErrorKind, Given, Reader};

/// Decimal digits that a `digits` column may be padded to.
const WIDTH_MAX: u32 = 64;
/// Ignored delimiters of a column; there are fewer printable ASCII characters that could be one.
const DELIMITERS_MAX: usize = 64;

/// A column as Graph writes it, with this service's additions.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ColumnResource {
    /// The name, as the file's header spells it.
    pub name: Option<String>,
    /// Whether a value can be found by itself.
    pub is_searchable: Option<bool>,
    /// `null` and absence mean that case does not matter.
    pub is_case_insensitive: Option<bool>,
    /// One character each.
    pub ignored_delimiters: Option<Vec<String>>,
    /// `text` unless it says otherwise.
    pub data_type: Option<String>,
    /// Options of the data type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_type_options: Option<DataTypeOptions>,
    /// Whether the column identifies a row for deltas.
    pub is_key: Option<bool>,
    /// Whether `é` and `e` are one.
    pub fold_diacritics: Option<bool>,
    /// Read-only: what the column is fit for; absent before the first generation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// Read-only: why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// `dataTypeOptions`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DataTypeOptions {
    /// `digits`: the number of digits that every value has after padding.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub width: Option<u16>,
}

impl From<&Column> for ColumnResource {
    fn from(column: &Column) -> Self {
        let width = match &column.rule.data_type {
            DataType::Digits { width } => *width,
            DataType::Text | DataType::Email | DataType::Name => None,
        };
        Self {
            name: Some(column.name.clone()),
            is_searchable: Some(column.searchable),
            is_case_insensitive: Some(column.rule.case == CaseRule::Insensitive),
            ignored_delimiters: Some(column.rule.delimiters.as_slice().iter().map(char::to_string).collect()),
            data_type: Some(column.rule.data_type.as_str().to_owned()),
            data_type_options: width.map(|width| DataTypeOptions { width: Some(width) }),
            is_key: Some(column.key),
            fold_diacritics: Some(column.rule.diacritics == DiacriticRule::Fold),
            class: None,
            warnings: Vec::new(),
        }
    }
}

/// Turns columns of the wire into a store's. `path` leads to the collection, as in `columns`.
/// Fails with the path of the first property that is wrong.
pub fn columns_from_wire(columns: &[ColumnResource], path: &str) -> Result<Columns, BodyError> {
    let read = |(position, column): (usize, &ColumnResource)| {
        column_from_wire(column, &format!("{path}[{position}]"))
    };
    let columns = columns.iter().enumerate().map(read).collect::<Result<Vec<Column>, BodyError>>()?;
    Columns::new(columns).map_err(|error| {
        let target = match error.position() {
            Some(position) => format!("{path}[{position}].name"),
            None => path.to_owned(),
        };
        BodyError::at(BodyErrorKind::Columns(error), target)
    })
}

/// Reads `columns` of a body.
pub(crate) fn read_columns(reader: &Reader<'_>, name: &str) -> Result<Given<Columns>, BodyError> {
    let elements = match reader.objects(name, limits::COLUMNS_MAX)? {
        Given::Absent => return Ok(Given::Absent),
        Given::Null => return Ok(Given::Null),
        Given::Value(elements) => elements,
    };
    let columns = elements.iter().map(read_column).collect::<Result<Vec<ColumnResource>, BodyError>>()?;
    columns_from_wire(&columns, &reader.target(name)).map(Given::Value)
}

fn read_column(reader: &Reader<'_>) -> Result<ColumnResource, BodyError> {
    let width = match reader.object("dataTypeOptions")?.into_option() {
        Some(options) => read_options(&options)?,
        None => None,
    };
    Ok(ColumnResource {
        name: reader.text("name", limits::NAME_CHARACTERS_MAX)?.into_option(),
        is_searchable: reader.boolean("isSearchable")?.into_option(),
        is_case_insensitive: reader.boolean("isCaseInsensitive")?.into_option(),
        ignored_delimiters: reader.texts("ignoredDelimiters", DELIMITERS_MAX, 8)?.into_option(),
        data_type: reader.text("dataType", limits::NAME_CHARACTERS_MAX)?.into_option(),
        data_type_options: width.map(|width| DataTypeOptions { width: Some(width) }),
        is_key: reader.boolean("isKey")?.into_option(),
        fold_diacritics: reader.boolean("foldDiacritics")?.into_option(),
        class: None,
        warnings: Vec::new(),
    })
}

/// An option that is unknown would change what matches if it were dropped, so it is refused.
fn read_options(options: &Reader<'_>) -> Result<Option<u16>, BodyError> {
    if let Some(name) = options.names().find(|name| *name != "width" && !name.starts_with('@')) {
        return Err(options.error(BodyErrorKind::UnknownOption, name));
    }
    let width = options.integer32("width", 1..=WIDTH_MAX)?.into_option();
    Ok(width.and_then(|width| u16::try_from(width).ok()))
}

fn column_from_wire(column: &ColumnResource, path: &str) -> Result<Column, BodyError> {
    let name = column.name.clone();
    let name = name.ok_or_else(|| BodyError::at(BodyErrorKind::Missing, format!("{path}.name")))?;
    let width = column.data_type_options.as_ref().and_then(|options| options.width);
    let data_type = match column.data_type.as_deref().unwrap_or("text") {
        "digits" => DataType::Digits { width },
        _ if width.is_some() => {
            return Err(BodyError::at(BodyErrorKind::UnknownOption, format!("{path}.dataTypeOptions.width")));
        }
        "text" => DataType::Text,
        "email" => DataType::Email,
        "name" => DataType::Name,
        _ => return Err(BodyError::at(BodyErrorKind::UnknownDataType, format!("{path}.dataType"))),
    };
    let case = match column.is_case_insensitive {
        Some(false) => CaseRule::Sensitive,
        Some(true) | None => CaseRule::Insensitive,
    };
    let diacritics = match column.fold_diacritics {
        Some(true) => DiacriticRule::Fold,
        Some(false) | None => DiacriticRule::Keep,
    };
    let delimiters = delimiters_from_wire(column.ignored_delimiters.as_deref().unwrap_or(&[]), path)?;
    Ok(Column {
        name,
        searchable: column.is_searchable.unwrap_or(false),
        key: column.is_key.unwrap_or(false),
        rule: Rule { data_type, case, diacritics, delimiters },
    })
}

fn delimiters_from_wire(texts: &[String], path: &str) -> Result<Delimiters, BodyError> {
    let mut characters = Vec::with_capacity(texts.len());
    for (position, text) in texts.iter().enumerate() {
        let refused =
            || BodyError::at(BodyErrorKind::Delimiter, format!("{path}.ignoredDelimiters[{position}]"));
        let mut all = text.chars();
        match (all.next(), all.next()) {
            (Some(character), None) => characters.push(character),
            _ => return Err(refused()),
        }
        Delimiters::new(characters.last().copied()).map_err(|_| refused())?;
    }
    let whole = |_| BodyError::at(BodyErrorKind::Delimiter, format!("{path}.ignoredDelimiters"));
    Delimiters::new(characters).map_err(whole)
}
