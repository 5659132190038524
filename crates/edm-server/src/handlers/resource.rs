//! Lists, counts, reads, creates, changes and deletes resources, the same way for each kind. A kind
//! defines the ids in its paths, the call to the service, and the conversion of the result.
//!
//! The checks come in this order: the body, the query options, the ids of the path, the service.

use std::borrow::Cow;
use std::fmt::Display;

use edm_graph::FromBody;
use edm_graph::query::{Place, QueryOptions, Shape, project};
use edm_model::limits::EXPANDED_PAGE_COUNT_MAX;
use edm_model::{ListQuery, Listed};
use serde_json::Value;

use crate::authenticated::Call;
use crate::error::ApiError;
use crate::exchange::Answering;
use crate::listing::{self, Page};
use crate::message::Request;
use crate::respond;

/// A kind of resource.
pub(crate) trait Resource: Sized + 'static {
    /// The parent of the resources: the ids in the path before the collection.
    type Parent: Send + Sync;
    /// The id of one resource.
    type Id: Send + Sync;
    /// The type that the service returns.
    type Item: Send + Sync;

    /// Returns what queries may name.
    fn shape(call: &Call) -> &'static Shape;

    /// Reads the ids in the path before the collection.
    fn parent(call: &Call) -> Result<Self::Parent, ApiError>;

    /// Reads the id of one resource from the path.
    fn id(call: &Call) -> Result<Self::Id, ApiError>;

    /// Returns the canonical path of the collection.
    fn collection(parent: &Self::Parent) -> Cow<'static, str>;

    /// Converts a resource, with what `$expand` adds.
    fn value(
        call: &Call,
        options: &QueryOptions,
        item: &Self::Item,
    ) -> impl Future<Output = Result<Value, ApiError>> + Send;
}

/// The resource that a path names.
pub(crate) struct Address<R: Resource> {
    /// Its parent.
    pub(crate) parent: R::Parent,
    /// Its id.
    pub(crate) id: R::Id,
}

impl<R: Resource> Address<R> {
    /// Reads the ids of a path, in their order.
    pub(crate) fn of(call: &Call) -> Result<Self, ApiError> {
        Ok(Self { parent: R::parent(call)?, id: R::id(call)? })
    }
}

/// Resources that are listed and counted.
pub(crate) trait List: Resource {
    /// Returns a page of the resources, or their total.
    fn list(
        call: &Call,
        parent: &Self::Parent,
        query: &ListQuery,
    ) -> impl Future<Output = Result<Listed<Self::Item>, ApiError>> + Send;

    /// Converts the resources of a page, with what `$expand` adds.
    fn values(
        call: &Call,
        _parent: &Self::Parent,
        options: &QueryOptions,
        items: Vec<Self::Item>,
    ) -> impl Future<Output = Result<Vec<Value>, ApiError>> + Send {
        each::<Self>(call, options, items)
    }
}

/// Converts resources one after another.
async fn each<R: Resource>(
    call: &Call,
    options: &QueryOptions,
    items: Vec<R::Item>,
) -> Result<Vec<Value>, ApiError> {
    let mut values = Vec::with_capacity(items.len());
    for item in &items {
        values.push(R::value(call, options, item).await?);
    }
    Ok(values)
}

/// Resources that are read.
pub(crate) trait Read: Resource {
    /// Returns one resource.
    fn get(call: &Call, at: Address<Self>) -> impl Future<Output = Result<Self::Item, ApiError>> + Send;
}

/// Resources that clients create.
pub(crate) trait Create: Resource {
    /// What the body is read into.
    type Draft: FromBody + Send;
    /// The id of the new resource, as in its address.
    type NewId: Display + Send;

    /// Creates a resource and converts it. Clears the options that it has applied.
    fn create(
        call: &Call,
        parent: &Self::Parent,
        draft: Self::Draft,
        options: &mut QueryOptions,
    ) -> impl Future<Output = Result<(Value, Self::NewId), ApiError>> + Send;
}

