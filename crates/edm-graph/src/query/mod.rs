//! OData's query options, read from an address into the words of a list (`edm_model::ListQuery`).
//! Which elements those are is the catalog's work; here nothing looks at an element but `$select`.

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
