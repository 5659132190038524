//! Why a query cannot be answered.

use std::fmt;

use edm_model::limits;

/// What is wrong with a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QueryErrorKind {
    /// The option is unknown, or not permitted at this address.
    UnknownOption,
    /// The option is given twice.
    Repeated,
    /// `$search` is not supported.
    SearchNotServed,
    /// The query is too long.
    TooLong,
    /// Too many parentheses are open.
    TooDeep,
    /// The filter names too many properties and values.
    TooManyTerms,
    /// The filter has too many `any` over collections.
    TooManyCollections,
    /// The order has too many keys.
    TooManyKeys,
    /// The values that the list is ordered by are too long for a page token.
    KeysTooLong,
    /// The bytes are not UTF-8.
    NotText,
    /// The value must be a whole number.
    NotANumber,
    /// The value must be `true` or `false`.
    NotABoolean,
    /// There is no such property.
    UnknownProperty {
        /// As it was written.
        name: String,
    },
    /// The property cannot be compared or sorted by.
    NotComparable {
        /// As it was written.
        name: String,
    },
    /// The property is a collection, which only `any` can search.
    Collection {
        /// As it was written.
        name: String,
    },
    /// The property is not a collection, so `any` does not apply.
    NotACollection {
        /// As it was written.
        name: String,
    },
    /// The property cannot be expanded.
    NotExpandable {
        /// As it was written.
        name: String,
    },
    /// The filter cannot be read from this position on.
    Syntax {
        /// The offset into the option's value, in bytes.
        position: usize,
        /// What is expected there.
        expected: &'static str,
    },
    /// The two sides of a comparison cannot be compared.
    TypesDiffer {
        /// The kind of the property.
        expected: &'static str,
    },
    /// The page token is not from this list.
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
            QueryErrorKind::TooLong => {
                let (query, token) = (limits::QUERY_BYTES_MAX, limits::PAGE_TOKEN_BYTES_MAX);
                write!(f, "the query may have at most {query} bytes, beside a $skiptoken of at most {token}")
            }
            QueryErrorKind::TooDeep => {
                write!(f, "{option} may nest at most {} deep", limits::FILTER_DEPTH_MAX)
            }
            QueryErrorKind::TooManyTerms => {
                write!(f, "{option} may name at most {} properties and values", limits::FILTER_TERMS_MAX)
            }
            QueryErrorKind::TooManyCollections => {
                write!(f, "{option} may use any at most {} times", limits::FILTER_COLLECTIONS_MAX)
            }
            QueryErrorKind::TooManyKeys => {
                write!(f, "{option} may name at most {} properties", limits::ORDER_KEYS_MAX)
            }
            QueryErrorKind::KeysTooLong => {
                write!(f, "{option} orders by texts that are too long for a page token: order by others")
            }
            QueryErrorKind::NotText => f.write_str("the query must be percent-encoded UTF-8"),
            QueryErrorKind::NotANumber => write!(f, "{option} must be a whole number, 0 or more"),
            QueryErrorKind::NotABoolean => write!(f, "{option} must be true or false"),
            QueryErrorKind::UnknownProperty { name } => {
                write!(f, "{option} names the property '{name:.64}', which these resources do not have")
            }
            QueryErrorKind::NotComparable { name } => {
                write!(f, "{option} cannot use the property '{name:.64}': it can only be selected")
            }
            QueryErrorKind::Collection { name } => {
                write!(f, "'{name:.64}' is a collection: {option} can look into it by any, as in {name:.64}/any(x: …)")
            }
            QueryErrorKind::NotACollection { name } => {
                write!(f, "'{name:.64}' is no collection: compare it without any")
            }
            QueryErrorKind::NotExpandable { name } => write!(f, "'{name:.64}' cannot be expanded here"),
            QueryErrorKind::Syntax { position, expected } => {
                write!(f, "{option} cannot be read at character {position}: expected {expected}")
            }
            QueryErrorKind::TypesDiffer { expected } => {
                write!(f, "{option} compares a property with a value of another type: it takes {expected}")
            }
            QueryErrorKind::BadSkipToken => {
                f.write_str("$skiptoken is not one of this list: follow @odata.nextLink unchanged, or begin again without it")
            }
        }
    }
}

impl std::error::Error for QueryError {}
