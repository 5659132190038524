//! Lists: converts a query to a request to the catalog, and its answer to a page with count and
//! link.

use edm_graph::Collection;
use edm_graph::query::{Expand, QueryError, QueryOptions};
use edm_model::{Cursor, ListQuery, Listed};
use serde_json::Value;

use crate::authenticated::Call;
use crate::error::ApiError;
use crate::message::Response;
use crate::{preconditions, respond};

/// A page of a list, converted to the wire.
pub(crate) struct Page {
    /// Its elements.
    pub(crate) elements: Vec<Value>,
    /// The number of all elements, if requested.
    total: Option<u64>,
    /// Where the next page begins, and the number of elements before it.
    next: Option<(Cursor, u64)>,
}

/// Returns the request to the catalog: at most `page_count` elements, and at most `$top` over all
/// pages.
pub(crate) fn request(options: &QueryOptions, page_count: u32) -> ListQuery {
    let served = u32::try_from(options.served).unwrap_or(u32::MAX);
    let wanted = options.top.map_or(page_count, |top| top.saturating_sub(served).min(page_count));
    ListQuery {
        condition: options.filter.clone(),
        order: options.order_by.clone(),
        after: options.after.clone(),
        // Skipped elements are before the first page.
        skip: if options.after.is_some() { 0 } else { options.skip },
        top: Some(wanted),
        with_total: options.count,
    }
}

/// Returns the page for the catalog's answer to `request`.
pub(crate) fn page(listed: Listed<Value>, options: &QueryOptions) -> Page {
    let elements = listed.items;
    let served = options.served.saturating_add(u64::try_from(elements.len()).unwrap_or(u64::MAX));
    let more = options.top.is_none_or(|top| served < u64::from(top));
    Page { elements, total: listed.total, next: listed.next.filter(|_| more).map(|next| (next, served)) }
}

impl Page {
    /// Answers with the page. `path` is the canonical path of the collection.
    pub(crate) fn answer(
        self,
        call: &Call,
        options: &QueryOptions,
        path: &str,
    ) -> Result<Response, ApiError> {
        let link = |(cursor, served): &(Cursor, u64)| {
            let query = options.next_query(call.query.as_deref(), cursor, *served)?;
            Ok::<String, QueryError>(format!("{}?{query}", call.origin.url(path)))
        };
        let next_link = self.next.as_ref().map(link).transpose()?;
        let page = Collection { context: None, count: self.total, next_link, value: self.elements };
        let mut response = respond::list(page, &call.origin, path);
        if call.page_count_preferred {
            preconditions::preference_applied(
                &mut response,
                &format!("odata.maxpagesize={}", call.page_count),
            );
        }
        Ok(response)
    }

    /// Puts the page into the property of another element that `$expand` asked for. `path` is the
    /// canonical path of the collection, where the next page is found.
    pub(crate) fn insert_into(
        self,
        element: &mut Value,
        expand: &Expand,
        call: &Call,
        path: &str,
    ) -> Result<(), ApiError> {
        let Expand { name, options, query } = expand;
        let Value::Object(fields) = element else { return Ok(()) };
        if let Some(total) = self.total {
            fields.insert(format!("{name}@odata.count"), Value::from(total));
        }
        if let Some((cursor, served)) = &self.next {
            let query = options.next_query(Some(query), cursor, *served)?;
            let link = format!("{}?{query}", call.origin.url(path));
            fields.insert(format!("{name}@odata.nextLink"), Value::from(link));
        }
        fields.insert((*name).to_owned(), Value::Array(self.elements));
        Ok(())
    }
}

/// Returns the request to the catalog for `/$count`.
pub(crate) fn count_request(options: &QueryOptions) -> ListQuery {
    ListQuery { condition: options.filter.clone(), top: Some(0), with_total: true, ..ListQuery::default() }
}

/// Returns the number of elements from the answer to [`count_request`].
pub(crate) fn total<T>(listed: &Listed<T>) -> u64 {
    // Zero would mean that there are no elements.
    listed.total.expect("the catalog counts where it is asked to")
}
