//! `/dataClassification` itself.

use std::borrow::Cow;

use edm_graph::query::{Navigation, Place, QueryOptions, Shape};
use edm_graph::schema::SERVICE_PROPERTIES;
use edm_graph::{ServiceChange, path};
use edm_model::limits::EXPANDED_PAGE_COUNT_MAX;
use edm_service::Revision;
use serde_json::{Value, json};

use crate::authenticated::Call;
use crate::error::ApiError;
use crate::handlers::agents::Agents;
use crate::handlers::resource::{Address, Read, Resource, page};
use crate::handlers::sensitive_types::SensitiveTypes;
use crate::handlers::shapes::{AGENT, STORE, TYPE};
use crate::handlers::stores::Stores;
use crate::message::{Request, Response};
use crate::respond;

const ID: &str = "dataClassification";
const STORES: &str = "exactMatchDataStores";
const AGENTS: &str = "exactMatchUploadAgents";
const TYPES: &str = "sensitiveTypes";

/// The options that queries on the service itself may have.
const SERVICE: Shape = Shape {
    properties: &SERVICE_PROPERTIES,
    expandable: &[
        Navigation { name: STORES, shape: &STORE, place: Place::Nested },
        Navigation { name: AGENTS, shape: &AGENT, place: Place::Nested },
        Navigation { name: TYPES, shape: &TYPE, place: Place::Nested },
    ],
};

/// The service itself, of which there is one.
pub(crate) struct Root;

impl Resource for Root {
    type Parent = ();
    type Id = ();
    type Item = ();

    fn shape(_: &Call) -> &'static Shape {
        &SERVICE
    }

    fn parent(_: &Call) -> Result<(), ApiError> {
        Ok(())
    }

    fn id(_: &Call) -> Result<(), ApiError> {
        Ok(())
    }

    fn collection((): &()) -> Cow<'static, str> {
        path::SERVICE.into()
    }

    /// `$expand` adds a page of each collection that it names, with a link to the next.
    async fn value(call: &Call, options: &QueryOptions, (): &()) -> Result<Value, ApiError> {
        let mut value = value();
        for expand in &options.expand {
            let (nested, count) = (&expand.options, EXPANDED_PAGE_COUNT_MAX);
            let (page, collection) = match expand.name {
                STORES => (page::<Stores>(call, &(), nested, count).await?, path::STORES),
                AGENTS => (page::<Agents>(call, &(), nested, count).await?, path::AGENTS),
                _ => (page::<SensitiveTypes>(call, &(), nested, count).await?, path::TYPES),
            };
            page.insert_into(&mut value, expand, call, collection)?;
        }
        Ok(value)
    }
}

impl Read for Root {
    async fn get(_: &Call, _: Address<Self>) -> Result<(), ApiError> {
        Ok(())
    }
}

/// No property of the service can be set, so a PATCH with a whole object changes nothing. `$expand`
/// adds nothing here.
pub(crate) async fn update(call: Call, request: Request) -> Result<Response, ApiError> {
    let (ServiceChange, _lease) = call.json::<ServiceChange>(request).await?;
    let options = call.options(&SERVICE, Place::Item)?;
    call.expected.check(|| Revision::of(&ID))?;
    Ok(respond::changed(&call, value(), &options, path::SERVICE))
}

fn value() -> Value {
    respond::entity(&json!({"id": ID}), "dataClassificationService", Revision::of(&ID))
}
