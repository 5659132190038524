//! Which properties of a body are known. Derived from the table of the wire, so that there is no
//! second list of names.

use edm_model::limits;

use crate::schema::{Action, Bound, NAMESPACE, Property, STRUCTURED_TYPES, StructuredType, Type, WritableOn};

/// The annotation that names the type of an object.
const TYPE_NAME: &str = "@odata.type";
/// The annotation of a reference, which replaces the object itself.
const REFERENCE: &str = "@odata.id";
/// A property that Microsoft's generated clients send beside `@odata.type` when they have no
/// property of that name.
const KIOTA_TYPE_NAME: &str = "odataType";

/// How unknown properties of a request are handled (RFC 7240, section 4.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handling {
    /// The request is refused.
    Strict,
    /// They are ignored, and the answer names them.
    Lenient,
}

/// The properties that a body, or an object in it, may have.
#[derive(Debug, Clone, Copy)]
pub enum Fields {
    /// Those that create one of these.
    Create(&'static StructuredType),
    /// Those that change one of these.
    Change(&'static StructuredType),
    /// Those that refer to an existing one: its `id`.
    Reference(&'static StructuredType),
    /// The parameters of an action.
    Parameters(&'static Action),
    /// The parameters of an action that may be in the query, while the body is the text itself.
    Options(&'static Action),
}

/// The expected shape of a value.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Shape {
    /// A text, a number or a boolean.
    Scalar,
    /// A collection of at most this number of them.
    Scalars(usize),
    /// An object.
    Object(Fields),
    /// A collection of at most this number of them.
    Objects(Fields, usize),
    /// Any JSON, all of which is kept.
    Json,
}

/// The meaning of a name in an object.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Member {
    /// The property of this spelling.
    Read(&'static str, Shape),
    /// A property whose name the client chooses.
    Open(Shape),
    /// The name of the object's type.
    TypeName,
    /// An annotation of which only the presence matters.
    Mark(&'static str),
    /// An annotation or property that is permitted and ignored.
    Passed,
    /// An annotation that would change the meaning of the object if it were ignored.
    Refused,
    /// No known name.
    Unknown,
}

impl Fields {
    /// Returns how unknown properties are handled, unless the client asks for another way. Actions
    /// refuse them: a misspelt parameter must not change what is searched for. Resources ignore
    /// them: clients send back what later versions added.
    pub const fn handling(self) -> Handling {
        match self {
            Fields::Parameters(_) | Fields::Options(_) => Handling::Strict,
            Fields::Create(_) | Fields::Change(_) | Fields::Reference(_) => Handling::Lenient,
        }
    }

    /// Returns the meaning of a name, ignoring case.
    pub(crate) fn member(self, name: &str) -> Member {
        if name == TYPE_NAME {
            return Member::TypeName;
        }
        if name == REFERENCE {
            return Member::Mark(REFERENCE);
        }
        if let Some(open) = self.of().and_then(|of| of.open) {
            let element = Shape::of_element(open);
            return if name.starts_with("@odata.") { Member::Passed } else { Member::Open(element) };
        }
        if name.contains('@') {
            return Member::Passed;
        }
        let is_named = |known: &str| known.eq_ignore_ascii_case(name);
        if let Some(property) = self.properties().find(|property| property.name == name) {
            return self.property(property);
        }
        if let Some(property) = self.properties().find(|property| is_named(property.name)) {
            return self.property(property);
        }
        if let Some(navigation) = self.of().and_then(|of| of.all_navigations().find(|own| is_named(own.name)))
        {
            return match (self, navigation.inline_max) {
                (Fields::Create(_), Some(count_max)) => Member::Read(
                    navigation.name,
                    Shape::Objects(Fields::Create(navigation.target), count_max),
                ),
                (Fields::Create(_), None) if !navigation.collection => {
                    Member::Read(navigation.name, Shape::Object(Fields::Reference(navigation.target)))
                }
                _ => Member::Passed,
            };
        }
        match self.of() {
            _ if is_named(KIOTA_TYPE_NAME) => Member::Passed,
            Some(of) if of.is_closed => Member::Refused,
            _ => Member::Unknown,
        }
    }

    /// Returns the name of a known property with a similar spelling.
    pub(crate) fn nearest(self, name: &str) -> Option<&'static str> {
        let read = self.properties().filter_map(|property| match self.property(property) {
            Member::Read(name, _) => Some(name),
            _ => None,
        });
        let near = read.map(|known| (distance(known, name), known));
        near.filter(|(distance, known)| *distance <= (known.len() / 3).min(3)).min().map(|(_, known)| known)
    }

    /// Returns whether a value of `@odata.type` names a possible type of the object: the declared
    /// type, a derived type, or a base type. Microsoft's SDKs send base types. Parameters can only
    /// have the type of their action's request.
    pub(crate) fn may_be(self, type_name: &str) -> bool {
        let full = type_name.strip_prefix('#').unwrap_or(type_name);
        let name = match full.split_at_checked(NAMESPACE.len()) {
            Some((namespace, rest)) if namespace.eq_ignore_ascii_case(NAMESPACE) => rest.strip_prefix('.'),
            _ => None,
        };
        let Some(name) = name else { return false };
        let is_named = |known: &str| known.eq_ignore_ascii_case(name);
        let Some(of) = self.of() else { return self.type_name().is_some_and(is_named) };
        let Some(named) = STRUCTURED_TYPES.iter().find(|known| is_named(known.name)) else { return false };
        let inherits = |from: &StructuredType, to: &'static StructuredType| {
            to.lineage().iter().any(|base| base.name == from.name)
        };
        !named.is_abstract && (inherits(named, of) || inherits(of, named))
    }

    /// Returns the name of the declared type, if there is one.
    pub(crate) fn type_name(self) -> Option<&'static str> {
        match self {
            Fields::Parameters(action) | Fields::Options(action) => action.request_type,
            Fields::Create(of) | Fields::Change(of) | Fields::Reference(of) => Some(of.name),
        }
    }

    /// Returns the declared type, if there is one and this service has it.
    const fn of(self) -> Option<&'static StructuredType> {
        match self {
            Fields::Create(of) | Fields::Change(of) | Fields::Reference(of) => Some(of),
            Fields::Parameters(_) | Fields::Options(_) => None,
        }
    }

    fn properties(self) -> impl Iterator<Item = &'static Property> {
        let (of, parameters): (Option<&'static StructuredType>, &'static [Property]) = match self {
            Fields::Create(of) | Fields::Change(of) | Fields::Reference(of) => (Some(of), &[]),
            Fields::Parameters(action) | Fields::Options(action) => (None, action.parameters),
        };
        let own = std::iter::successors(of, |of| of.base).flat_map(|of| of.properties);
        let optional = matches!(self, Fields::Options(_));
        own.chain(parameters.iter().filter(move |parameter| !(optional && parameter.needed)))
    }

