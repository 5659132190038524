//! `/dataClassification/exactMatchDataStores`, with lookup and rollback.

use std::borrow::Cow;

use edm_graph::query::{Place, QueryOptions, Shape, project};
use edm_graph::{Collection, DataStoreChange, DataStoreDraft, DataStoreResource, LookupRequest, path};
use edm_model::limits::EXPANDED_PAGE_COUNT_MAX;
use edm_model::{ListQuery, Listed, StoreId};
use edm_service::{NewStore, Revision, StoreChange, StoreView};
use http::StatusCode;
use serde_json::Value;

use crate::authenticated::Call;
use crate::error::ApiError;
use crate::handlers::resource::{self, Address, Create, Delete, List, Read, Resource, Update};
use crate::handlers::sessions::{self, Sessions};
use crate::handlers::shapes::{NONE, STORE};
use crate::message::{Request, Response};
use crate::{respond, to_wire};

fn value(view: &StoreView) -> Value {
    respond::entity(&to_wire::resource::store(view), DataStoreResource::TYPE, Revision::of(view))
}

/// Data stores.
pub(crate) struct Stores;

impl Resource for Stores {
    type Parent = ();
    type Id = StoreId;
    type Item = StoreView;

    fn shape(_: &Call) -> &'static Shape {
        &STORE
    }

    fn parent(_: &Call) -> Result<(), ApiError> {
        Ok(())
    }

    fn id(call: &Call) -> Result<StoreId, ApiError> {
        call.id(0)
    }

    fn collection((): &()) -> Cow<'static, str> {
        path::STORES.into()
    }

    /// `$expand` adds a page of the store's sessions, with a link to the next.
    async fn value(call: &Call, options: &QueryOptions, view: &StoreView) -> Result<Value, ApiError> {
        let mut value = value(view);
        if let Some(wanted) = options.expand.first() {
            let store = view.store.id;
            let page =
                resource::page::<Sessions>(call, &store, &wanted.options, EXPANDED_PAGE_COUNT_MAX).await?;
            page.insert_into(&mut value, wanted, call, &Sessions::collection(&store))?;
        }
        Ok(value)
    }
}

impl List for Stores {
    async fn list(call: &Call, (): &(), query: &ListQuery) -> Result<Listed<StoreView>, ApiError> {
        Ok(call.app.service.list_stores(&call.principal, query).await?)
    }
}

impl Create for Stores {
    type Draft = DataStoreDraft;
    type NewId = StoreId;

    async fn create(
        call: &Call,
        (): &(),
        draft: DataStoreDraft,
        options: &mut QueryOptions,
    ) -> Result<(Value, StoreId), ApiError> {
        let new = NewStore {
            name: draft.display_name,
            description: draft.description,
            columns: draft.columns,
            tokens_max: draft.tokens_max,
            placeholders: draft.placeholders,
            on_unserved: draft.on_unserved,
        };
        let sessions = draft.sessions.into_iter().map(sessions::new_session).collect();
        let (view, created) =
            call.app.service.create_store_with_sessions(&call.principal, new, sessions).await?;
        let mut value = value(&view);
        project(&mut value, options);
        options.select = None;
        if let (false, Value::Object(fields)) = (created.is_empty(), &mut value) {
            // Regardless of `$select`, because only this response has their salts and addresses.
            let made = created.iter().map(|session| sessions::created_value(call, session));
            fields.insert("sessions".to_owned(), Value::Array(made.collect()));
        }
        Ok((value, view.store.id))
    }
}

impl Read for Stores {
    async fn get(call: &Call, at: Address<Self>) -> Result<StoreView, ApiError> {
        Ok(call.app.service.get_store(&call.principal, at.id).await?)
    }
}

impl Update for Stores {
    type Change = DataStoreChange;

    async fn update(
        call: &Call,
        _: &QueryOptions,
        at: Address<Self>,
        change: DataStoreChange,
    ) -> Result<StoreView, ApiError> {
        let change = StoreChange {
            name: change.display_name.into_option(),
            description: change.description.into_change(),
            columns: change.columns.into_option(),
            // Null means the default.
            tokens_max: change
                .tokens_max
                .into_change()
                .map(|tokens| tokens.unwrap_or(edm_model::limits::TOKENS_DEFAULT)),
            placeholders: change.placeholders.into_change(),
            on_unserved: change.on_unserved.into_change().map(Option::unwrap_or_default),
            expected: call.expected.clone(),
        };
        Ok(call.app.service.update_store(&call.principal, at.id, change).await?)
    }
}

impl Delete for Stores {
    async fn delete(call: &Call, at: Address<Self>) -> Result<(), ApiError> {
        Ok(call.app.service.delete_store(&call.principal, at.id, &call.expected).await?)
    }
}

pub(crate) async fn rollback(call: Call) -> Result<Response, ApiError> {
    let options = call.options(&STORE, Place::Item)?;
    let view = call.app.service.rollback_store(&call.principal, call.id(0)?, &call.expected).await?;
    let value = Stores::value(&call, &options, &view).await?;
    Ok(respond::item(StatusCode::OK, value, &options, &call.origin, path::STORES))
}

pub(crate) async fn lookup(call: Call, request: Request) -> Result<Response, ApiError> {
    let (request, _lease) = call.json::<LookupRequest>(request).await?;
    call.options(&NONE, Place::Action)?;
    let store = call.id(0)?;
    let request = edm_service::LookupRequest {
        key: request.key,
        values: request.values,
        result_columns: request.result_column_names,
    };
    let rows = call.app.service.lookup(&call.principal, store, request).await?;
    let page = Collection {
        context: Some(format!("{}#Collection(Edm.String)", call.origin.url("/$metadata"))),
        value: rows.iter().map(to_wire::resource::lookup_row).collect::<Vec<String>>(),
        ..Collection::default()
    };
    Ok(respond::json(StatusCode::OK, &page))
}
