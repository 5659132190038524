//! OData's query options, read from an address into `edm_model::ListQuery`. The catalog selects the
//! elements; only `$select` is applied here.

mod error;
mod lexer;
mod options;
mod parser;
mod project;
mod property;
mod skip_token;

pub use error::{QueryError, QueryErrorKind};
pub use options::{Expand, Navigation, Place, QueryOptions, Shape};
pub use parser::parse_filter;
pub use project::project;
pub use property::{Kind, Property};
