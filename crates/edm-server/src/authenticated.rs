//! Who calls, and what every handler reads from a request's head.

use std::str::FromStr;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use edm_graph::query::{Place, QueryOptions, Shape};
use edm_model::limits::{PAGE_COUNT_DEFAULT, PAGE_COUNT_MAX};
use edm_model::{Principal, Right};
use edm_service::Expected;
use http::request::Parts;
use http::{HeaderMap, header};

use crate::admission::{Caller, Holder};
use crate::app::App;
use crate::error::{ApiError, HttpProblem};
use crate::origin::Origin;
use crate::preconditions::{self, Prefer};

/// The right that a route asks for. It is checked before a body is read, so that whoever may not ask learns nothing
/// of how to, and the service checks it again.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Needs(pub(crate) Right);

/// An authenticated request, before its body is read.
pub(crate) struct Call {
    pub(crate) principal: Arc<Principal>,
    pub(crate) origin: Origin,
    pub(crate) query: Option<String>,
    /// Elements of a page, unless `$top` asks for fewer.
    pub(crate) page_count: u32,
    /// What it demands of the state that it finds.
    pub(crate) expected: Expected,
    /// How a change is to be answered.
    pub(crate) prefer: Option<Prefer>,
    /// Whether the client asked for that, by `Prefer`.
    pub(crate) page_count_wished: bool,
}

impl Call {
    /// Reads the query options.
    pub(crate) fn options(&self, shape: &Shape, place: Place) -> Result<QueryOptions, ApiError> {
        Ok(QueryOptions::parse(self.query.as_deref(), shape, place)?)
    }
}

impl FromRequestParts<Arc<App>> for Call {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let principal =
            authorised(&parts.headers, parts.extensions.get().copied(), parts.extensions.get(), app).await?;
        let wished = page_count(&parts.headers);
        Ok(Self {
            principal,
            origin: Origin::of(app, &parts.headers)?,
            query: parts.uri.query().map(str::to_owned),
            page_count: wished.unwrap_or(PAGE_COUNT_DEFAULT),
            page_count_wished: wished.is_some(),
            expected: preconditions::expected(&parts.headers),
            prefer: preconditions::prefer(&parts.headers),
        })
    }
}

/// Returns who calls, under whom the request counts from now on. Fails where no token that works was sent, where it does not
/// bring the right, and where its principal has too many requests already.
pub(crate) async fn authorised(
    headers: &HeaderMap,
    needs: Option<Needs>,
    caller: Option<&Caller>,
    app: &App,
) -> Result<Arc<Principal>, ApiError> {
    let token = bearer(headers).ok_or(HttpProblem::NoToken)?;
    let principal = app.service.authenticate(token).await?;
    if let Some(caller) = caller {
        let holder = Holder::Principal(principal.id.clone());
        caller.is(holder, &app.capacity.memory).map_err(|_| HttpProblem::TooManyRequests)?;
    }
    match needs {
        Some(Needs(needs)) if !principal.may(needs) => Err(HttpProblem::Forbidden { needs }.into()),
        _ => Ok(principal),
    }
}

/// Reads an id from a path; what is no id names nothing.
pub(crate) fn id<T: FromStr>(text: &str) -> Result<T, ApiError> {
    text.parse().map_err(|_| HttpProblem::NoSuchId.into())
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

/// Reads `Prefer: odata.maxpagesize=N`, an optional wish.
fn page_count(headers: &HeaderMap) -> Option<u32> {
    let wishes = headers.get_all("prefer").into_iter().filter_map(|value| value.to_str().ok());
    let mut counts = wishes.flat_map(|value| value.split([',', ';'])).filter_map(|wish| {
        let (name, value) = wish.split_once('=')?;
        let name = name.trim().to_ascii_lowercase();
        let wanted = matches!(name.as_str(), "odata.maxpagesize" | "maxpagesize");
        if wanted { value.trim().parse::<u32>().ok() } else { None }
    });
    counts.next().map(|count| count.clamp(1, PAGE_COUNT_MAX))
}
