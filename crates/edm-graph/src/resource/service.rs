//! `dataClassificationService`: the service itself.

use crate::body::BodyError;
use crate::fields::Fields;
use crate::object::Object;
use crate::parse::FromBody;
use crate::schema::SERVICE;

/// The body of a PATCH of the service. None of its properties can be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServiceChange;

impl FromBody for ServiceChange {
    const FIELDS: Fields = Fields::Change(&SERVICE);

    fn read(_: &Object<'_>) -> Result<Self, BodyError> {
        Ok(Self)
    }
}
