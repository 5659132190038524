//! `edm store update`.

use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::{ArgGroup, Args};
use edm_graph::{ColumnResource, DataStoreResource};
use edm_hash::Placeholders;
use edm_model::{DiacriticRule, PlaceholderWords, limits};
use serde_json::{Map, Value, json};

use super::NamedStore;
use super::options::StoreOptions;
use crate::column_argument::{ColumnArgument, typed_of, words_of};
use crate::schema_file;

/// For longer lists of words, only the differences are printed.
pub(super) const WORDS_SHOWN_MAX: usize = 12;

#[derive(Debug, Args)]
#[command(
    group = ArgGroup::new("change").required(true).multiple(true).args([
        "name", "description", "columns", "remove_columns", "schema", "max_tokens", "on_unserved",
        "placeholders", "no_placeholders", "usual_placeholders", "add_placeholders", "remove_placeholders",
    ]),
    after_help = "\
Examples:
  edm store update patients --column phone:searchable:phone=DE --column room
  edm store update patients --remove-column room
  edm store update patients --schema schema.json
  edm store update patients --add-placeholder 'kein Eintrag' --remove-placeholder nil
  edm store update patients --name inpatients --description 'wards 1 to 9'

--column defines one column completely, as for `edm store create`. It replaces the column of this name
or is added; other columns do not change. --schema replaces all columns. Live data does not change
until the table is uploaded again."
)]
pub(super) struct UpdateArguments {
    #[command(flatten)]
    pub(super) named: NamedStore,
    /// New name
    #[arg(long)]
    name: Option<String>,
    /// Free text for people; an empty text removes it
    #[arg(long)]
    description: Option<String>,
    /// Column to add, or to replace if its name exists; may be repeated
    #[arg(long = "column", value_name = "COLUMN", conflicts_with = "schema")]
    columns: Vec<ColumnArgument>,
    /// Name of a column to remove; may be repeated
    #[arg(long = "remove-column", value_name = "NAME", conflicts_with = "schema")]
    remove_columns: Vec<String>,
    /// All columns from a file: Graph's JSON or Purview's EdmSchema XML; its name and description
    /// are ignored
    #[arg(long, value_name = "FILE")]
    schema: Option<PathBuf>,
    #[command(flatten)]
    options: StoreOptions,
    /// Use the default words for empty cells again
    #[arg(long, conflicts_with_all = ["placeholders", "no_placeholders"])]
    usual_placeholders: bool,
    /// Further word that means an empty cell, in addition to the current ones; may be repeated
    #[arg(
        long = "add-placeholder",
        value_name = "WORD",
        conflicts_with_all = ["placeholders", "no_placeholders", "usual_placeholders"],
        allow_hyphen_values = true
    )]
    add_placeholders: Vec<String>,
    /// Word that is a value after all, such as a surname; may be repeated
    #[arg(
        long = "remove-placeholder",
        value_name = "WORD",
        conflicts_with_all = ["placeholders", "no_placeholders", "usual_placeholders"],
        allow_hyphen_values = true
    )]
    remove_placeholders: Vec<String>,
}

/// Changes the store, prints the changes on standard error, and returns the new store.
pub(super) async fn run(arguments: &UpdateArguments) -> anyhow::Result<DataStoreResource> {
    let client = arguments.named.connection.client()?;
    let before = client.store(&arguments.named.store).await?;
    let after = client.update_store(&before.id, &body(arguments, &before)?).await?;
    let sentences = changes(&before, &after);
    if sentences.is_empty() {
        eprintln!("edm: nothing changed: the data store was so already");
    }
    sentences.iter().for_each(|change| eprintln!("edm: {}", shown(change)));
    if before.placeholders != after.placeholders && after.active_session_id.is_some() {
        eprintln!("edm: words count from the next upload on: upload the table again");
    }
    Ok(after)
}