/// Resources that clients change.
pub(crate) trait Update: Resource {
    /// What the body is read into.
    type Change: FromBody + Send;

    /// Changes a resource and returns its new state.
    fn update(
        call: &Call,
        options: &QueryOptions,
        at: Address<Self>,
        change: Self::Change,
    ) -> impl Future<Output = Result<Self::Item, ApiError>> + Send;
}

/// Resources that clients delete.
pub(crate) trait Delete: Resource {
    /// Deletes a resource.
    fn delete(call: &Call, at: Address<Self>) -> impl Future<Output = Result<(), ApiError>> + Send;
}

/// Answers with a page of the collection.
pub(crate) fn list<R: List>(call: Call, _: Request) -> Answering {
    Box::pin(async move {
        let shape = R::shape(&call);
        let options = call.options(shape, Place::List)?;
        let parent = R::parent(&call)?;
        // Each element of a page may have an expanded list.
        let is_nested =
            |name| shape.expandable.iter().any(|known| known.name == name && known.place == Place::Nested);
        let page_count = match options.expand.iter().any(|expand| is_nested(expand.name)) {
            true => call.page_count.min(EXPANDED_PAGE_COUNT_MAX),
            false => call.page_count,
        };
        let page = page::<R>(&call, &parent, &options, page_count).await?;
        page.answer(&call, &options, &R::collection(&parent))
    })
}

/// Returns a page of the collection, with what `$expand` adds, reduced to what `$select` names.
pub(crate) async fn page<R: List>(
    call: &Call,
    parent: &R::Parent,
    options: &QueryOptions,
    page_count: u32,
) -> Result<Page, ApiError> {
    let listed = R::list(call, parent, &listing::request(options, page_count)).await?;
    let Listed { items, total, next } = listed;
    let mut items = R::values(call, parent, options, items).await?;
    items.iter_mut().for_each(|element| project(element, options));
    Ok(listing::page(Listed { items, total, next }, options))
}

/// Answers with the number of resources in the collection.
pub(crate) fn count<R: List>(call: Call, _: Request) -> Answering {
    Box::pin(async move {
        let options = call.options(R::shape(&call), Place::Count)?;
        let parent = R::parent(&call)?;
        let listed = R::list(&call, &parent, &listing::count_request(&options)).await?;
        Ok(respond::count(listing::total(&listed)))
    })
}

/// Answers with one resource.
pub(crate) fn read<R: Read>(call: Call, _: Request) -> Answering {
    Box::pin(async move {
        let options = call.options(R::shape(&call), Place::Item)?;
        let at = Address::<R>::of(&call)?;
        let collection = R::collection(&at.parent);
        let item = R::get(&call, at).await?;
        let value = R::value(&call, &options, &item).await?;
        respond::read(&call, value, &options, &collection)
    })
}

/// Creates a resource and answers with it.
pub(crate) fn create<R: Create>(call: Call, request: Request) -> Answering {
    Box::pin(async move {
        let (draft, _lease) = call.json::<R::Draft>(request).await?;
        let mut options = call.options(R::shape(&call), Place::Item)?;
        let parent = R::parent(&call)?;
        let (value, id) = R::create(&call, &parent, draft, &mut options).await?;
        Ok(respond::created(&call, value, &options, &R::collection(&parent), &id))
    })
}

/// Changes a resource and answers with it.
pub(crate) fn update<R: Update>(call: Call, request: Request) -> Answering {
    Box::pin(async move {
        let (change, _lease) = call.json::<R::Change>(request).await?;
        let options = call.options(R::shape(&call), Place::Item)?;
        let at = Address::<R>::of(&call)?;
        let collection = R::collection(&at.parent);
        let item = R::update(&call, &options, at, change).await?;
        let value = R::value(&call, &options, &item).await?;
        Ok(respond::changed(&call, value, &options, &collection))
    })
}

/// Deletes a resource.
pub(crate) fn delete<R: Delete>(call: Call, _: Request) -> Answering {
    Box::pin(async move {
        R::delete(&call, Address::of(&call)?).await?;
        Ok(respond::nothing())
    })
}
