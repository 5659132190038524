//! `/openapi.json`: OpenAPI 3.1, derived from the table.

mod answers;
mod bodies;
mod parameters;
mod schemas;

use serde_json::{Map, Value, json};

use super::element::StructuredType;
use super::operation::{Access, Content, Operation};
use super::operations::OPERATIONS;
use crate::path;

/// The name of the security scheme of tokens.
const BEARER: &str = "bearer";
/// The name of the security scheme of signed addresses.
const SIGNATURE: &str = "signature";

/// Returns the document. `version` is the program's.
pub fn openapi(version: &str) -> Value {
    let mut paths = Map::new();
    for operation in OPERATIONS {
        let entry = paths.entry(address(operation.path)).or_insert_with(|| json!({}));
        if let Value::Object(methods) = entry {
            methods.insert(operation.method.as_str().to_ascii_lowercase(), describe(operation));
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "edm",
            "version": version,
            "description": "Self-hosted exact data match with the wire of Microsoft Graph's dataClassification. What \
                            stands behind /beta stands behind /v1.0 and without either as well; segments may be in \
                            any case, keys in parentheses, and actions may bear their namespace. Elements with \
                            x-addition are not in Graph's schema.",
            "license": {"name": env!("CARGO_PKG_LICENSE"), "identifier": env!("CARGO_PKG_LICENSE")},
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": schemas::components(),
            "securitySchemes": {
                BEARER: {"type": "http", "scheme": "bearer", "description": "A token of the service."},
                SIGNATURE: {
                    "type": "apiKey",
                    "in": "query",
                    "name": "sig",
                    "description": "The signature in dataUploadURI of a session; use the address unchanged.",
                },
            },
        },
    })
}

/// Returns the address of a path of the table.
fn address(template: &str) -> String {
    let own = [path::HEALTH, path::READY, path::OPEN_API, path::UPLOAD].contains(&template);
    if own { template.to_owned() } else { format!("{}{template}", path::BASE) }
}

fn describe(operation: &Operation) -> Value {
    let security = match operation.access {
        Access::Open => json!([]),
        Access::Token | Access::Right(_) => json!([{BEARER: []}]),
        Access::Signature => json!([{SIGNATURE: []}]),
    };
    let mut described = Map::new();
    described.insert("operationId".to_owned(), json!(operation.id));
    described.insert("summary".to_owned(), json!(operation.summary));
    described.insert("tags".to_owned(), json!([tag(operation)]));
    described.insert("security".to_owned(), security);
    if let Access::Right(right) = operation.access {
        let role = right.least_role().as_str();
        described.insert(
            "description".to_owned(),
            json!(format!("Needs the role {role}, or one with more rights.")),
        );
    }
    described.insert("parameters".to_owned(), Value::Array(parameters::of(operation)));
    if let Some(body) = bodies::of(operation.body) {
        described.insert("requestBody".to_owned(), body);
    }
    described.insert("responses".to_owned(), answers::of(operation));
    Value::Object(described)
}

/// Returns the tag of an operation: the collection that it belongs to.
fn tag(operation: &Operation) -> &'static str {
    match operation.access {
        Access::Open => return "about",
        Access::Signature => return "upload",
        Access::Token | Access::Right(_) => {}
    }
    let sessions = operation.path.split('/').any(|segment| segment == "sessions");
    match operation.path.split('/').nth(2) {
        _ if sessions => "sessions",
        Some(collection) => collection,
        None => "dataClassification",
    }
}

/// Returns the links from the resource that an operation creates to the operations on it.
fn links(operation: &Operation) -> Map<String, Value> {
    let made = matches!(operation.answer.content, Content::Item(_)) && operation.answer.status == 201;
    let mut links = Map::new();
    for to in OPERATIONS.iter().filter(|_| made && operation.path != path::SESSIONS_REF) {
        let below = to.path.strip_prefix(operation.path).and_then(|rest| rest.strip_prefix("/{"));
        let Some((id, _)) = below.and_then(|rest| rest.split_once('}')) else { continue };
        if to.path_parameters().count() != operation.path_parameters().count() + 1 {
            continue;
        }
        let mut parameters = Map::new();
        for name in operation.path_parameters() {
            parameters.insert(name.to_owned(), json!(format!("$request.path.{name}")));
        }
        parameters.insert(id.to_owned(), json!("$response.body#/id"));
        links.insert(to.id.to_owned(), json!({"operationId": to.id, "parameters": parameters}));
    }
    links
}

/// Returns the reference to a component.
fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

/// Returns the name of the component of a type.
fn component(of: &StructuredType) -> String {
    super::csdl_xml::qualified(of.name)
}
