//! The XML of Microsoft Purview: an `EdmSchema` is a data store, a `RulePackage` contains sensitive
//! types. Files are read into the resources of the wire and written from them. Whether the service
//! accepts them is not decided here.
//!
//! Everything in a file is followed, or refused with the name and line of the element or attribute.
//! What is followed in another way than in Purview is a warning. `docs/purview.md` lists both.

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

/// The namespace of schemas, and of rule packages with exact data match.
pub const NAMESPACE: &str = "http://schemas.microsoft.com/office/2018/edm";
/// The namespace of rule packages without exact data match.
const CLASSIFICATION_NAMESPACE: &str = "http://schemas.microsoft.com/office/2011/mce";