/// Returns the request body that changes the store.
fn body(arguments: &UpdateArguments, before: &DataStoreResource) -> anyhow::Result<Value> {
    let mut body = Map::new();
    if let Some(path) = &arguments.schema {
        let bytes = schema_file::bytes_of(path, limits::XML_BYTES_MAX)?;
        let schema = schema_file::read(&bytes).with_context(|| format!("cannot use {}", path.display()))?;
        schema.warnings.iter().for_each(|warning| eprintln!("edm: {warning}"));
        let said = ["columns", "maximumNumberOfTokens", "placeholders", "onUnserved"];
        // Properties missing in the file do not change.
        let is_said = |(name, value): &(String, Value)| said.contains(&name.as_str()) && !value.is_null();
        body.extend(schema.body.into_iter().filter(is_said));
        if !body.contains_key("columns") {
            bail!("{} names no columns: it needs `columns`", path.display());
        }
    }
    if !arguments.columns.is_empty() || !arguments.remove_columns.is_empty() {
        let columns = before.columns.clone().unwrap_or_default();
        let columns = changed_columns(columns, &arguments.columns, &arguments.remove_columns)?;
        body.insert("columns".to_owned(), json!(columns));
    }
    let options = [
        ("displayName", arguments.name.as_ref().map(|name| json!(name))),
        ("description", arguments.description.as_ref().map(|text| json!((!text.is_empty()).then_some(text)))),
        ("placeholders", arguments.usual_placeholders.then_some(Value::Null)),
    ];
    if !arguments.add_placeholders.is_empty() || !arguments.remove_placeholders.is_empty() {
        body.insert("placeholders".to_owned(), json!(changed_placeholders(arguments, before)?));
    }
    body.extend(options.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
    body.extend(arguments.options.properties());
    Ok(Value::Object(body))
}

fn usual_placeholders() -> Vec<String> {
    PlaceholderWords::usual().as_slice().to_vec()
}

/// Adds words to the store's placeholders, or to the default ones if it has none, and removes
/// others.
fn changed_placeholders(
    arguments: &UpdateArguments,
    before: &DataStoreResource,
) -> anyhow::Result<Vec<String>> {
    let mut words = before.placeholders.clone().unwrap_or_else(usual_placeholders);
    for word in &arguments.remove_placeholders {
        if !remove_placeholder(&mut words, word) {
            bail!("“{}” is no placeholder of the data store", shown(word));
        }
    }
    words.extend(arguments.add_placeholders.iter().cloned());
    Ok(words)
}

/// Removes a word in any spelling: an upload prints it folded, without diacritics if its column
/// ignores them. Returns whether it was found.
fn remove_placeholder(words: &mut Vec<String>, word: &str) -> bool {
    let wanted = Placeholders::folded(word, DiacriticRule::Keep);
    let count = words.len();
    for diacritics in [DiacriticRule::Keep, DiacriticRule::Fold] {
        words.retain(|own| Placeholders::folded(own, diacritics) != wanted);
        if words.len() < count {
            return true;
        }
    }
    false
}

/// Quotes a text for a sentence, without control characters that a terminal would execute.
fn shown(text: &str) -> String {
    text.chars().filter(|character| !character.is_control()).collect()
}

/// Replaces columns by name, appends new ones, and removes others.
fn changed_columns(
    mut columns: Vec<ColumnResource>,
    given: &[ColumnArgument],
    removed: &[String],
) -> anyhow::Result<Vec<ColumnResource>> {
    for (number, ColumnArgument(column)) in given.iter().enumerate() {
        let name = column.name.as_deref().unwrap_or_default();
        let again = given.iter().skip(number + 1).any(|other| is_named(&other.0, name));
        if again || removed.iter().any(|other| is_named(column, other)) {
            bail!("the column “{name}” is named twice: say once what becomes of it");
        }
        match columns.iter_mut().find(|own| is_named(own, name)) {
            Some(own) => *own = column.clone(),
            None => columns.push(column.clone()),
        }
    }
    for name in removed {
        let place = columns.iter().position(|column| is_named(column, name));
        let Some(place) = place else {
            let names: Vec<&str> = columns.iter().filter_map(|column| column.name.as_deref()).collect();
            bail!("the data store has no column named “{name}”; it has {}", names.join(", "));
        };
        columns.remove(place);
    }
    let keys = columns.iter().filter(|column| column.is_key == Some(true));
    let keys: Vec<&str> = keys.filter_map(|column| column.name.as_deref()).collect();
    if keys.len() > 1 {
        bail!(
            "only one column can be the key, and these would be: {}; say the others with --column and without `key` as well",
            keys.join(", ")
        );
    }
    for column in &mut columns {
        // Only the service sets these.
        column.class = None;
        column.warnings.clear();
    }
    Ok(columns)
}

/// Compares names without case, as a store does.
fn is_named(column: &ColumnResource, name: &str) -> bool {
    column.name.as_deref().is_some_and(|own| own.trim().to_lowercase() == name.trim().to_lowercase())
}

/// Returns a sentence per change.
fn changes(before: &DataStoreResource, after: &DataStoreResource) -> Vec<String> {
    let mut sentences = Vec::new();
    let mut compare = |what: &str, before: Option<String>, after: Option<String>| {
        if before != after {
            let shown = |text: Option<String>| text.unwrap_or_else(|| "none".to_owned());
            sentences.push(format!("{what}: {} → {}", shown(before), shown(after)));
        }
    };
    compare("name", before.display_name.clone(), after.display_name.clone());
    compare("description", before.description.clone(), after.description.clone());
    let tokens =
        |store: &DataStoreResource| store.maximum_number_of_tokens.map(|count| format!("{count} words"));
    compare("longest cell that is matched", tokens(before), tokens(after));
    let words = |store: &DataStoreResource, other: &DataStoreResource| {
        let Some(words) = store.placeholders.clone() else { return Some("the usual ones".to_owned()) };
        // For a long list, the differences say more.
        let others = other.placeholders.clone().unwrap_or_else(usual_placeholders);
        let own: Vec<String> = words.iter().filter(|word| !others.contains(word)).cloned().collect();
        match (words.is_empty(), words.len() > WORDS_SHOWN_MAX) {
            (true, _) => None,
            (false, false) => Some(words.join(", ")),
            (false, true) if own.is_empty() => {
                Some(format!("{} words, none that was not there", words.len()))
            }
            (false, true) => Some(format!("{} words, among them {}", words.len(), own.join(", "))),
        }
    };
    compare("words that mean an empty cell", words(before, after), words(after, before));
    compare("where the live data cannot be read", before.on_unserved.clone(), after.on_unserved.clone());
    let (old, new) =
        (before.columns.as_deref().unwrap_or_default(), after.columns.as_deref().unwrap_or_default());
    let name_of = |column: &ColumnResource| column.name.clone().unwrap_or_default();
    for column in new {
        let name = name_of(column);
        match old.iter().find(|other| is_named(other, &name)) {
            None => sentences.push(format!("column “{name}” added: {}", described(column))),
            Some(other) if other.is_searchable == Some(true) && column.is_searchable != Some(true) => {
                sentences.push(format!(
                    "column “{name}”: {} → {}: its values are no longer looked for; say `searchable` again if they are to be",
                    described(other),
                    described(column)
                ));
            }
            Some(other) if described(other) != described(column) => {
                sentences.push(format!("column “{name}”: {} → {}", described(other), described(column)));
            }
            Some(other) if name_of(other) != name => {
                sentences.push(format!("column “{}” is written “{name}”", name_of(other)));
            }
            Some(_) => {}
        }
    }
    let gone = old.iter().filter(|column| !new.iter().any(|other| is_named(other, &name_of(column))));
    sentences.extend(gone.map(|column| format!("column “{}” removed", name_of(column))));
    let order = |columns: &[ColumnResource]| columns.iter().map(name_of).collect::<Vec<_>>();
    if sentences.is_empty() && order(old) != order(new) {
        sentences.push(format!("order of the columns: {}", order(new).join(", ")));
    }
    sentences
}

/// Formats everything about a column except its name.
fn described(column: &ColumnResource) -> String {
    let words = words_of(column);
    let space = if words.is_empty() { "" } else { " " };
    format!("{}{space}{words}", typed_of(column))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(texts: &[&str]) -> Vec<ColumnResource> {
        texts.iter().map(|text| text.parse::<ColumnArgument>().expect("a column").0).collect()
    }

    fn arguments(texts: &[&str]) -> Vec<ColumnArgument> {
        columns(texts).into_iter().map(ColumnArgument).collect()
    }

    #[test]
    fn named_columns_change_and_the_others_stay() {
        let check = |given: &[&str], removed: &[&str], expected: Option<&[&str]>| {
            let removed: Vec<String> = removed.iter().map(|name| (*name).to_owned()).collect();
            let had = columns(&["ssn:searchable:key:ssn", "phone:phone", "room"]);
            let got = changed_columns(had, &arguments(given), &removed);
            assert_eq!(got.ok(), expected.map(columns), "{given:?} {removed:?}");
        };
        check(&["Phone:phone=DE"], &[], Some(&["ssn:searchable:key:ssn", "Phone:phone=DE", "room"]));
        check(&["bed"], &["ROOM"], Some(&["ssn:searchable:key:ssn", "phone:phone", "bed"]));
        check(&[], &["phone"], Some(&["ssn:searchable:key:ssn", "room"]));
        check(&[], &["fone"], None);
        check(&["room:digits", "ROOM"], &[], None);
        check(&["room:digits"], &["room"], None);
        check(&["room:searchable:key"], &[], None);
        let both = ["ssn:searchable:ssn", "room:searchable:key"];
        check(&both, &[], Some(&["ssn:searchable:ssn", "phone:phone", "room:searchable:key"]));
    }

    /// Once, only the spelling as given was found, but an upload prints the folded one.
    #[test]
    fn a_placeholder_is_known_in_the_form_in_which_it_is_shown() {
        let check = |word: &str, expected: Option<&[&str]>| {
            let mut words = ["Ｎｕｌｌ", "k.  A.", "Müll", "LEER"].map(str::to_owned).to_vec();
            let removed = remove_placeholder(&mut words, word);
            assert_eq!(
                removed.then_some(words),
                expected.map(|left| left.iter().map(|word| (*word).to_owned()).collect()),
                "{word}"
            );
        };
        check("null", Some(&["k.  A.", "Müll", "LEER"]));
        check("k. a.", Some(&["Ｎｕｌｌ", "Müll", "LEER"]));
        check("mull", Some(&["Ｎｕｌｌ", "k.  A.", "LEER"]));
        check(" leer ", Some(&["Ｎｕｌｌ", "k.  A.", "Müll"]));
        check("none", None);
    }

    #[test]
    fn what_changed_is_told() {
        let store = |name: &str, texts: &[&str]| DataStoreResource {
            display_name: Some(name.to_owned()),
            columns: Some(columns(texts)),
            ..DataStoreResource::default()
        };
        let check = |after: DataStoreResource, expected: &[&str]| {
            assert_eq!(changes(&store("a", &["ssn:searchable:ssn", "day:date=dmy"]), &after), expected);
        };
        check(store("a", &["ssn:searchable:ssn", "day:date=dmy"]), &[]);
        check(store("b", &["ssn:searchable:ssn", "day:date=dmy"]), &["name: a → b"]);
        check(
            store("a", &["SSN:searchable:ssn", "day:date=mdy", "room"]),
            &[
                "column “ssn” is written “SSN”",
                "column “day”: date=dmy → date=mdy",
                "column “room” added: text",
            ],
        );
        check(
            store("a", &["ssn:key:searchable:ignore=-"]),
            &["column “ssn”: ssn searchable → text searchable key ignore=\"-\"", "column “day” removed"],
        );
        check(store("a", &["day:date=dmy", "ssn:searchable:ssn"]), &["order of the columns: day, ssn"]);
    }
}
