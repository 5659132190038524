//! `exactDataMatchStoreColumn`.

use edm_model::{
    CaseRule, Column, Columns, Country, DataType, DateOrder, Delimiters, DiacriticRule, Rule, limits,
};
use serde::{Deserialize, Serialize};

use crate::body::{BodyError, BodyErrorKind, MaybeNull, Reader};

/// The greatest number of digits that a `digits` column may be padded to.
const WIDTH_MAX: u32 = 64;
/// The greatest number of ignored delimiters of a column. Fewer printable ASCII characters can be
/// one.
const DELIMITERS_MAX: usize = 64;

/// A column as Graph writes it, with this service's additions.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ColumnResource {
    /// The name, spelled as in the file's header.
    pub name: Option<String>,
    /// Whether a value can be found by itself in a text.
    pub is_searchable: Option<bool>,
    /// `null` and absence mean that case is ignored.
    pub is_case_insensitive: Option<bool>,
    /// One character each.
    pub ignored_delimiters: Option<Vec<String>>,
    /// `text` if absent.
    pub data_type: Option<String>,
    /// Options of the data type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_type_options: Option<DataTypeOptions>,
    /// Whether the column identifies a row for deltas.
    pub is_key: Option<bool>,
    /// Whether `é` and `e` count as the same letter.
    pub fold_diacritics: Option<bool>,
    /// Read-only: the class of the column; absent before the first generation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// Read-only: the reason for the class.
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
    /// `phone`: the country of numbers that are written without a country code, two letters of ISO
    /// 3166-1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// `date`: how the table writes days, `ymd`, `dmy` or `mdy`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<String>,
}

/// What the error says that `country` must be.
const COUNTRY: &str = "the two letters of a country in ISO 3166-1, such as US";
/// The words of `order`.
const ORDERS: &[&str] = &["ymd", "dmy", "mdy"];

impl DataTypeOptions {
    fn of(data_type: &DataType) -> Option<Self> {
        let options = data_type.options();
        let own = Self {
            width: options.width,
            country: options.country.map(|country| country.to_string()),
            order: options.order.map(|order| order.as_str().to_owned()),
        };
        (own != Self::default()).then_some(own)
    }
}

impl From<&Column> for ColumnResource {
    fn from(column: &Column) -> Self {
        Self {
            name: Some(column.name.clone()),
            is_searchable: Some(column.searchable),
            is_case_insensitive: Some(column.rule.case == CaseRule::Insensitive),
            ignored_delimiters: Some(column.rule.delimiters.as_slice().iter().map(char::to_string).collect()),
            data_type: Some(column.rule.data_type.as_str().to_owned()),
            data_type_options: DataTypeOptions::of(&column.rule.data_type),
            is_key: Some(column.key),
            fold_diacritics: Some(column.rule.diacritics == DiacriticRule::Fold),
            class: None,
            warnings: Vec::new(),
        }
    }
}

/// Converts columns of the wire to a store's. `path` leads to the collection, as in `columns`.
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
pub(crate) fn read_columns(reader: &Reader<'_>, name: &str) -> Result<MaybeNull<Columns>, BodyError> {
    let elements = match reader.objects(name, limits::COLUMNS_MAX)? {
        MaybeNull::Absent => return Ok(MaybeNull::Absent),
        MaybeNull::Null => return Ok(MaybeNull::Null),
        MaybeNull::Value(elements) if elements.is_empty() => return Ok(MaybeNull::Value(Columns::none())),
        MaybeNull::Value(elements) => elements,
    };
    let columns = elements.iter().map(read_column).collect::<Result<Vec<ColumnResource>, BodyError>>()?;
    columns_from_wire(&columns, &reader.target(name)).map(MaybeNull::Value)
}

fn read_column(reader: &Reader<'_>) -> Result<ColumnResource, BodyError> {
    let options = reader.object("dataTypeOptions")?.into_option();
    Ok(ColumnResource {
        name: reader.text("name", limits::NAME_CHARACTERS_MAX)?.into_option(),
        is_searchable: reader.boolean("isSearchable")?.into_option(),
        is_case_insensitive: reader.boolean("isCaseInsensitive")?.into_option(),
        ignored_delimiters: reader.texts("ignoredDelimiters", DELIMITERS_MAX, 8)?.into_option(),
        data_type: reader.text("dataType", limits::NAME_CHARACTERS_MAX)?.into_option(),
        data_type_options: options.as_ref().map(read_options).transpose()?,
        is_key: reader.boolean("isKey")?.into_option(),
        fold_diacritics: reader.boolean("foldDiacritics")?.into_option(),
        class: None,
        warnings: Vec::new(),
    })
}

fn read_options(options: &Reader<'_>) -> Result<DataTypeOptions, BodyError> {
    let width = options.integer32("width", 1..=WIDTH_MAX)?.into_option();
    Ok(DataTypeOptions {
        width: width.and_then(|width| u16::try_from(width).ok()),
        country: options.text("country", limits::NAME_CHARACTERS_MAX)?.into_option(),
        order: options.text("order", limits::NAME_CHARACTERS_MAX)?.into_option(),
    })
}

fn data_type_from_wire(column: &ColumnResource, path: &str) -> Result<DataType, BodyError> {
    let word = column.data_type.as_deref().unwrap_or("text");
    let given = column.data_type_options.clone().unwrap_or_default();
    let at = |kind, name: &str| BodyError::at(kind, format!("{path}.dataTypeOptions.{name}"));
    let country = |letters: &String| {
        Country::new(letters).ok_or_else(|| at(BodyErrorKind::WrongType { expected: COUNTRY }, "country"))
    };
    let order = |word: &String| {
        DateOrder::from_word(word).ok_or_else(|| at(BodyErrorKind::UnknownWord { known: ORDERS }, "order"))
    };
    let options = edm_model::DataTypeOptions {
        width: given.width,
        country: given.country.as_ref().map(country).transpose()?,
        order: given.order.as_ref().map(order).transpose()?,
    };
    let data_type = DataType::from_word(word, options)
        .ok_or_else(|| BodyError::at(BodyErrorKind::UnknownDataType, format!("{path}.dataType")))?;
    let taken = data_type.options();
    let dropped = [
        ("width", options.width.is_some() && taken.width.is_none()),
        ("country", options.country.is_some() && taken.country.is_none()),
        ("order", options.order.is_some() && taken.order.is_none()),
    ];
    match dropped.into_iter().find(|(_, dropped)| *dropped) {
        Some((name, _)) => Err(at(BodyErrorKind::UnknownOption, name)),
        None => Ok(data_type),
    }
}

fn column_from_wire(column: &ColumnResource, path: &str) -> Result<Column, BodyError> {
    let name = column.name.clone();
    let name = name.ok_or_else(|| BodyError::at(BodyErrorKind::Missing, format!("{path}.name")))?;
    let data_type = data_type_from_wire(column, path)?;
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
