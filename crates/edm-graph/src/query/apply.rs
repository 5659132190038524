//! Applies a query to a list of JSON objects. The catalog will do this in SQL; this stays as its oracle.

use std::cmp::Ordering;

use serde_json::Value;

use super::filter::{Literal, literal_of, order};
use super::options::{Order, QueryOptions};

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Its elements.
    pub elements: Vec<Value>,
    /// How many pass the filter, over all pages.
    pub total: u64,
    /// How many were answered up to the end of this page, when there are more.
    pub next: Option<u64>,
}

/// Filters, sorts and cuts a list. `page_count` bounds the page; `$top` bounds the sum of all pages.
pub fn apply(mut elements: Vec<Value>, options: &QueryOptions, page_count: u32) -> Page {
    if let Some(filter) = &options.filter {
        elements.retain(|element| filter.matches(element));
    }
    let total = count(elements.len());
    if !options.order_by.is_empty() {
        elements.sort_by(|left, right| compare(left, right, &options.order_by));
    }
    let wanted = options.top.map_or(u64::MAX, u64::from);
    let available = total.saturating_sub(options.skip).min(wanted);
    let rest = available.saturating_sub(options.served);
    let taken = rest.min(u64::from(page_count));
    let first = options.skip.saturating_add(options.served);
    let elements = elements.into_iter().skip(size(first)).take(size(taken)).collect();
    Page { elements, total, next: (rest > taken).then(|| options.served.saturating_add(taken)) }
}

/// Leaves only what was selected, what was expanded, and annotations.
pub fn project(element: &mut Value, options: &QueryOptions) {
    let (Some(selected), Value::Object(fields)) = (&options.select, element) else {
        return;
    };
    fields.retain(|name, _| {
        name.starts_with('@')
            || selected.contains(&name.as_str())
            || options.expand.iter().any(|expand| expand.name == name)
    });
}

/// Null comes first in ascending order; elements that do not differ keep their order.
fn compare(left: &Value, right: &Value, keys: &[Order]) -> Ordering {
    for key in keys {
        let value = |element: &Value| {
            element.get(key.property).map_or(Literal::Null, |value| literal_of(value, key.kind))
        };
        let (left, right) = (value(left), value(right));
        let ascending = match (&left, &right) {
            (Literal::Null, Literal::Null) => Ordering::Equal,
            (Literal::Null, _) => Ordering::Less,
            (_, Literal::Null) => Ordering::Greater,
            _ => order(&left, &right).unwrap_or(Ordering::Equal),
        };
        let ordered = if key.descending { ascending.reverse() } else { ascending };
        if ordered != Ordering::Equal {
            return ordered;
        }
    }
    Ordering::Equal
}

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

fn size(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}
