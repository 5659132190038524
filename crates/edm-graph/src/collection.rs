//! The envelope of every list.

use serde::{Deserialize, Serialize};

/// A page of a list.
///
/// An answer without `value` is none: read as an empty list it would be a list in which nothing is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Collection<T> {
    /// What the elements are.
    #[serde(rename = "@odata.context", skip_serializing_if = "Option::is_none")]
    pub context: Option<String>,
    /// How many there are in all, when `$count=true` asked.
    #[serde(rename = "@odata.count", skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// The absolute address of the next page.
    #[serde(rename = "@odata.nextLink", skip_serializing_if = "Option::is_none")]
    pub next_link: Option<String>,
    /// The elements of this page.
    pub value: Vec<T>,
}
