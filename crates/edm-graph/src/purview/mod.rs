//! The XML of Microsoft Purview: an `EdmSchema` is a data store, a `RulePackage` holds sensitive
//! types. Files are read into the resources of the wire and written from them; whether a service
//! takes them is not decided here.
//!
//! What a file says is honoured, or refused by the name and line of the element or attribute. What
//! is honoured in another way than Purview would is a warning. `docs/purview.md` is the table of
//! both.

mod document;
mod encoding;
mod error;
mod localized;
mod pattern;
mod rule_package;
mod schema;
mod schema_writer;

pub use error::{PurviewError, PurviewErrorKind};
pub use rule_package::{PackageType, RulePackage, read_rule_package};
pub use schema::{SchemaFile, read_schema};
pub use schema_writer::{WrittenSchema, write_schema};

/// The namespace of schemas and of rule packages that hold exact data match.
pub const NAMESPACE: &str = "http://schemas.microsoft.com/office/2018/edm";
/// The namespace of rule packages without it.
const CLASSIFICATION_NAMESPACE: &str = "http://schemas.microsoft.com/office/2011/mce";
