//! Reads the properties of bodies. A property that a client may set must have its declared type.

use std::fmt;
use std::ops::RangeInclusive;

use edm_model::{ColumnsError, DelimiterError};

use crate::object::{Node, Object};

/// A property of a body. `null` and absence have different meanings in a PATCH.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum MaybeNull<T> {
    /// The property is not in the body: leave it as it is.
    #[default]
    Absent,
    /// The property is `null`: clear it.
    Null,
    /// The property has this value.
    Value(T),
}

impl<T> MaybeNull<T> {
    /// Returns the value; absence and `null` are both `None`.
    pub fn into_option(self) -> Option<T> {
        match self {
            MaybeNull::Value(value) => Some(value),
            MaybeNull::Absent | MaybeNull::Null => None,
        }
    }

    /// Returns the change of a PATCH: `None` to leave, `Some(None)` to clear.
    pub fn into_change(self) -> Option<Option<T>> {
        match self {
            MaybeNull::Absent => None,
            MaybeNull::Null => Some(None),
            MaybeNull::Value(value) => Some(Some(value)),
        }
    }

    pub(crate) fn try_map<U>(
        self,
        map: impl FnOnce(T) -> Result<U, BodyError>,
    ) -> Result<MaybeNull<U>, BodyError> {
        Ok(match self {
            MaybeNull::Absent => MaybeNull::Absent,
            MaybeNull::Null => MaybeNull::Null,
            MaybeNull::Value(value) => MaybeNull::Value(map(value)?),
        })
    }
}

/// What is wrong with a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BodyErrorKind {
    /// The bytes are not JSON. The error has the place and never the content.
    NotJson {
        /// The line, counted from 1.
        line: usize,
        /// The column, counted from 1.
        column: usize,
    },
    /// The JSON is not an object.
    NotAnObject,
    /// The property has the wrong type.
    WrongType {
        /// The expected type, with its article.
        expected: &'static str,
    },
    /// The property is required, and is absent or `null`.
    Missing,
    /// The number is out of its bounds.
    OutOfRange {
        /// The least.
        min: u64,
        /// The greatest.
        max: u64,
    },
    /// The text has too many characters.
    TooLong {
        /// How many it may have.
        characters_max: usize,
    },
    /// The collection has too many elements.
    TooMany {
        /// How many it may have.
        count_max: usize,
    },
    /// The word is unknown.
    UnknownWord {
        /// The known words.
        known: &'static [&'static str],
    },
    /// The id is not a GUID.
    NotAnId,
    /// The columns are not valid for a store.
    Columns(ColumnsError),
    /// A character cannot be an ignored delimiter.
    Delimiter,
    /// The data type is unknown.
    UnknownDataType,
    /// The option does not belong to the column's data type.
    UnknownOption,
    /// The property or query option is unknown.
    UnknownProperty {
        /// A known name with a similar spelling.
        nearest: Option<&'static str>,
        /// The paths of the next unknown ones.
        others: Vec<String>,
    },
    /// The object declares a type that it cannot have.
    OtherType {
        /// The expected type, without `microsoft.graph.`; parameters of most actions have none.
        expected: Option<&'static str>,
    },
    /// The query has an option twice.
    RepeatedQueryOption,
    /// A containment collection cannot contain a reference.
    Reference,
}

/// Reports a body that cannot be used, with the path of the property at fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BodyError {
    kind: BodyErrorKind,
    target: Option<String>,
}

impl BodyError {
    /// Makes an error about the whole body.
    pub fn whole(kind: BodyErrorKind) -> Self {
        Self { kind, target: None }
    }

    /// Makes an error about one property.
    pub fn at(kind: BodyErrorKind, target: impl Into<String>) -> Self {
        Self { kind, target: Some(target.into()) }
    }

    /// Returns what is wrong.
    pub fn kind(&self) -> &BodyErrorKind {
        &self.kind
    }

    /// Returns the path of the property at fault, such as `columns[2].name`.
    pub fn target(&self) -> Option<&str> {
        self.target.as_deref()
    }
}

