//! What can be wrong with a query.

use std::fmt;

use super::{DEPTH_MAX, QUERY_BYTES_MAX};

/// What is wrong with a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QueryErrorKind {
    /// No such option, or not at this place.
    UnknownOption,
    /// The option is given twice.
    Repeated,
    /// `$search` is not served.
    SearchNotServed,
    /// The query is too long.
    TooLong,
    /// Too many parentheses are open.
    TooDeep,
    /// The bytes are no UTF-8.
    NotText,
    /// The value must be a whole number.
    NotANumber,
    /// The value must be `true` or `false`.
    NotABoolean,
    /// No such property.
    UnknownProperty {
        /// As it was written.
        name: String,
    },
    /// The property cannot be compared or sorted by.
    NotComparable {
        /// As it was written.
        name: String,
    },
    /// The property cannot be expanded.
    NotExpandable {
        /// As it was written.
        name: String,
    },
    /// The filter cannot be read from here on.
    Syntax {
        /// Bytes into the option's value.
        position: usize,
        /// What should stand here.
        expected: &'static str,
    },
    /// The two sides of a comparison cannot be compared.
    TypesDiffer {
        /// What the property is.
        expected: &'static str,
    },
    /// The page token is not one of ours.
    BadSkipToken,
}

/// Reports a query that cannot be answered, and the option at fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryError {
    kind: QueryErrorKind,
    option: String,
}

impl QueryError {
    pub(super) fn new(kind: QueryErrorKind, option: &str) -> Self {
        Self { kind, option: option.to_owned() }
    }

    /// Returns what is wrong.
    pub fn kind(&self) -> &QueryErrorKind {
        &self.kind
    }

    /// Returns the option at fault, such as `$filter`.
    pub fn option(&self) -> &str {
        &self.option
    }
}

impl fmt::Display for QueryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let option = &self.option;
        match &self.kind {
            QueryErrorKind::UnknownOption => {
                write!(f, "the query option {option} is not known here: leave it out")
            }
            QueryErrorKind::Repeated => write!(f, "the query option {option} is given twice: keep one"),
            QueryErrorKind::SearchNotServed => {
                f.write_str("$search is not served: use $filter with contains()")
            }
            QueryErrorKind::TooLong => write!(f, "the query may have at most {QUERY_BYTES_MAX} bytes"),
            QueryErrorKind::TooDeep => write!(f, "{option} may nest at most {DEPTH_MAX} deep"),
            QueryErrorKind::NotText => f.write_str("the query must be percent-encoded UTF-8"),
            QueryErrorKind::NotANumber => write!(f, "{option} must be a whole number, 0 or more"),
            QueryErrorKind::NotABoolean => write!(f, "{option} must be true or false"),
            QueryErrorKind::UnknownProperty { name } => {
                write!(f, "{option} names the property '{name}', which these resources do not have")
            }
            QueryErrorKind::NotComparable { name } => {
                write!(f, "{option} cannot use the property '{name}': it can only be selected")
            }
            QueryErrorKind::NotExpandable { name } => write!(f, "'{name}' cannot be expanded here"),
            QueryErrorKind::Syntax { position, expected } => {
                write!(f, "{option} cannot be read at character {position}: expected {expected}")
            }
            QueryErrorKind::TypesDiffer { expected } => {
                write!(f, "{option} compares a property with a value of another type: it takes {expected}")
            }
            QueryErrorKind::BadSkipToken => {
                f.write_str("$skiptoken is not one of this service: follow @odata.nextLink unchanged")
            }
        }
    }
}

impl std::error::Error for QueryError {}
