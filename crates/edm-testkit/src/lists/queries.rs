//! Generates random filters and orders, as text.

use edm_graph::DateTimeOffset;
use edm_graph::query::{Kind as Holds, Property};
use serde_json::Value;

use super::rows::{moment, text};
use crate::generate::Choices;

/// A property with its path.
struct Named {
    path: String,
    holds: Holds,
}

/// The scope of a filter.
struct Scope<'a> {
    scalars: Vec<Named>,
    collections: Vec<Named>,
    rows: &'a [Value],
}

/// Writes a filter over elements with these properties. About half of its values occur in some row.
pub fn filter(choices: &mut impl Choices, properties: &'static [Property], rows: &[Value]) -> String {
    let (mut scalars, mut collections) = (Vec::new(), Vec::new());
    sort(properties, "", &mut scalars, &mut collections);
    condition(choices, &Scope { scalars, collections, rows }, 3)
}

/// Writes an order; empty means creation order.
pub fn order(choices: &mut impl Choices, properties: &'static [Property]) -> String {
    let (mut scalars, mut collections) = (Vec::new(), Vec::new());
    sort(properties, "", &mut scalars, &mut collections);
    scalars.retain(|named| !matches!(named.holds, Holds::Members(_)));
    let mut keys = Vec::new();
    for _ in 0..choices.below(4) {
        let property = &scalars[choices.below(scalars.len())].path;
        keys.push(format!("{property}{}", choices.pick(&["", " desc", " asc", " DESC"])));
    }
    keys.join(",")
}

fn sort(
    properties: &'static [Property],
    before: &str,
    scalars: &mut Vec<Named>,
    collections: &mut Vec<Named>,
) {
    for property in properties {
        let named = Named { path: format!("{before}{}", property.name), holds: property.kind };
        match property.kind {
            Holds::Complex | Holds::Secret => {}
            Holds::Texts | Holds::Elements(_) => collections.push(named),
            Holds::Members(members) => {
                sort(members, &format!("{}/", named.path), scalars, collections);
                scalars.push(named);
            }
            Holds::Text | Holds::Number | Holds::Boolean | Holds::Moment => scalars.push(named),
        }
    }
}

fn condition(choices: &mut impl Choices, scope: &Scope<'_>, depth: usize) -> String {
    let part = |choices: &mut _| condition(choices, scope, depth - 1);
    match choices.below(if depth == 0 { 7 } else { 12 }) {
        0 | 1 => comparison(choices, scope),
        2 => {
            let named = &scope.scalars[choices.below(scope.scalars.len())];
            if matches!(named.holds, Holds::Members(_)) {
                return format!("{} ne null", named.path);
            }
            let values: Vec<String> =
                (0..choices.between(1, 4)).map(|_| value(choices, scope, named)).collect();
            format!("{} in ({})", spelled(choices, &named.path), values.join(","))
        }
        3 | 4 => {
            let test = choices.pick(&["startswith", "endswith", "contains", "Contains"]);
            format!("{test}({},{})", text_operand(choices, scope), text_operand(choices, scope))
        }
        5 => {
            let truths: Vec<&Named> =
                scope.scalars.iter().filter(|named| named.holds == Holds::Boolean).collect();
            match truths.is_empty() {
                true => choices.pick(&["true", "false"]).to_owned(),
                false => truths[choices.below(truths.len())].path.clone(),
            }
        }
        6 => any(choices, scope),
        7 => format!("not {}", wrapped(part(choices))),
        8 | 9 => format!("{} and {}", part(choices), part(choices)),
        10 => format!("{} or {}", part(choices), part(choices)),
        _ => wrapped(part(choices)),
    }
}

fn wrapped(condition: String) -> String {
    format!("({condition})")
}