    fn property(self, property: &'static Property) -> Member {
        let is_read = match self {
            Fields::Create(_) => property.writable != WritableOn::Never,
            Fields::Change(_) => property.writable == WritableOn::Change,
            Fields::Reference(_) => property.name == "id",
            Fields::Parameters(_) | Fields::Options(_) => true,
        };
        if !is_read || property.bound == Bound::Ignored {
            return Member::Passed;
        }
        let count_max = property.elements.map_or(limits::REQUEST_ITEMS_MAX, |(_, most)| most);
        let shape = match (property.of, property.collection) {
            _ if property.bound == Bound::Json => Shape::Json,
            (Type::Structured(of), true) => Shape::Objects(Fields::Create(of), count_max),
            (Type::Structured(of), false) => Shape::Object(Fields::Create(of)),
            (_, true) => Shape::Scalars(count_max),
            (_, false) => Shape::Scalar,
        };
        Member::Read(property.name, shape)
    }
}

impl Shape {
    /// Returns the shape of the client's properties in an open object: a value or a collection of
    /// values.
    const fn of_element(open: Type) -> Self {
        match open {
            Type::Structured(of) => Shape::Object(Fields::Create(of)),
            Type::Primitive(_) | Type::Enum(_) => Shape::Scalars(limits::REQUEST_ITEMS_MAX),
        }
    }
}

/// Returns the Damerau–Levenshtein distance (optimal string alignment) of two words, ignoring case.
fn distance(one: &str, other: &str) -> usize {
    let letters = |word: &str| word.bytes().map(|byte| byte.to_ascii_lowercase()).collect::<Vec<u8>>();
    let (one, other) = (letters(one), letters(other));
    // The last two rows of the table of distances between prefixes.
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, b) in other.iter().enumerate() {
            let at = |row: &[usize], place: usize| row.get(place).copied().unwrap_or(usize::MAX - 1);
            let mut least =
                (at(&last, j) + usize::from(a != b)).min(at(&last, j + 1) + 1).min(at(&row, j) + 1);
            let swapped = i > 0 && j > 0 && one.get(i - 1) == Some(b) && other.get(j - 1) == Some(a);
            if swapped {
                least = least.min(at(&before, j - 1) + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or(one.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::actions::{CLASSIFY, REDACT};
    use crate::schema::sessions::EXACT_MATCH_SESSION;

    #[test]
    fn a_misspelt_name_is_met_with_the_one_that_was_meant() {
        let check = |action, name: &str, meant: Option<&str>| {
            assert_eq!(Fields::Parameters(action).nearest(name), meant, "{name}");
        };
        check(&CLASSIFY, "minimumConfidance", Some("minimumConfidence"));
        check(&CLASSIFY, "minConfidence", None);
        check(&CLASSIFY, "tetx", Some("text"));
        check(&CLASSIFY, "explian", Some("explain"));
        check(&CLASSIFY, "sensitiveTypeId", Some("sensitiveTypeIds"));
        check(&CLASSIFY, "messages", None);
        check(&REDACT, "replacment", Some("replacement"));
        check(&REDACT, "mode", None);
        check(&REDACT, "", None);
    }

    #[test]
    fn an_object_may_be_of_its_type_and_of_those_above_and_below() {
        let check = |name: &str, may: bool| {
            assert_eq!(Fields::Create(&EXACT_MATCH_SESSION).may_be(name), may, "{name}");
        };
        check("#microsoft.graph.exactMatchSession", true);
        check("microsoft.graph.exactMatchSession", true);
        check("#Microsoft.Graph.ExactMatchSession", true);
        check("#microsoft.graph.exactMatchSessionBase", true);
        check("#microsoft.graph.exactMatchDataStore", false);
        check("#microsoft.graph.exactMatchLookupJob", false);
        // No value has an abstract type.
        check("#microsoft.graph.exactMatchJobBase", false);
        check("#microsoft.graph.entity", false);
        check("#other.exactMatchSession", false);
        check("exactMatchSession", false);
        check("", false);
    }
}
