//! Lists: pages, counts, next links. The catalog cuts pages itself where it can; filters and orders are applied
//! here until it can do those too.

use edm_graph::Collection;
use edm_graph::query::{Page, QueryOptions, apply};
use edm_service::Listed;
use serde_json::Value;

use crate::call::Call;
use crate::error::ApiError;

/// Returns what the catalog is to be asked for.
pub(crate) fn request(options: &QueryOptions, page_count: u32) -> edm_service::Page {
    if applied_here(options) {
        return edm_service::Page::ALL;
    }
    let served = u32::try_from(options.served).unwrap_or(u32::MAX);
    let wanted = options.top.map_or(page_count, |top| top.saturating_sub(served).min(page_count));
    edm_service::Page {
        skip: options.skip.saturating_add(options.served),
        top: Some(wanted),
        with_total: true,
    }
}

/// Returns the page of what the catalog answered to `request`.
pub(crate) fn page<T>(
    listed: Listed<T>,
    options: &QueryOptions,
    page_count: u32,
    present: impl Fn(&T) -> Value,
) -> Page {
    let elements: Vec<Value> = listed.items.iter().map(present).collect();
    if applied_here(options) {
        return apply(elements, options, page_count);
    }
    let taken = u64::try_from(elements.len()).unwrap_or(u64::MAX);
    let total = listed.total.unwrap_or(taken);
    let wanted = options.top.map_or(u64::MAX, u64::from);
    let rest = total.saturating_sub(options.skip).min(wanted).saturating_sub(options.served);
    Page { elements, total, next: (rest > taken && taken > 0).then(|| options.served.saturating_add(taken)) }
}

/// Puts a page into its envelope. `path` is the canonical path of the collection.
pub(crate) fn envelope(page: Page, call: &Call, options: &QueryOptions, path: &str) -> Collection<Value> {
    let link = |served| {
        let query = QueryOptions::next_query(call.query.as_deref(), served);
        format!("{}?{query}", call.origin.url(path))
    };
    Collection {
        context: None,
        count: options.count.then_some(page.total),
        next_link: page.next.map(link),
        value: page.elements,
    }
}

/// Returns what the catalog is to be asked for by `/$count`.
pub(crate) fn count_request(options: &QueryOptions) -> edm_service::Page {
    match applied_here(options) {
        true => edm_service::Page::ALL,
        false => edm_service::Page { skip: 0, top: Some(0), with_total: true },
    }
}

/// Returns how many pass the filter.
pub(crate) fn count<T>(
    listed: Listed<T>,
    options: &QueryOptions,
    present: impl Fn(&T) -> Value,
) -> Result<u64, ApiError> {
    Ok(page(listed, options, 0, present).total)
}

fn applied_here(options: &QueryOptions) -> bool {
    options.filter.is_some() || !options.order_by.is_empty()
}
