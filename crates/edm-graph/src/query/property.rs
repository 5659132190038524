//! What queries may name, and what each name means for them.

use super::error::QueryErrorKind;

/// What a property holds, as far as queries care.
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
    /// An object whose parts can be compared; itself it is null or not.
    Members(&'static [Property]),
    /// A collection of strings, which `any` looks into.
    Texts,
    /// A collection of objects, which `any` looks into.
    Elements(&'static [Property]),
    /// Anything that can be selected, never compared or sorted by: the catalog does not know it.
    Complex,
    /// Can be selected, never compared or sorted by: that would let a reader guess it.
    Secret,
}

/// A property that queries may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Property {
    /// Its name in the JSON.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
}

impl Property {
    /// Describes a property.
    pub const fn new(name: &'static str, kind: Kind) -> Self {
        Self { name, kind }
    }
}

/// Finds what a path such as `error/code` names, whatever the case of its letters, and its own
/// spelling. Fails where there is no such property, and where there is one that can only be
/// selected.
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