fn comparison(choices: &mut impl Choices, scope: &Scope<'_>) -> String {
    let named = &scope.scalars[choices.below(scope.scalars.len())];
    if matches!(named.holds, Holds::Members(_)) {
        return format!("{} {} null", named.path, choices.pick(&["eq", "ne"]));
    }
    let word = choices.pick(&["eq", "ne", "lt", "le", "gt", "ge"]);
    let left = match named.holds == Holds::Text && choices.chance(30) {
        true => format!("tolower({})", spelled(choices, &named.path)),
        false => spelled(choices, &named.path),
    };
    let alike: Vec<&Named> = scope.scalars.iter().filter(|other| other.holds == named.holds).collect();
    let right = match choices.below(10) {
        0 => "null".to_owned(),
        1 | 2 => alike[choices.below(alike.len())].path.clone(),
        3 if named.holds == Holds::Text => text_operand(choices, scope),
        _ => value(choices, scope, named),
    };
    if choices.chance(20) { format!("{right} {word} {left}") } else { format!("{left} {word} {right}") }
}

fn text_operand(choices: &mut impl Choices, scope: &Scope<'_>) -> String {
    let texts: Vec<&Named> = scope.scalars.iter().filter(|named| named.holds == Holds::Text).collect();
    let operand = match choices.below(10) {
        0..5 => texts[choices.below(texts.len())].path.clone(),
        5..9 => {
            // A part of a value that some row has.
            let source = texts[choices.below(texts.len())];
            let whole = value(choices, scope, source);
            let inner: Vec<char> = whole.trim_matches('\'').replace("''", "'").chars().collect();
            let from = choices.below(inner.len() + 1);
            let to = choices.between(from, inner.len());
            quoted(&inner[from..to].iter().collect::<String>())
        }
        _ => "null".to_owned(),
    };
    if choices.chance(30) { format!("tolower({operand})") } else { operand }
}

fn any(choices: &mut impl Choices, scope: &Scope<'_>) -> String {
    let Some(named) = scope.collections.first() else {
        return comparison(choices, scope);
    };
    if choices.chance(10) {
        return format!("{}/any()", named.path);
    }
    let (mut scalars, mut collections) = (Vec::new(), Vec::new());
    let elements: Vec<Value> = scope
        .rows
        .iter()
        .filter_map(|row| row.get(&named.path)?.as_array())
        .flatten()
        .map(|element| serde_json::json!({ "x": element }))
        .collect();
    match named.holds {
        Holds::Elements(members) => sort(members, "x/", &mut scalars, &mut collections),
        _ => scalars.push(Named { path: "x".to_owned(), holds: Holds::Text }),
    }
    let inner = Scope { scalars, collections: Vec::new(), rows: &elements };
    let colon = choices.pick(&[":", ": ", " : "]);
    format!("{}/any(x{colon}{})", named.path, condition(choices, &inner, 1))
}

/// Writes a value that the property might have.
fn value(choices: &mut impl Choices, scope: &Scope<'_>, named: &Named) -> String {
    let row = scope.rows.get(choices.below(scope.rows.len()));
    let found = row.and_then(|row| named.path.split('/').try_fold(row, |value, name| value.get(name)));
    let found = found.filter(|_| choices.chance(60));
    match (named.holds, found) {
        (Holds::Moment, Some(Value::String(text))) if choices.chance(50) => quoted(text),
        (Holds::Moment, Some(Value::String(text))) => text.clone(),
        (Holds::Moment, _) => DateTimeOffset::new(moment(choices)).to_string(),
        (Holds::Number, Some(Value::Number(number))) => number.to_string(),
        (Holds::Number, _) => choices.pick(&["0", "1", "1.0", "1.5", "-3", "4000000000", "1e3"]).to_owned(),
        (Holds::Boolean, _) => choices.pick(&["true", "false"]).to_owned(),
        (_, Some(Value::String(text))) if choices.chance(20) => quoted(&text.to_lowercase()),
        (_, Some(Value::String(text))) => quoted(text),
        (_, Some(Value::Null)) => "null".to_owned(),
        _ => quoted(&text(choices)),
    }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Varies the case of a property's name, which does not matter. The variable of `any` keeps its
/// case.
fn spelled(choices: &mut impl Choices, path: &str) -> String {
    if choices.chance(10) && !path.starts_with('x') { path.to_uppercase() } else { path.to_owned() }
}