impl fmt::Display for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let target = self.target.as_deref().unwrap_or("the body");
        match &self.kind {
            BodyErrorKind::NotJson { line, column } => {
                write!(f, "the body is not valid JSON: look at line {line}, column {column}")
            }
            BodyErrorKind::NotAnObject => write!(f, "{target} must be a JSON object"),
            BodyErrorKind::WrongType { expected } => write!(f, "{target} must be {expected}"),
            BodyErrorKind::Missing => write!(f, "{target} is needed: send it"),
            BodyErrorKind::OutOfRange { min, max } => write!(f, "{target} must be from {min} to {max}"),
            BodyErrorKind::TooLong { characters_max } => {
                write!(f, "{target} may have at most {characters_max} characters")
            }
            BodyErrorKind::TooMany { count_max } => {
                write!(f, "{target} may have at most {count_max} elements")
            }
            BodyErrorKind::UnknownWord { known } => {
                write!(f, "{target} must be one of: {}", known.join(", "))
            }
            BodyErrorKind::NotAnId => {
                write!(f, "{target} must be a GUID such as b84d3f36-3f36-4b84-8d3f-363f4db8363f")
            }
            BodyErrorKind::Columns(error) => error.fmt(f),
            BodyErrorKind::Delimiter => DelimiterError.fmt(f),
            BodyErrorKind::UnknownDataType => {
                write!(
                    f,
                    "{target} must be one of: text, digits, email, name, ssn, card, phone, date, iban, address"
                )
            }
            BodyErrorKind::UnknownOption => {
                write!(f, "{target} is no option of the column's dataType: leave it out")
            }
            BodyErrorKind::UnknownProperty { nearest: Some(nearest), .. } => {
                write!(f, "{target} is no property of this request: did you mean {nearest}?")
            }
            BodyErrorKind::UnknownProperty { nearest: None, .. } => {
                write!(
                    f,
                    "{target} is no property of this request: leave it out, or send Prefer: handling=lenient"
                )
            }
            BodyErrorKind::OtherType { expected: Some(expected) } => {
                write!(f, "{target} must be #microsoft.graph.{expected}, or be left out")
            }
            BodyErrorKind::OtherType { expected: None } => {
                write!(f, "{target} must be left out: the parameters of this action are of no type")
            }
            BodyErrorKind::RepeatedQueryOption => {
                write!(f, "{target} stands twice in the query: send it once")
            }
            BodyErrorKind::Reference => f.write_str(
                "sessions are contained in their store: post the session itself, not a reference to one",
            ),
        }
    }
}

impl std::error::Error for BodyError {}

/// One object of a body and the path that leads to it.
pub(crate) struct Reader<'a> {
    fields: &'a Object<'a>,
    path: String,
}

impl<'a> Reader<'a> {
    /// Reads the outermost object.
    pub(crate) fn new(fields: &'a Object<'a>) -> Self {
        Self { fields, path: String::new() }
    }

    /// Returns the path of a property, for `target`.
    pub(crate) fn target(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    /// Makes an error about a property.
    pub(crate) fn error(&self, kind: BodyErrorKind, name: &str) -> BodyError {
        BodyError::at(kind, self.target(name))
    }

    /// Returns whether the property is present, whatever its value.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.fields.get(name).is_some()
    }

