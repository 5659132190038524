//! `/dataClassification/sensitiveTypes`.

use std::borrow::Cow;

use edm_graph::query::{QueryOptions, Shape};
use edm_graph::{SensitiveTypeChange, SensitiveTypeDraft, SensitiveTypeResource, path};
use edm_model::{ListQuery, Listed, SensitiveTypeId};
use edm_service::{NewType, Revision, TypeChange, TypeView};
use serde_json::Value;

use crate::authenticated::Call;
use crate::error::ApiError;
use crate::handlers::resource::{Address, Create, Delete, List, Read, Resource, Update};
use crate::handlers::shapes::TYPE;
use crate::{respond, to_wire};

fn value(view: &TypeView) -> Value {
    respond::entity(&to_wire::resource::sensitive_type(view), SensitiveTypeResource::TYPE, Revision::of(view))
}

/// Sensitive types.
pub(crate) struct SensitiveTypes;

impl Resource for SensitiveTypes {
    type Parent = ();
    type Id = SensitiveTypeId;
    type Item = TypeView;

    fn shape(_: &Call) -> &'static Shape {
        &TYPE
    }

    fn parent(_: &Call) -> Result<(), ApiError> {
        Ok(())
    }

    fn id(call: &Call) -> Result<SensitiveTypeId, ApiError> {
        call.id(0)
    }

    fn collection((): &()) -> Cow<'static, str> {
        path::TYPES.into()
    }

    async fn value(_: &Call, _: &QueryOptions, view: &TypeView) -> Result<Value, ApiError> {
        Ok(value(view))
    }
}

impl List for SensitiveTypes {
    async fn list(call: &Call, (): &(), query: &ListQuery) -> Result<Listed<TypeView>, ApiError> {
        Ok(call.app.service.list_types(&call.principal, query).await?)
    }
}

impl Create for SensitiveTypes {
    type Draft = SensitiveTypeDraft;
    type NewId = SensitiveTypeId;

    async fn create(
        call: &Call,
        (): &(),
        draft: SensitiveTypeDraft,
        _: &mut QueryOptions,
    ) -> Result<(Value, SensitiveTypeId), ApiError> {
        let new = NewType {
            name: draft.name,
            description: draft.description,
            publisher: draft.publisher_name,
            rule: draft.rule,
        };
        let view = call.app.service.create_type(&call.principal, new).await?;
        Ok((value(&view), view.sensitive_type.id))
    }
}

impl Read for SensitiveTypes {
    async fn get(call: &Call, at: Address<Self>) -> Result<TypeView, ApiError> {
        Ok(call.app.service.get_type(&call.principal, at.id).await?)
    }
}

impl Update for SensitiveTypes {
    type Change = SensitiveTypeChange;

    async fn update(
        call: &Call,
        _: &QueryOptions,
        at: Address<Self>,
        change: SensitiveTypeChange,
    ) -> Result<TypeView, ApiError> {
        let change = TypeChange {
            name: change.name.into_option(),
            description: change.description.into_change(),
            publisher: change.publisher_name.into_change(),
            rule: change.rule.into_option(),
            expected: call.expected.clone(),
        };
        Ok(call.app.service.update_type(&call.principal, at.id, change).await?)
    }
}

impl Delete for SensitiveTypes {
    async fn delete(call: &Call, at: Address<Self>) -> Result<(), ApiError> {
        Ok(call.app.service.delete_type(&call.principal, at.id, &call.expected).await?)
    }
}
