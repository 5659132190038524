//! The caller, and what every handler reads from a request's head.

use std::str::FromStr;
use std::sync::Arc;

use edm_graph::FromBody;
use edm_graph::path::Located;
use edm_graph::query::{Place, QueryOptions, Shape};
use edm_model::limits::{PAGE_COUNT_DEFAULT, PAGE_COUNT_MAX};
use edm_model::{Principal, Right};
use edm_service::Expected;
use http::{HeaderMap, header};

use crate::admission::{Caller, Holder, Lease};
use crate::app::App;
use crate::body::{JsonBytes, lease, read_object};
use crate::error::{ApiError, HttpProblem};
use crate::exchange::Exchange;
use crate::handling::Noted;
use crate::message::Request;
use crate::origin::Origin;
use crate::preconditions::{self, Prefer};

/// An authenticated request, before its body is read.
pub(crate) struct Call {
    pub(crate) app: Arc<App>,
    pub(crate) caller: Caller,
    pub(crate) principal: Arc<Principal>,
    /// The row's path, and its parameters.
    pub(crate) at: Located,
    pub(crate) origin: Origin,
    pub(crate) query: Option<String>,
    /// The number of elements of a page, unless `$top` asks for fewer.
    pub(crate) page_count: u32,
    /// The conditions on the state of the resource.
    pub(crate) expected: Expected,
    /// The preferred answer to a change.
    pub(crate) prefer: Option<Prefer>,
    /// Whether `page_count` comes from the client's `Prefer`.
    pub(crate) page_count_preferred: bool,
    /// What the response must report about the body.
    pub(crate) noted: Noted,
}

impl Call {
    /// Reads a request's head. Fails if its Host does not name this server.
    pub(crate) fn new(
        exchange: Exchange,
        principal: Arc<Principal>,
        noted: Noted,
    ) -> Result<(Self, Request), ApiError> {
        let Exchange { app, caller, at, request } = exchange;
        let headers = request.headers();
        let preferred = page_count(headers);
        let call = Self {
            origin: Origin::of(app.scheme, &app.names, headers)?,
            query: request.uri().query().map(str::to_owned),
            page_count: preferred.unwrap_or(PAGE_COUNT_DEFAULT),
            page_count_preferred: preferred.is_some(),
            expected: preconditions::expected(headers),
            prefer: preconditions::prefer(headers),
            app,
            caller,
            principal,
            at,
            noted,
        };
        Ok((call, request))
    }

    /// Reads an id from the path. Fails as for a missing resource if it is not a GUID.
    pub(crate) fn id<T: FromStr>(&self, position: usize) -> Result<T, ApiError> {
        self.at.parameter(position).parse().map_err(|_| HttpProblem::NoSuchId.into())
    }

    /// Reads the query options.
    pub(crate) fn options(&self, shape: &Shape, place: Place) -> Result<QueryOptions, ApiError> {
        Ok(QueryOptions::parse(self.query.as_deref(), shape, place)?)
    }

    /// Reads the JSON object of a request; an empty body is an empty object. The lease is held
    /// until the handler ends, as long as data from the body may be in memory.
    pub(crate) async fn json<T: FromBody>(&self, request: Request) -> Result<(T, Lease), ApiError> {
        let (parts, body) = request.into_parts();
        let lease = lease(&self.caller)?;
        let JsonBytes(bytes, lease) =
            JsonBytes::read(body, &parts.headers, &self.app, lease, "application/json").await?;
        Ok((read_object(&bytes, &parts.headers, &self.noted)?, lease))
    }
}

/// Returns the caller, under whom the request counts from now on. Fails without a valid token,
/// without the right, and if the principal has too many requests already.
///
/// The right is checked before the body is read, so that a caller without it learns nothing about
/// the body's form. The service checks the right again.
pub(crate) async fn authorised(
    headers: &HeaderMap,
    needs: Option<Right>,
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
        Some(needs) if !principal.may(needs) => Err(HttpProblem::Forbidden { needs }.into()),
        _ => Ok(principal),
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

/// Reads `Prefer: odata.maxpagesize=N`, which is optional.
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