    /// Returns the names of the properties.
    pub(crate) fn names(&self) -> impl Iterator<Item = &'a str> {
        self.fields.names()
    }

    /// Returns the raw value.
    pub(crate) fn value(&self, name: &str) -> MaybeNull<&'a Node<'a>> {
        match self.fields.get(name) {
            None => MaybeNull::Absent,
            Some(Node::Null) => MaybeNull::Null,
            Some(value) => MaybeNull::Value(value),
        }
    }

    /// Reads a text of at most `characters_max` characters.
    pub(crate) fn text(&self, name: &str, characters_max: usize) -> Result<MaybeNull<String>, BodyError> {
        self.value(name).try_map(|value| check_text(value, characters_max, || self.target(name)))
    }

    /// Reads a boolean.
    pub(crate) fn boolean(&self, name: &str) -> Result<MaybeNull<bool>, BodyError> {
        let wrong = || self.error(BodyErrorKind::WrongType { expected: "true or false" }, name);
        self.value(name).try_map(|value| match value {
            Node::Boolean(value) => Ok(*value),
            _ => Err(wrong()),
        })
    }

    /// Reads a JSON integer; a quoted one or a fraction is refused. `3.0` is one, as JSON Schema
    /// has it.
    pub(crate) fn integer(
        &self,
        name: &str,
        range: RangeInclusive<u64>,
    ) -> Result<MaybeNull<u64>, BodyError> {
        self.value(name).try_map(|value| {
            let Node::Number(number) = value else {
                return Err(self.error(BodyErrorKind::WrongType { expected: "an integer" }, name));
            };
            let outside = BodyErrorKind::OutOfRange { min: *range.start(), max: *range.end() };
            match number.as_u64().or_else(|| whole(number)) {
                Some(number) if range.contains(&number) => Ok(number),
                None if number.is_f64() => {
                    Err(self.error(BodyErrorKind::WrongType { expected: "an integer" }, name))
                }
                _ => Err(self.error(outside, name)),
            }
        })
    }

    /// Reads an integer that fits 32 bits.
    pub(crate) fn integer32(
        &self,
        name: &str,
        range: RangeInclusive<u32>,
    ) -> Result<MaybeNull<u32>, BodyError> {
        let wide = u64::from(*range.start())..=u64::from(*range.end());
        let bound = *range.end();
        // The range was checked above.
        self.integer(name, wide)?.try_map(|number| Ok(u32::try_from(number).unwrap_or(bound)))
    }

    /// Reads one of the given words.
    pub(crate) fn word(
        &self,
        name: &str,
        known: &'static [&'static str],
    ) -> Result<MaybeNull<&'static str>, BodyError> {
        self.value(name).try_map(|value| {
            let Node::Text(text) = value else {
                return Err(self.error(BodyErrorKind::WrongType { expected: "a string" }, name));
            };
            let found = known.iter().find(|word| word.eq_ignore_ascii_case(text));
            found.copied().ok_or_else(|| self.error(BodyErrorKind::UnknownWord { known }, name))
        })
    }

    /// Reads a collection of texts.
    pub(crate) fn texts(
        &self,
        name: &str,
        count_max: usize,
        characters_max: usize,
    ) -> Result<MaybeNull<Vec<String>>, BodyError> {
        self.elements(name, count_max)?.try_map(|elements| {
            let check = |(position, value)| {
                check_text(value, characters_max, || format!("{}[{position}]", self.target(name)))
            };
            elements.iter().enumerate().map(check).collect()
        })
    }

    /// Reads an object.
    pub(crate) fn object(&self, name: &str) -> Result<MaybeNull<Reader<'a>>, BodyError> {
        self.value(name).try_map(|value| match value {
            Node::Object(fields) => Ok(Reader { fields, path: self.target(name) }),
            _ => Err(self.error(BodyErrorKind::WrongType { expected: "an object" }, name)),
        })
    }

    /// Reads a collection of objects.
    pub(crate) fn objects(
        &self,
        name: &str,
        count_max: usize,
    ) -> Result<MaybeNull<Vec<Reader<'a>>>, BodyError> {
        self.elements(name, count_max)?.try_map(|elements| {
            let read = |(position, value): (usize, &'a Node<'a>)| {
                let path = format!("{}[{position}]", self.target(name));
                match value {
                    Node::Object(fields) => Ok(Reader { fields, path }),
                    _ => Err(BodyError::at(BodyErrorKind::WrongType { expected: "an object" }, path)),
                }
            };
            elements.iter().enumerate().map(read).collect()
        })
    }

    /// Returns the value, or fails because it is required.
    pub(crate) fn needed<T>(&self, name: &str, given: MaybeNull<T>) -> Result<T, BodyError> {
        given.into_option().ok_or_else(|| self.error(BodyErrorKind::Missing, name))
    }

    fn elements(&self, name: &str, count_max: usize) -> Result<MaybeNull<&'a [Node<'a>]>, BodyError> {
        self.value(name).try_map(|value| match value {
            Node::Elements(elements) if elements.len() > count_max => {
                Err(self.error(BodyErrorKind::TooMany { count_max }, name))
            }
            Node::Elements(elements) => Ok(elements.as_slice()),
            _ => Err(self.error(BodyErrorKind::WrongType { expected: "a collection" }, name)),
        })
    }
}

/// Returns the integer that is written with a zero fraction.
fn whole(number: &serde_json::Number) -> Option<u64> {
    let value = number.as_f64().filter(|_| number.is_f64())?;
    // From here on an `f64` cannot represent every integer.
    let exact = (0.0..=9_007_199_254_740_992.0).contains(&value) && value.fract() == 0.0;
    exact.then_some(value as u64)
}

fn check_text(
    value: &Node<'_>,
    characters_max: usize,
    target: impl Fn() -> String,
) -> Result<String, BodyError> {
    match value {
        Node::Text(text) => check_length(text, characters_max, target).map(|()| text.clone().into_owned()),
        _ => Err(BodyError::at(BodyErrorKind::WrongType { expected: "a string" }, target())),
    }
}

/// Fails if a text has too many characters.
pub(crate) fn check_length(
    text: &str,
    characters_max: usize,
    target: impl Fn() -> String,
) -> Result<(), BodyError> {
    // A text has at most as many characters as bytes, so most texts need no counting.
    if text.len() > characters_max && text.chars().count() > characters_max {
        return Err(BodyError::at(BodyErrorKind::TooLong { characters_max }, target()));
    }
    Ok(())
}
