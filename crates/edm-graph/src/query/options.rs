//! Reads the query of an address.

use edm_model::{Condition, Cursor, Direction, Literal, OrderKey, limits};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, utf8_percent_encode};

use super::error::{QueryError, QueryErrorKind};
use super::parser::parse_filter;
use super::property::{Kind, Property, resolve};
use super::skip_token::{self, Fingerprint};

/// The characters of a value that are not escaped in an address.
const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b',');

/// The resources at an address, as queries see them.
#[derive(Debug)]
pub struct Shape {
    /// Their properties.
    pub properties: &'static [Property],
    /// Their navigations that can be expanded.
    pub expandable: &'static [Navigation],
}

/// A navigation that can be expanded.
#[derive(Debug)]
pub struct Navigation {
    /// Its name.
    pub name: &'static str,
    /// The shape of what it leads to.
    pub shape: &'static Shape,
    /// `Nested` if that is a collection, `Item` if it is at most one resource.
    pub place: Place,
}

/// The kind of address of a query, which decides which options it may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A collection.
    List,
    /// A collection inside `$expand`.
    Nested,
    /// One resource, or an action whose answer is one.
    Item,
    /// `/$count`.
    Count,
    /// An action with another answer.
    Action,
}

/// A query, checked against a shape.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct QueryOptions {
    /// The properties to answer with, in their declared spelling; `None` is all.
    pub select: Option<Vec<&'static str>>,
    /// The condition on the elements.
    pub filter: Option<Condition>,
    /// The order; empty is the order of creation.
    pub order_by: Vec<OrderKey>,
    /// The greatest number of elements, over all pages.
    pub top: Option<u32>,
    /// The number of elements to skip before the first page.
    pub skip: u64,
    /// Whether to count all elements.
    pub count: bool,
    /// The navigations to expand.
    pub expand: Vec<Expand>,
    /// Where this page begins, unless it is the first.
    pub after: Option<Cursor>,
    /// The number of elements answered before this page.
    pub served: u64,
    /// The identity of the list.
    list: Fingerprint,
}

/// A navigation to follow.
#[derive(Debug, Clone, PartialEq)]
pub struct Expand {
    /// Its name.
    pub name: &'static str,
    /// The query on its elements.
    pub options: QueryOptions,
    /// The same as the query of an address.
    pub query: String,
}

impl QueryOptions {
    /// Reads a query, escaped as in the address. Options without `$` are ignored. Fails on the
    /// first option that is unknown, repeated, misplaced or wrong.
    pub fn parse(query: Option<&str>, shape: &Shape, place: Place) -> Result<Self, QueryError> {
        let query = query.unwrap_or("");
        let too_long = || QueryError::new(QueryErrorKind::TooLong, "query");
        if query.len() > limits::QUERY_BYTES_MAX + limits::PAGE_TOKEN_BYTES_MAX {
            return Err(too_long());
        }
        let mut pairs = Vec::new();
        let mut bytes = 0;
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let name = decode(name)?;
            if !name.eq_ignore_ascii_case("$skiptoken") {
                bytes += pair.len();
            }
            if name.starts_with('$') {
                pairs.push((name, decode(value)?));
            }
        }
        if bytes > limits::QUERY_BYTES_MAX {
            return Err(too_long());
        }
        Self::read(&pairs, shape, place)
    }

    /// Returns the query of the page after `cursor`, after `served` elements: this query with
    /// another page token. Fails if the values that the list is ordered by are too long for a
    /// token.
    pub fn next_query(
        &self,
        query: Option<&str>,
        cursor: &Cursor,
        served: u64,
    ) -> Result<String, QueryError> {
        let token = skip_token::write(cursor, served, self.list)
            .ok_or_else(|| QueryError::new(QueryErrorKind::KeysTooLong, "$orderby"))?;
        let other = |pair: &&str| {
            let name = pair.split_once('=').map_or(*pair, |(name, _)| name);
            !decode(name).is_ok_and(|name| name.eq_ignore_ascii_case("$skiptoken"))
        };
        let mut pairs: Vec<&str> =
            query.unwrap_or("").split('&').filter(|pair| !pair.is_empty()).filter(other).collect();
        let page = format!("$skiptoken={token}");
        pairs.push(&page);
        Ok(pairs.join("&"))
    }

    /// Returns whether the answer contains this property.
    pub fn selects(&self, name: &str) -> bool {
        self.select.as_ref().is_none_or(|selected| selected.contains(&name))
    }

    fn read(pairs: &[(String, String)], shape: &Shape, place: Place) -> Result<Self, QueryError> {
        let mut options = Self::default();
        let mut seen: Vec<String> = Vec::new();
        let (mut filter, mut order, mut token) = ("", "", None);
        let mut kinds = vec![Kind::Moment];
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
                "$filter" => {
                    options.filter = Some(parse_filter(value, shape.properties).map_err(fail)?);
                    filter = value;
                }
                "$orderby" => {
                    let (keys, found) = read_order(value, shape).map_err(fail)?;
                    if !keys.is_empty() {
                        (options.order_by, kinds) = (keys, found);
                        order = value;
                    }
                }
                "$top" => options.top = Some(number(value).map_err(fail)?),
                "$skip" => options.skip = u64::from(number(value).map_err(fail)?),
                "$count" => options.count = boolean(value).map_err(fail)?,
                "$expand" => options.expand = read_expand(value, shape, name)?,
                _ => token = Some((name, value)),
            }
            seen.push(option);
        }
        options.list = fingerprint(shape, filter, order);
        if let Some((name, value)) = token {
            let place = skip_token::read(value, options.list).filter(|(cursor, _)| fits(cursor, &kinds));
            let (cursor, served) =
                place.ok_or_else(|| QueryError::new(QueryErrorKind::BadSkipToken, name))?;
            (options.after, options.served) = (Some(cursor), served);
        }
        Ok(options)
    }
}

