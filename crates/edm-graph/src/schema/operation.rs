//! What the table of operations is made of.

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

/// Who may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everyone, without a token.
    Open,
    /// Whoever's token is good, whatever its rights.
    Token,
    /// Whoever's token brings this right.
    Right(Right),
    /// Whoever has the signed address.
    Signature,
}

/// What the query may hold.
#[derive(Debug, Clone, Copy)]
pub enum Query {
    /// Nothing that is looked at.
    None,
    /// The options of a list of these.
    List(&'static StructuredType),
    /// The options of one of these.
    Item(&'static StructuredType),
    /// The options of a count of these.
    Count(&'static StructuredType),
    /// No option of OData's.
    Action,
    /// The parameters of the action, where the body is the text itself.
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
    /// Nothing; what is sent is not looked at.
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
    /// Several requests.
    Batch,
}

/// What an answer holds.
#[derive(Debug, Clone, Copy)]
pub enum Content {
    /// Nothing.
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
    /// A word of how the process is.
    Health,
    /// CSDL in XML or JSON.
    Metadata,
    /// The description in OpenAPI.
    OpenApi,
    /// Azure's XML block list.
    BlockList,
    /// The answers of several requests.
    Batch,
    /// An error: Graph has the operation, this service has nothing for it.
    Refusal,
}

/// A success, or the only answer there is.
#[derive(Debug, Clone, Copy)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// What it holds.
    pub content: Content,
}

/// A status that says no, for a reason of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// 404: what the body names is not there.
    NotThere,
    /// 409: its state or another resource stands against it.
    Conflict,
    /// 429: too many at once or in a while.
    TooMany,
    /// 503: not yet.
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
    /// Its path as in [`path`](crate::path): those of the service stand behind `/beta`.
    pub path: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// Who may.
    pub access: Access,
    /// What its query may hold.
    pub query: Query,
    /// What its body may be.
    pub body: Body,
    /// Its success.
    pub answer: Answer,
    /// Statuses that do not follow from all this.
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

    /// Returns whether a body is looked at.
    pub const fn takes_body(&self) -> bool {
        !matches!(self.body, Body::None)
    }

    /// Returns whether the state of one resource may be demanded: by `If-Match` and
    /// `If-None-Match`.
    pub const fn is_conditional(&self) -> bool {
        let named = matches!(self.access, Access::Token | Access::Right(_));
        let one = match self.answer.content {
            Content::Item(_) => !matches!(self.body, Body::Create(_) | Body::Parameters(_) | Body::File(_)),
            Content::Nothing => true,
            _ => false,
        };
        named && one
    }

    /// Returns the statuses of answers without content that are as good as the success.
    pub fn bare_statuses(&self) -> Vec<u16> {
        let read = self.method == Method::Get && self.is_conditional();
        let wished = matches!(self.body, Body::Create(_) | Body::Change(_));
        [(read, 304), (wished, 204)].into_iter().filter(|(held, _)| *held).map(|(_, status)| status).collect()
    }

    /// Returns the statuses that are no success, in ascending order.
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
        // The upload wire takes any content type, and of a file that is none there is a failed job.
        if self.takes_body() && self.access != Access::Signature && !matches!(self.body, Body::File(_)) {
            statuses.push(415);
        }
        statuses.sort_unstable();
        statuses.dedup();
        statuses
    }
}
