//! The elements of the table of operations.

use edm_model::Right;

use super::element::{Action, StructuredType};

/// A method of HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// `GET`; `HEAD` goes with it.
    Get,
    /// `POST`
    Post,
    /// `PUT`
    Put,
    /// `PATCH`
    Patch,
    /// `DELETE`
    Delete,
}

/// The callers who may use it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everyone, without a token.
    Open,
    /// Callers with a valid token, whatever its rights.
    Token,
    /// Callers whose token has this right.
    Right(Right),
    /// Callers with the signed address.
    Signature,
}

/// What the query may contain.
#[derive(Debug, Clone, Copy)]
pub enum Query {
    /// Nothing; options are ignored.
    None,
    /// The options of a list of these.
    List(&'static StructuredType),
    /// The options of one of these.
    Item(&'static StructuredType),
    /// The options of a count of these.
    Count(&'static StructuredType),
    /// No option of OData's.
    Action,
    /// The parameters of the action, if the body is the text itself.
    Parameters(&'static Action),
    /// `$format`
    Format,
    /// Those of Put Block and Put Block List.
    PutBlocks,
    /// Those of Get Block List.
    BlockList,
}

/// What the body may be.
#[derive(Debug, Clone, Copy)]
pub enum Body {
    /// Nothing; what is sent is ignored.
    None,
    /// A new one of these.
    Create(&'static StructuredType),
    /// Changes to one of these.
    Change(&'static StructuredType),
    /// The parameters of an action.
    Parameters(&'static Action),
    /// The parameters of an action, or a text, or lines of texts.
    Texts(&'static Action),
    /// The parameters of an action, or the file itself.
    File(&'static Action),
    /// A sealed block or an XML block list.
    Blocks,
    /// A batch of requests.
    Batch,
}

/// What an answer contains.
#[derive(Debug, Clone, Copy)]
pub enum Content {
    /// No content.
    Nothing,
    /// A resource with its context.
    Item(&'static StructuredType),
    /// A page of resources.
    Page(&'static StructuredType),
    /// A collection of texts.
    Texts,
    /// A bare number.
    Count,
    /// An object.
    Value(&'static StructuredType),
    /// An object, or a line for each line of texts.
    ValueOrLines(&'static StructuredType),
    /// A word for the state of the process.
    Health,
    /// CSDL in XML or JSON.
    Metadata,
    /// The description in OpenAPI.
    OpenApi,
    /// Azure's XML block list.
    BlockList,
    /// The answers of a batch.
    Batch,
    /// An error: Graph has the operation and this service does not.
    Refusal,
}

/// The answer of a success, or the only possible answer.
#[derive(Debug, Clone, Copy)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// What it contains.
    pub content: Content,
}

/// A refusal that does not follow from the operation's right, path, query and body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// 404: something that the body names does not exist.
    NotThere,
    /// 409: the state of the resource, or another resource, does not permit it.
    Conflict,
    /// 429: too many requests at once or within a period.
    TooMany,
    /// 503: not ready yet.
    NotReady,
}

impl Refusal {
    const fn status(self) -> u16 {
        match self {
            Refusal::NotThere => 404,
            Refusal::Conflict => 409,
            Refusal::TooMany => 429,
            Refusal::NotReady => 503,
        }
    }
}

/// One method of one path.
#[derive(Debug, Clone, Copy)]
pub struct Operation {
    /// Its name, for generated clients.
    pub id: &'static str,
    /// Its method.
    pub method: Method,
    /// Its path as in [`path`](crate::path): those of the service are below `/beta`.
    pub path: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// The callers who may use it.
    pub access: Access,
    /// What its query may contain.
    pub query: Query,
    /// What its body may be.
    pub body: Body,
    /// The answer of its success.
    pub answer: Answer,
    /// Statuses that do not follow from the fields above.
    pub refusals: &'static [Refusal],
}

impl Method {
    /// Returns its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Patch => "PATCH",
            Method::Delete => "DELETE",
        }
    }
}

impl Operation {
    /// Returns the names of the path's parameters, in order.
    pub fn path_parameters(&self) -> impl Iterator<Item = &'static str> {
        self.path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'))
    }

    /// Returns whether the operation reads a body.
    pub const fn takes_body(&self) -> bool {
        !matches!(self.body, Body::None)
    }

    /// Returns whether `If-Match` and `If-None-Match` apply, which demand a state of one resource.
    pub const fn is_conditional(&self) -> bool {
        let named = matches!(self.access, Access::Token | Access::Right(_));
        let one = match self.answer.content {
            Content::Item(_) => !matches!(self.body, Body::Create(_) | Body::Parameters(_) | Body::File(_)),
            Content::Nothing => true,
            _ => false,
        };
        named && one
    }

    /// Returns the statuses of answers without content that also count as success.
    pub fn bare_statuses(&self) -> Vec<u16> {
        let read = self.method == Method::Get && self.is_conditional();
        let wished = matches!(self.body, Body::Create(_) | Body::Change(_));
        [(read, 304), (wished, 204)].into_iter().filter(|(held, _)| *held).map(|(_, status)| status).collect()
    }

    /// Returns the statuses of failures, in ascending order.
    pub fn refusal_statuses(&self) -> Vec<u16> {
        let mut statuses = vec![500];
        if self.is_conditional() {
            statuses.push(412);
        }
        statuses.extend(self.refusals.iter().map(|refusal| refusal.status()));
        match self.access {
            Access::Open => {}
            Access::Token => statuses.push(401),
            Access::Right(_) => statuses.extend([401, 403]),
            Access::Signature => statuses.extend([400, 403]),
        }
        if self.takes_body() || !matches!(self.query, Query::None) {
            statuses.push(400);
        }
        let only_refused = matches!(self.answer.content, Content::Refusal);
        if self.path_parameters().next().is_some() && !only_refused {
            statuses.push(404);
        }
        if self.takes_body() {
            statuses.extend([408, 413, 503]);
        }
        // The upload wire takes any content type. A file that is not text makes a failed job.
        if self.takes_body() && self.access != Access::Signature && !matches!(self.body, Body::File(_)) {
            statuses.push(415);
        }
        statuses.sort_unstable();
        statuses.dedup();
        statuses
    }
}
