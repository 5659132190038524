//! Reads the query of an address.

use percent_encoding::percent_decode;

use super::error::{QueryError, QueryErrorKind};
use super::filter::Filter;
use super::{Kind, Property, QUERY_BYTES_MAX};

/// What the resources at an address look like to queries.
#[derive(Debug)]
pub struct Shape {
    /// What they have.
    pub properties: &'static [Property],
    /// What can be expanded, and its shape.
    pub expandable: &'static [(&'static str, &'static Shape)],
}

/// What kind of address the query stands at, which decides what it may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A collection.
    List,
    /// One resource, or an action that answers with one.
    Item,
    /// `/$count`.
    Count,
    /// An action that answers with something else.
    Action,
}

/// A query, checked against a shape.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct QueryOptions {
    /// The properties to answer with, by their own spelling; `None` is all.
    pub select: Option<Vec<&'static str>>,
    /// Which elements.
    pub filter: Option<Filter>,
    /// In which order.
    pub order_by: Vec<Order>,
    /// At most how many.
    pub top: Option<u32>,
    /// How many to leave out in front.
    pub skip: u64,
    /// Whether to say how many there are.
    pub count: bool,
    /// What to answer with beside.
    pub expand: Vec<Expand>,
    /// How many were answered before this page.
    pub served: u64,
}

/// One key of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// The property.
    pub property: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Greatest first.
    pub descending: bool,
}

/// A navigation to follow.
#[derive(Debug, Clone, PartialEq)]
pub struct Expand {
    /// Its name.
    pub name: &'static str,
    /// What is asked of its elements.
    pub options: QueryOptions,
}

impl QueryOptions {
    /// Reads a query as it stands in the address. Options without `$` are no one's business and left alone.
    /// Fails on the first option that is unknown, repeated, misplaced or wrong.
    pub fn parse(query: Option<&str>, shape: &Shape, place: Place) -> Result<Self, QueryError> {
        let query = query.unwrap_or("");
        if query.len() > QUERY_BYTES_MAX {
            return Err(QueryError::new(QueryErrorKind::TooLong, "query"));
        }
        let mut pairs = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (name, value) = (decode(name)?, decode(value)?);
            if name.starts_with('$') {
                pairs.push((name, value));
            }
        }
        Self::read(&pairs, shape, place)
    }

    /// Returns the query of the next page: this one with another page token.
    pub fn next_query(query: Option<&str>, served: u64) -> String {
        let token = |pair: &&str| {
            let name = pair.split_once('=').map_or(*pair, |(name, _)| name);
            !decode(name).is_ok_and(|name| name.eq_ignore_ascii_case("$skiptoken"))
        };
        let mut pairs: Vec<&str> =
            query.unwrap_or("").split('&').filter(|pair| !pair.is_empty()).filter(token).collect();
        let page = format!("$skiptoken=s{served:x}");
        pairs.push(&page);
        pairs.join("&")
    }

    /// Returns whether the answer names this property.
    pub fn selects(&self, name: &str) -> bool {
        self.select.as_ref().is_none_or(|selected| selected.contains(&name))
    }

    fn read(pairs: &[(String, String)], shape: &Shape, place: Place) -> Result<Self, QueryError> {
        let mut options = Self::default();
        let mut seen: Vec<String> = Vec::new();
        for (name, value) in pairs {
            let option = name.to_ascii_lowercase();
            let fail = |kind| QueryError::new(kind, name);
            if !allowed(&option, place) {
                let search = option == "$search";
                return Err(fail(if search {
                    QueryErrorKind::SearchNotServed
                } else {
                    QueryErrorKind::UnknownOption
                }));
            }
            if seen.contains(&option) {
                return Err(fail(QueryErrorKind::Repeated));
            }
            match option.as_str() {
                "$select" => options.select = read_select(value, shape).map_err(fail)?,
                "$filter" => options.filter = Some(Filter::parse(value, shape.properties).map_err(fail)?),
                "$orderby" => options.order_by = read_order(value, shape).map_err(fail)?,
                "$top" => options.top = Some(number(value).map_err(fail)?),
                "$skip" => options.skip = u64::from(number(value).map_err(fail)?),
                "$count" => options.count = boolean(value).map_err(fail)?,
                "$expand" => options.expand = read_expand(value, shape, name)?,
                _ => options.served = read_token(value).map_err(fail)?,
            }
            seen.push(option);
        }
        Ok(options)
    }
}

fn allowed(option: &str, place: Place) -> bool {
    match place {
        Place::List => matches!(
            option,
            "$select" | "$filter" | "$orderby" | "$top" | "$skip" | "$count" | "$expand" | "$skiptoken"
        ),
        Place::Item => matches!(option, "$select" | "$expand"),
        Place::Count => option == "$filter",
        Place::Action => false,
    }
}

fn decode(text: &str) -> Result<String, QueryError> {
    let spaced: Vec<u8> = text.bytes().map(|byte| if byte == b'+' { b' ' } else { byte }).collect();
    let decoded = percent_decode(&spaced).decode_utf8();
    decoded.map(String::from).map_err(|_| QueryError::new(QueryErrorKind::NotText, "query"))
}

