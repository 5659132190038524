//! The answers of operations, by status.

use serde_json::{Map, Value, json};

use super::super::operation::{Access, Content, Operation};
use super::schemas::{BATCH_ANSWER, ERROR, HEALTH, LINE, TEXTS, page_name};
use super::{component, links, reference};

/// Returns the description of every answer of an operation.
pub(super) fn of(operation: &Operation) -> Value {
    let mut answers = Map::new();
    answers.insert(operation.answer.status.to_string(), success(operation));
    for status in operation.bare_statuses() {
        answers.insert(status.to_string(), bare(status, operation));
    }
    for status in operation.refusal_statuses() {
        answers.insert(status.to_string(), refusal(status, operation.access));
    }
    Value::Object(answers)
}

/// An answer without content that also counts as success.
fn bare(status: u16, operation: &Operation) -> Value {
    let description = match status {
        304 => "The resource is in a state that If-None-Match names.",
        _ => "It is done, and return=minimal asked for no body.",
    };
    json!({"description": description, "headers": ids(operation.access)})
}

fn success(operation: &Operation) -> Value {
    if matches!(operation.answer.content, Content::Refusal) {
        return refusal(operation.answer.status, operation.access);
    }
    let text = |description: &str| json!({"schema": {"type": "string", "description": description}});
    let content = match operation.answer.content {
        Content::Nothing | Content::Refusal => None,
        Content::Item(of) | Content::Value(of) => Some(json_content(reference(&component(of)))),
        Content::Page(of) => Some(json_content(reference(&page_name(of)))),
        Content::Texts => Some(json_content(reference(TEXTS))),
        Content::Count => Some(json!({"text/plain": {"schema": {"type": "integer", "minimum": 0}}})),
        Content::ValueOrLines(of) => Some(json!({
            "application/json": {"schema": reference(&component(of))},
            "application/x-ndjson": {"schema": reference(LINE)},
        })),
        Content::Health => Some(json_content(reference(HEALTH))),
        Content::Batch => Some(json_content(reference(BATCH_ANSWER))),
        Content::Metadata => Some(json!({
            "application/xml": text("CSDL 4.0."),
            "application/json": {"schema": {"type": "object", "description": "CSDL JSON 4.01."}},
        })),
        Content::OpenApi => Some(json_content(json!({"type": "object", "description": "This document."}))),
        Content::BlockList => Some(json!({"application/xml": text("Azure's BlockList.")})),
    };
    let created = operation.answer.status == 201 && operation.access != Access::Signature;
    let mut answer = Map::new();
    let description = match operation.answer.status {
        201 => "It is created.",
        204 => "It is done.",
        _ => "The answer.",
    };
    answer.insert("description".to_owned(), json!(description));
    let mut headers = ids(operation.access);
    if created {
        let location = json!({"description": "The address of the resource.", "required": true, "schema": {"type": "string", "format": "uri"}});
        headers.insert("Location".to_owned(), location);
    }
    if operation.takes_body() && operation.access != Access::Signature {
        let named = json!({"description": "Paths of the body's properties that were ignored.", "schema": {"type": "string"}});
        headers.insert("edm-ignored-properties".to_owned(), named);
    }
    answer.insert("headers".to_owned(), Value::Object(headers));
    if let Some(content) = content {
        answer.insert("content".to_owned(), content);
    }
    let links = links(operation);
    if !links.is_empty() {
        answer.insert("links".to_owned(), Value::Object(links));
    }
    Value::Object(answer)
}

fn refusal(status: u16, access: Access) -> Value {
    let description = match status {
        400 => "The request is wrong: the sentence says where.",
        401 => "No token, or an invalid one.",
        403 => "The token or the address lacks the right.",
        404 => "An id in the path or the body does not exist.",
        408 => "The body arrived too slowly or stopped.",
        409 => "The state of the resource, or another resource, does not permit it.",
        412 => "The resource is not in the required state.",
        413 => "The body is too long.",
        415 => "The body has an unsupported type.",
        429 => "Too many requests at once or within a period.",
        500 => "The service failed.",
        501 => "Graph has it and this service does not.",
        _ => "The service is not ready, or is reading too many bodies.",
    };
    let mut headers = ids(access);
    let header = |description: &str, schema: Value| json!({"description": description, "required": true, "schema": schema});
    match status {
        401 => {
            let schema = json!({"type": "string"});
            headers.insert("WWW-Authenticate".to_owned(), header("The supported types.", schema));
        }
        429 | 503 => {
            let schema = json!({"type": "integer", "minimum": 1, "maximum": 179});
            headers.insert("Retry-After".to_owned(), header("Seconds to wait.", schema));
        }
        _ => {}
    }
    let content = match access {
        Access::Signature => {
            headers.insert("x-ms-error-code".to_owned(), header("The code.", json!({"type": "string"})));
            json!({"application/xml": {"schema": {"type": "string", "description": "Azure's Error with Code and Message."}}})
        }
        _ => json_content(reference(ERROR)),
    };
    json!({"description": description, "headers": headers, "content": content})
}

/// The headers of every answer.
fn ids(access: Access) -> Map<String, Value> {
    let required = |description: &str| json!({"description": description, "required": true, "schema": {"type": "string"}});
    let mut headers = Map::new();
    headers.insert("request-id".to_owned(), required("The request's id in the server's log."));
    headers.insert("OData-Version".to_owned(), required("The OData version of the answer."));
    if access != Access::Signature {
        let repeated = json!({"description": "The id that the client sent.", "schema": {"type": "string"}});
        headers.insert("client-request-id".to_owned(), repeated);
    }
    headers
}

fn json_content(schema: Value) -> Value {
    json!({"application/json": {"schema": schema}})
}