fn allowed(option: &str, place: Place) -> bool {
    match place {
        Place::List => option == "$skiptoken" || allowed(option, Place::Nested),
        Place::Nested => {
            matches!(option, "$select" | "$filter" | "$orderby" | "$top" | "$skip" | "$count" | "$expand")
        }
        Place::Item => matches!(option, "$select" | "$expand"),
        Place::Count => option == "$filter",
        Place::Action => false,
    }
}

fn fingerprint(shape: &Shape, filter: &str, order: &str) -> Fingerprint {
    let names = shape.properties.iter().map(|property| property.name.as_bytes());
    let list = names.fold(Fingerprint::default(), Fingerprint::with);
    list.with(filter.trim().as_bytes()).with(order.trim().as_bytes())
}

/// Returns whether the keys fit an order of these kinds.
fn fits(cursor: &Cursor, kinds: &[Kind]) -> bool {
    let fits = |(key, kind): (&Literal, &Kind)| match key {
        Literal::Null => true,
        Literal::Text(_) => *kind == Kind::Text,
        Literal::Integer(_) | Literal::Decimal(_) => *kind == Kind::Number,
        Literal::Boolean(_) => *kind == Kind::Boolean,
        Literal::Moment(_) => *kind == Kind::Moment,
    };
    cursor.keys.len() == kinds.len() && cursor.keys.iter().zip(kinds).all(fits)
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

fn read_select(value: &str, shape: &Shape) -> Result<Option<Vec<&'static str>>, QueryErrorKind> {
    let mut selected = Vec::new();
    for name in value.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        if name == "*" {
            return Ok(None);
        }
        // Graph lets `$select` name a navigation. It has no effect unless the navigation is
        // expanded too.
        if shape.expandable.iter().any(|known| known.name.eq_ignore_ascii_case(name)) {
            continue;
        }
        // A session has its store under two names that differ only in case. Each selects itself.
        let exact = shape.properties.iter().find(|property| property.name == name);
        let any = || shape.properties.iter().find(|property| property.name.eq_ignore_ascii_case(name));
        let property =
            exact.or_else(any).ok_or_else(|| QueryErrorKind::UnknownProperty { name: name.to_owned() })?;
        if !selected.contains(&property.name) {
            selected.push(property.name);
        }
    }
    Ok(if value.trim().is_empty() { None } else { Some(selected) })
}

fn read_order(value: &str, shape: &Shape) -> Result<(Vec<OrderKey>, Vec<Kind>), QueryErrorKind> {
    let (mut order, mut kinds) = (Vec::new(), Vec::new());
    for key in value.split(',').map(str::trim).filter(|key| !key.is_empty()) {
        let mut words = key.split_whitespace();
        let written = words.next().unwrap_or("");
        let (property, kind) = resolve(written, shape.properties)?;
        let direction = match words.next().map(str::to_ascii_lowercase).as_deref() {
            None | Some("asc") => Direction::Ascending,
            Some("desc") => Direction::Descending,
            Some(_) => {
                return Err(QueryErrorKind::Syntax { position: 0, expected: "asc or desc after a property" });
            }
        };
        if words.next().is_some() {
            return Err(QueryErrorKind::Syntax { position: 0, expected: "a comma between properties" });
        }
        if matches!(kind, Kind::Members(_) | Kind::Texts | Kind::Elements(_)) {
            return Err(QueryErrorKind::NotComparable { name: property });
        }
        if order.iter().any(|known: &OrderKey| known.property == property) {
            continue;
        }
        if order.len() == limits::ORDER_KEYS_MAX {
            return Err(QueryErrorKind::TooManyKeys);
        }
        order.push(OrderKey { property, direction });
        kinds.push(kind);
    }
    Ok((order, kinds))
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
        let known = shape.expandable.iter().find(|known| known.name.eq_ignore_ascii_case(name));
        let Some(known) = known else {
            return Err(QueryError::new(QueryErrorKind::NotExpandable { name: name.to_owned() }, option));
        };
        if expand.iter().any(|other| other.name == known.name) {
            return Err(QueryError::new(QueryErrorKind::Repeated, option));
        }
        let mut pairs = Vec::new();
        for pair in split(nested, ';').map_err(|kind| QueryError::new(kind, option))? {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            pairs.push((name.trim().to_owned(), value.to_owned()));
        }
        // The recursion ends because shapes are nested three deep (store, session, agent).
        let options = QueryOptions::read(&pairs, known.shape, known.place)?;
        let written =
            pairs.iter().map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, KEPT)));
        expand.push(Expand { name: known.name, options, query: written.collect::<Vec<_>>().join("&") });
    }
    Ok(expand)
}

/// Splits at separators outside quotes and parentheses. Empty parts are dropped.
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