fn number(value: &str) -> Result<u32, QueryErrorKind> {
    let digits = !value.trim().is_empty() && value.trim().bytes().all(|byte| byte.is_ascii_digit());
    let number = if digits { value.trim().parse().ok() } else { None };
    number.filter(|number| *number <= i32::MAX.unsigned_abs()).ok_or(QueryErrorKind::NotANumber)
}

fn boolean(value: &str) -> Result<bool, QueryErrorKind> {
    match value.trim().to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(QueryErrorKind::NotABoolean),
    }
}

fn read_token(value: &str) -> Result<u64, QueryErrorKind> {
    let digits = value.strip_prefix('s').filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let served = digits.and_then(|digits| u64::from_str_radix(digits, 16).ok());
    // A token far beyond any list would overflow sums later.
    served.filter(|served| *served <= u64::from(u32::MAX)).ok_or(QueryErrorKind::BadSkipToken)
}

fn find(name: &str, shape: &Shape) -> Result<Property, QueryErrorKind> {
    let found = shape.properties.iter().find(|property| property.name.eq_ignore_ascii_case(name));
    found.copied().ok_or_else(|| QueryErrorKind::UnknownProperty { name: name.to_owned() })
}

fn read_select(value: &str, shape: &Shape) -> Result<Option<Vec<&'static str>>, QueryErrorKind> {
    let mut selected = Vec::new();
    for name in value.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        if name == "*" {
            return Ok(None);
        }
        // Graph lets `$select` name a navigation; it adds nothing unless it is expanded too.
        if shape.expandable.iter().any(|(expandable, _)| expandable.eq_ignore_ascii_case(name)) {
            continue;
        }
        let property = find(name, shape)?;
        if !selected.contains(&property.name) {
            selected.push(property.name);
        }
    }
    Ok(if value.trim().is_empty() { None } else { Some(selected) })
}

fn read_order(value: &str, shape: &Shape) -> Result<Vec<Order>, QueryErrorKind> {
    let mut order = Vec::new();
    for key in value.split(',').map(str::trim).filter(|key| !key.is_empty()) {
        let mut words = key.split_whitespace();
        let property = find(words.next().unwrap_or(""), shape)?;
        let descending = match words.next().map(str::to_ascii_lowercase).as_deref() {
            None | Some("asc") => false,
            Some("desc") => true,
            Some(_) => {
                return Err(QueryErrorKind::Syntax { position: 0, expected: "asc or desc after a property" });
            }
        };
        if words.next().is_some() {
            return Err(QueryErrorKind::Syntax { position: 0, expected: "a comma between properties" });
        }
        if matches!(property.kind, Kind::Secret | Kind::Complex) {
            return Err(QueryErrorKind::NotComparable { name: property.name.to_owned() });
        }
        if !order.iter().any(|known: &Order| known.property == property.name) {
            order.push(Order { property: property.name, kind: property.kind, descending });
        }
    }
    Ok(order)
}

fn read_expand(value: &str, shape: &Shape, option: &str) -> Result<Vec<Expand>, QueryError> {
    let mut expand: Vec<Expand> = Vec::new();
    for item in split(value, ',').map_err(|kind| QueryError::new(kind, option))? {
        let (name, nested) = match item.split_once('(') {
            Some((name, rest)) => {
                let inner = rest.trim_end().strip_suffix(')');
                let kind = QueryErrorKind::Syntax { position: 0, expected: "a closing parenthesis" };
                (name.trim(), inner.ok_or_else(|| QueryError::new(kind, option))?)
            }
            None => (item.trim(), ""),
        };
        let known = shape.expandable.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        let Some((name, inner_shape)) = known else {
            return Err(QueryError::new(QueryErrorKind::NotExpandable { name: name.to_owned() }, option));
        };
        if expand.iter().any(|known| known.name == *name) {
            return Err(QueryError::new(QueryErrorKind::Repeated, option));
        }
        let mut pairs = Vec::new();
        for pair in split(nested, ';').map_err(|kind| QueryError::new(kind, option))? {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            pairs.push((name.trim().to_owned(), value.to_owned()));
        }
        // Shapes end (store, session, agent), so this recursion does too.
        expand.push(Expand { name, options: QueryOptions::read(&pairs, inner_shape, Place::List)? });
    }
    Ok(expand)
}

/// Splits at separators that stand outside quotes and parentheses; empty parts are dropped.
fn split(text: &str, separator: char) -> Result<Vec<&str>, QueryErrorKind> {
    let (mut parts, mut begin, mut depth, mut quoted) = (Vec::new(), 0, 0usize, false);
    for (position, character) in text.char_indices() {
        match character {
            '\'' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => {
                let expected = "an opening parenthesis before";
                depth = depth.checked_sub(1).ok_or(QueryErrorKind::Syntax { position, expected })?;
            }
            _ if character == separator && !quoted && depth == 0 => {
                parts.push(text.get(begin..position).unwrap_or(""));
                begin = position + character.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(text.get(begin..).unwrap_or(""));
    parts.retain(|part| !part.trim().is_empty());
    Ok(parts)
}
