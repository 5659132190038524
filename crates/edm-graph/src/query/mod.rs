//! OData's query options, read from the address and applied to JSON. What the catalog applies itself takes the
//! parsed form, so nothing here decides where the work is done.

mod apply;
mod error;
mod filter;
mod lexer;
mod options;

pub use apply::{Page, apply, project};
pub use error::{QueryError, QueryErrorKind};
pub use filter::{Comparison, Filter, Literal, Operand, TextTest};
pub use options::{Expand, Order, Place, QueryOptions, Shape};

/// Bytes of the longest query, and so of the longest filter.
pub const QUERY_BYTES_MAX: usize = 16 * 1024;
/// Parentheses, `not`s and calls that may be open at once.
pub const DEPTH_MAX: usize = 32;
/// Elements that a page holds unless the client asks for fewer or, by `Prefer`, for more.
pub const PAGE_COUNT_DEFAULT: u32 = 100;
/// Elements that a page holds at most.
pub const PAGE_COUNT_MAX: u32 = 1_000;

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
    /// An object or collection: can be selected, and its parts compared.
    Complex,
    /// Can be selected, never compared or sorted by.
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
