//! The properties that queries may name.

use super::error::QueryErrorKind;

/// The kind of a property, as far as queries depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A string.
    Text,
    /// An integer.
    Number,
    /// True or false.
    Boolean,
    /// A date-time.
    Moment,
    /// An object whose parts can be compared. The object itself can only be compared with null.
    Members(&'static [Property]),
    /// A collection of strings, searched with `any`.
    Texts,
    /// A collection of objects, searched with `any`.
    Elements(&'static [Property]),
    /// It can be selected, but not compared or sorted by, because the catalog does not have it.
    Complex,
    /// It can be selected, but not compared or sorted by, because a reader could then guess it.
    Secret,
}

/// A property that queries may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Property {
    /// Its name in the JSON.
    pub name: &'static str,
    /// Its kind.
    pub kind: Kind,
}

impl Property {
    /// Describes a property.
    pub const fn new(name: &'static str, kind: Kind) -> Self {
        Self { name, kind }
    }
}

/// Finds the property that a path such as `error/code` names, ignoring case, and its declared
/// spelling. Fails if there is no such property, and if it can only be selected.
pub(super) fn resolve(path: &str, properties: &'static [Property]) -> Result<(String, Kind), QueryErrorKind> {
    let unknown = || QueryErrorKind::UnknownProperty { name: path.to_owned() };
    let mut spelled = String::new();
    let mut among = properties;
    let mut kind = None;
    for name in path.split('/') {
        if let Some(outer) = kind {
            let Kind::Members(members) = outer else { return Err(unknown()) };
            among = members;
        }
        let found = among.iter().find(|property| property.name.eq_ignore_ascii_case(name));
        let found = found.ok_or_else(unknown)?;
        if !spelled.is_empty() {
            spelled.push('/');
        }
        spelled.push_str(found.name);
        kind = Some(found.kind);
    }
    match kind {
        None => Err(unknown()),
        Some(Kind::Complex | Kind::Secret) => Err(QueryErrorKind::NotComparable { name: path.to_owned() }),
        Some(kind) => Ok((spelled, kind)),
    }
}
