//! `exactMatchUploadAgent`: one registered installation of the agent.

use edm_model::limits;
use serde::{Deserialize, Serialize};

use crate::body::{BodyError, MaybeNull, Reader};
use crate::date_time::DateTimeOffset;
use crate::fields::Fields;
use crate::object::Object;
use crate::parse::FromBody;
use crate::query::Property;
use crate::schema::stores::EXACT_MATCH_UPLOAD_AGENT;

/// An upload agent as Graph writes it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct UploadAgentResource {
    /// The id.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub id: String,
    /// When it was registered.
    pub creation_date_time: Option<DateTimeOffset>,
    /// Free text.
    pub description: Option<String>,
}

impl UploadAgentResource {
    /// The name in `@odata.type`.
    pub const TYPE: &'static str = "exactMatchUploadAgent";
    /// What `$select`, `$filter` and `$orderby` may name.
    pub const PROPERTIES: &'static [Property] =
        &EXACT_MATCH_UPLOAD_AGENT.query_properties::<{ EXACT_MATCH_UPLOAD_AGENT.property_count() }>();
}

/// What POST and PATCH may set.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UploadAgentChange {
    /// Free text.
    pub description: MaybeNull<String>,
}

impl FromBody for UploadAgentChange {
    const FIELDS: Fields = Fields::Create(&EXACT_MATCH_UPLOAD_AGENT);

    fn read(body: &Object<'_>) -> Result<Self, BodyError> {
        Ok(Self { description: Reader::new(body).text("description", limits::TEXT_CHARACTERS_MAX)? })
    }
}
