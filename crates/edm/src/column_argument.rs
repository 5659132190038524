//! Parses `--column NAME[:searchable][:TYPE][:ignore=CHARS]…` into a column of the wire.

use std::str::FromStr;

use edm_graph::{ColumnResource, DataTypeOptions};
use edm_model::DataType;

/// The value of one `--column`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ColumnArgument(pub(crate) ColumnResource);

/// Formats a data type with its option, as `--column` takes it.
pub(crate) fn typed(data_type: &DataType) -> String {
    let options = data_type.options();
    let option = options.order.map(|order| order.as_str().to_owned());
    let option = option.or_else(|| options.country.map(|country| country.to_string()));
    let option = option.or_else(|| options.width.map(|width| width.to_string()));
    with_option(data_type.as_str(), option)
}

/// Formats the data type of a column of the wire in the same way.
pub(crate) fn typed_of(column: &ColumnResource) -> String {
    let options = column.data_type_options.clone().unwrap_or_default();
    let option = options.order.or(options.country).or_else(|| options.width.map(|width| width.to_string()));
    with_option(column.data_type.as_deref().unwrap_or("text"), option)
}

fn with_option(word: &str, option: Option<String>) -> String {
    format!("{word}{}", option.map_or_else(String::new, |option| format!("={option}")))
}

/// Formats all other properties of a column, separated by spaces.
pub(crate) fn words_of(column: &ColumnResource) -> String {
    let flags = [
        (column.is_searchable == Some(true), "searchable"),
        (column.is_key == Some(true), "key"),
        (column.is_case_insensitive == Some(false), "case-sensitive"),
        (column.fold_diacritics == Some(true), "fold-diacritics"),
    ];
    let mut words: Vec<String> =
        flags.into_iter().filter(|(held, _)| *held).map(|(_, word)| word.to_owned()).collect();
    let ignored = column.ignored_delimiters.as_deref().unwrap_or_default().concat();
    if !ignored.is_empty() {
        words.push(format!("ignore={ignored:?}"));
    }
    words.join(" ")
}

impl FromStr for ColumnArgument {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // Everything after `ignore=` is a character to ignore, colons included.
        let (words, ignored) = match text.split_once(":ignore=") {
            Some((words, ignored)) => (words, Some(ignored)),
            None => (text, None),
        };
        let mut words = words.split(':');
        let name = words.next().unwrap_or_default().to_owned();
        if name.is_empty() {
            return Err("a column begins with its name".to_owned());
        }
        let mut column = ColumnResource { name: Some(name), ..ColumnResource::default() };
        let mut options = DataTypeOptions::default();
        for word in words {
            let is_type = word.split_once('=').map_or(word, |(word, _)| word);
            if column.data_type.is_some() && DataType::WORDS.contains(&is_type) {
                return Err(format!("`{word}` is a second data type: a column has one"));
            }
            match word.split_once('=').unwrap_or((word, "")) {
                ("searchable", "") => column.is_searchable = Some(true),
                ("key", "") => column.is_key = Some(true),
                ("case-sensitive", "") => column.is_case_insensitive = Some(false),
                ("fold-diacritics", "") => column.fold_diacritics = Some(true),
                ("digits", width) if !width.is_empty() => {
                    let width = width.parse().map_err(|_| format!("`{word}` is no width, as in digits=8"))?;
                    column.data_type = Some("digits".to_owned());
                    options.width = Some(width);
                }
                ("phone", country) if !country.is_empty() => {
                    column.data_type = Some("phone".to_owned());
                    options.country = Some(country.to_owned());
                }
                ("date", order) if !order.is_empty() => {
                    column.data_type = Some("date".to_owned());
                    options.order = Some(order.to_owned());
                }
                (word, "") if DataType::WORDS.contains(&word) => column.data_type = Some(word.to_owned()),
                _ => {
                    return Err(format!(
                        "`{word}` is none of: searchable, key, case-sensitive, fold-diacritics, {}, digits=WIDTH, \
                         phone=COUNTRY, date=ORDER, ignore=CHARS (which comes last)",
                        DataType::WORDS.join(", ")
                    ));
                }
            }
        }
        if options != DataTypeOptions::default() {
            column.data_type_options = Some(options);
        }
        if let Some(ignored) = ignored {
            column.ignored_delimiters = Some(ignored.chars().map(String::from).collect());
        }
        Ok(Self(column))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<ColumnResource>) {
        assert_eq!(text.parse::<ColumnArgument>().ok().map(|column| column.0), expected, "{text}");
    }

    #[test]
    fn columns() {
        let named = |name: &str| ColumnResource { name: Some(name.to_owned()), ..ColumnResource::default() };
        check("lastName", Some(named("lastName")));
        let delimiters = Some(vec!["-".to_owned(), ":".to_owned(), " ".to_owned()]);
        check(
            "ssn:searchable:ignore=-: ",
            Some(ColumnResource {
                is_searchable: Some(true),
                ignored_delimiters: delimiters,
                ..named("ssn")
            }),
        );
        let width = Some(DataTypeOptions { width: Some(8), ..DataTypeOptions::default() });
        check(
            "mrn:key:searchable:digits=8",
            Some(ColumnResource {
                is_searchable: Some(true),
                is_key: Some(true),
                data_type: Some("digits".to_owned()),
                data_type_options: width,
                ..named("mrn")
            }),
        );
        check("mail:email", Some(ColumnResource { data_type: Some("email".to_owned()), ..named("mail") }));
        for (word, options) in [
            ("phone", DataTypeOptions { country: Some("US".to_owned()), ..DataTypeOptions::default() }),
            ("date", DataTypeOptions { order: Some("dmy".to_owned()), ..DataTypeOptions::default() }),
        ] {
            let option = options.country.clone().or(options.order.clone()).expect("one of them");
            check(
                &format!("x:{word}={option}"),
                Some(ColumnResource {
                    data_type: Some(word.to_owned()),
                    data_type_options: Some(options),
                    ..named("x")
                }),
            );
        }
        for word in &DataType::WORDS {
            check(
                &format!("x:{word}"),
                Some(ColumnResource { data_type: Some((*word).to_owned()), ..named("x") }),
            );
        }
        let twice = ["a:ssn:card", "a:digits=4:digits=5", "a:date:searchable:date=dmy"];
        let wrong = ["", ":searchable", "a:serchable", "a:digits=x", "a:email=8", "a:ssn=9", "a:nosuchtype"];
        for text in wrong.into_iter().chain(twice) {
            check(text, None);
        }
    }
}
