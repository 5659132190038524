//! The envelope of every list.

use serde::{Deserialize, Serialize};

/// A page of a list.
///
/// An answer without `value` is an error, so that it is not read as an empty list.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Collection<T> {
    /// The context, which names the type of the elements.
    #[serde(rename = "@odata.context", skip_serializing_if = "Option::is_none")]
    pub context: Option<String>,
    /// The number of all elements, if `$count=true` was given.
    #[serde(rename = "@odata.count", skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// The absolute address of the next page.
    #[serde(rename = "@odata.nextLink", skip_serializing_if = "Option::is_none")]
    pub next_link: Option<String>,
    /// The elements of this page.
    pub value: Vec<T>,
}
