//! The schemas of objects. A schema of an answer has every property, inherited ones too. A schema
//! of a request has the properties that a client may set, with their bounds.

use edm_model::limits;
use serde_json::{Map, Value, json};

use super::super::element::{
    Bound, EnumType, Primitive, Property, Source, StructuredKind, StructuredType, Type, WritableOn,
};
use super::super::operation::{Body, Content, Query};
use super::super::operations::OPERATIONS;
use super::super::service::{ACTIONS, STRUCTURED_TYPES};
use super::{component, reference};

/// The component of every error.
pub(super) const ERROR: &str = "error";
/// The component of a page of texts.
pub(super) const TEXTS: &str = "texts-page";
/// The component of a line of results.
pub(super) const LINE: &str = "classifyExactMatches-line";
/// The component of the process's state.
pub(super) const HEALTH: &str = "health";

/// The component of a batch of requests.
pub(super) const BATCH: &str = "batch-parameters";
/// The component of a batch's answers.
pub(super) const BATCH_ANSWER: &str = "batch-answer";

/// Returns every component.
pub(super) fn components() -> Value {
    let mut schemas = Map::new();
    for of in STRUCTURED_TYPES.iter().filter(|of| !of.is_abstract) {
        schemas.insert(component(of), sent(of));
    }
    for operation in OPERATIONS {
        if let Content::Page(of) = operation.answer.content {
            schemas.insert(page_name(of), page(reference(&component(of))));
        }
        match operation.body {
            Body::Create(of) => {
                schemas.insert(create_name(of), taken(of.all_properties(), WritableOn::Create, of));
            }
            Body::Change(of) => {
                schemas.insert(change_name(of), taken(of.all_properties(), WritableOn::Change, of));
            }
            _ => {}
        }
    }
    for of in STRUCTURED_TYPES.iter().filter(|of| of.kind == StructuredKind::Complex) {
        if of.open.is_some() || of.all_properties().any(|property| property.writable != WritableOn::Never) {
            schemas.insert(create_name(of), taken(of.all_properties(), WritableOn::Create, of));
        }
    }
    for action in ACTIONS.iter().filter(|action| !action.parameters.is_empty()) {
        let called = OPERATIONS.iter().any(|operation| match (operation.body, operation.query) {
            (Body::Parameters(of) | Body::Texts(of) | Body::File(of), _) | (_, Query::Parameters(of)) => {
                of.name == action.name
            }
            _ => false,
        });
        if called {
            schemas.insert(parameters_name(action.name), parameters(action.parameters));
        }
    }
    schemas.insert(TEXTS.to_owned(), page(json!({"type": "string"})));
    schemas.insert(ERROR.to_owned(), error());
    schemas.insert(LINE.to_owned(), line());
    schemas.insert(HEALTH.to_owned(), health());
    schemas.insert(BATCH.to_owned(), batch());
    schemas.insert(BATCH_ANSWER.to_owned(), batch_answer());
    Value::Object(schemas)
}

/// Returns the name of a page's component.
pub(super) fn page_name(of: &StructuredType) -> String {
    format!("{}-page", component(of))
}

/// Returns the name of the component of a request that creates one.
pub(super) fn create_name(of: &StructuredType) -> String {
    format!("{}-create", component(of))
}

/// Returns the name of the component of a request that changes one.
pub(super) fn change_name(of: &StructuredType) -> String {
    format!("{}-change", component(of))
}

/// Returns the name of the component of an action's parameters.
pub(super) fn parameters_name(action: &str) -> String {
    format!("{action}-parameters")
}

/// Describes what the service sends. `$select` leaves properties out, so none is required of an
/// entity.
fn sent(of: &'static StructuredType) -> Value {
    let mut properties = Map::new();
    let entity = of.kind == StructuredKind::Entity;
    properties.insert("@odata.type".to_owned(), json!({"type": "string"}));
    if entity {
        properties.insert("@odata.context".to_owned(), json!({"type": "string"}));
        properties.insert("@odata.etag".to_owned(), json!({"type": "string"}));
    }
    for property in of.all_properties() {
        let mut schema = sent_value(property);
        describe(&mut schema, property.description, property.source);
        properties.insert(property.name.to_owned(), schema);
    }
    for navigation in of.all_navigations().filter(|navigation| navigation.expandable) {
        let one = reference(&component(navigation.target));
        let mut schema = match navigation.collection {
            true => json!({"type": "array", "items": one}),
            false => or_null(one),
        };
        describe(&mut schema, navigation.description, Source::Graph);
        properties.insert(navigation.name.to_owned(), schema);
        if navigation.collection {
            properties.insert(format!("{}@odata.count", navigation.name), json!({"type": "integer"}));
            properties.insert(
                format!("{}@odata.nextLink", navigation.name),
                json!({"type": "string", "format": "uri"}),
            );
        }
    }
    let mut schema = json!({"type": "object", "description": of.description, "properties": properties});
    if !entity {
        let always = |property: &&Property| property.always_present;
        let needed: Vec<&str> = of.all_properties().filter(always).map(|property| property.name).collect();
        insert(&mut schema, "required", json!(needed));
    }
    mark(&mut schema, of.source);
    schema
}

fn sent_value(property: &Property) -> Value {
    let one = match property.of {
        Type::Primitive(primitive) => primitive_schema(primitive),
        Type::Enum(of) => enum_schema(of),
        Type::Structured(of) => reference(&component(of)),
    };
    match (property.collection, property.nullable) {
        // A collection without elements is empty, never null.
        (true, _) => json!({"type": "array", "items": one}),
        (false, true) => or_null(one),
        (false, false) => one,
    }
}

/// Describes what a client may send to create or change one. Unknown properties and those that only
/// the service sets are ignored, so they are not named.
fn taken(
    properties: impl Iterator<Item = &'static Property>,
    writable: WritableOn,
    of: &'static StructuredType,
) -> Value {
    let may = |property: &&Property| match writable {
        WritableOn::Change => property.writable == WritableOn::Change,
        _ => property.writable != WritableOn::Never,
    };
    let properties: Vec<&Property> = properties.filter(may).collect();
    let mut schema = object(&properties, writable != WritableOn::Change);
    insert(&mut schema, "description", json!(of.description));
    for navigation in of.all_navigations().filter(|_| writable != WritableOn::Change) {
        let (Some(max), Some(Value::Object(fields))) = (navigation.inline_max, schema.get_mut("properties"))
        else {
            continue;
        };
        let one = reference(&create_name(navigation.target));
        let inline = json!({"type": ["array", "null"], "items": one, "maxItems": max, "description": navigation.description});
        fields.insert(navigation.name.to_owned(), inline);
    }
    if of.is_closed || is_of_a_parameter(of) {
        close(&mut schema);
    }
    if of.open.is_some() {
        let values = json!({"type": ["array", "null"], "items": {"type": "string"}});
        insert(&mut schema, "additionalProperties", values);
    }
    schema
}

/// Actions refuse properties that they do not have.
fn parameters(parameters: &'static [Property]) -> Value {
    let mut schema = object(&parameters.iter().collect::<Vec<_>>(), true);
    close(&mut schema);
    schema
}

/// Lets an object have only declared properties and annotations.
fn close(schema: &mut Value) {
    insert(schema, "additionalProperties", json!(false));
    insert(schema, "patternProperties", json!({"@": {}}));
}

/// Returns whether a type is part of the parameters of an action, which refuse unknown properties.
fn is_of_a_parameter(of: &StructuredType) -> bool {
    fn holds(properties: &[Property], of: &StructuredType) -> bool {
        properties.iter().any(|property| match property.of {
            Type::Structured(inner) => inner.name == of.name || holds(inner.properties, of),
            Type::Primitive(_) | Type::Enum(_) => false,
        })
    }
    of.open.is_none() && ACTIONS.iter().any(|action| holds(action.parameters, of))
}

fn object(properties: &[&Property], makes: bool) -> Value {
    let mut fields = Map::new();
    for property in properties {
        let mut schema = taken_value(property);
        describe(&mut schema, property.description, property.source);
        fields.insert(property.name.to_owned(), schema);
    }
    let mut schema = json!({"type": "object", "properties": fields});
    let needed: Vec<&str> =
        properties.iter().filter(|property| makes && property.needed).map(|property| property.name).collect();
    if !needed.is_empty() {
        insert(&mut schema, "required", json!(needed));
    }
    schema
}

/// Describes a value that a client sends. `null` is accepted like absence if the value is not
/// required.
pub(super) fn taken_value(property: &Property) -> Value {
    let mut one = match property.of {
        _ if matches!(property.bound, Bound::Ignored | Bound::Json) => return json!({}),
        Type::Primitive(primitive) => primitive_schema(primitive),
        Type::Enum(of) => enum_schema(of),
        Type::Structured(of) => reference(&create_name(of)),
    };
    match property.bound {
        Bound::None | Bound::Ignored | Bound::Json => {}
        Bound::Characters(least, most) => {
            insert(&mut one, "maxLength", json!(most));
            if least > 0 {
                insert(&mut one, "minLength", json!(least));
            }
        }
        Bound::Guid => insert(&mut one, "format", json!("uuid")),
        Bound::Range(least, greatest) => {
            insert(&mut one, "minimum", json!(least));
            insert(&mut one, "maximum", json!(greatest));
        }
        Bound::Words(words) => insert(&mut one, "enum", json!(words)),
    }
    if property.name == "timeoutInMs" {
        // It is a text in the action and an integer in Graph's complex type. Both are accepted.
        one = json!({"anyOf": [
            {"type": "string", "pattern": "^[1-9][0-9]{0,8}$"},
            {"type": "integer", "minimum": 1, "maximum": i32::MAX},
        ]});
    }
    if property.collection {
        one = json!({"type": "array", "items": one});
        if let Some((least, most)) = property.elements {
            insert(&mut one, "maxItems", json!(most));
            if least > 0 {
                insert(&mut one, "minItems", json!(least));
            }
        }
    }
    if property.needed { one } else { or_null(one) }
}

fn primitive_schema(primitive: Primitive) -> Value {
    match primitive {
        Primitive::Text => json!({"type": "string"}),
        Primitive::Boolean => json!({"type": "boolean"}),
        Primitive::Int32 => json!({"type": "integer", "format": "int32"}),
        Primitive::Int64 => json!({"type": "integer", "format": "int64"}),
        Primitive::Guid => json!({"type": "string", "format": "uuid"}),
        Primitive::Moment => json!({"type": "string", "format": "date-time"}),
        Primitive::Stream => json!({"type": "string", "contentEncoding": "base64"}),
    }
}

fn enum_schema(of: &EnumType) -> Value {
    let words: Vec<&str> = of.members.iter().map(|(name, _)| *name).collect();
    if of.flags {
        let any = words.join("|");
        return json!({"type": "string", "pattern": format!("^({any})(,({any}))*$")});
    }
    json!({"type": "string", "enum": words})
}

fn or_null(mut schema: Value) -> Value {
    let Value::Object(fields) = &mut schema else { return schema };
    if let Some(Value::String(one)) = fields.get("type") {
        let both = json!([one, "null"]);
        fields.insert("type".to_owned(), both);
        if let Some(Value::Array(words)) = fields.get_mut("enum") {
            words.push(Value::Null);
        }
        return schema;
    }
    if let Some(Value::Array(choices)) = fields.get_mut("anyOf") {
        choices.push(json!({"type": "null"}));
        return schema;
    }
    json!({"anyOf": [schema, {"type": "null"}]})
}

fn page(element: Value) -> Value {
    json!({
        "type": "object",
        "description": "A page of a list.",
        "properties": {
            "@odata.context": {"type": "string", "description": "The type of the elements."},
            "@odata.count": {"type": "integer", "description": "The number of all elements, if $count=true was given."},
            "@odata.nextLink": {"type": "string", "format": "uri", "description": "The address of the next page."},
            "value": {"type": "array", "items": element},
        },
        "required": ["value"],
    })
}

fn error() -> Value {
    let text = |description: &str| json!({"type": "string", "description": description});
    json!({
        "type": "object",
        "description": "Why a request was refused or failed; docs/api/errors.md lists the codes.",
        "properties": {"error": {
            "type": "object",
            "properties": {
                "code": text("A stable word."),
                "message": text("A sentence that says what to do."),
                "target": text("The property, parameter or option at fault."),
                "details": {"type": "array", "items": {
                    "type": "object",
                    "properties": {"code": text("A stable word."), "message": text("A sentence."), "target": text("The part at fault.")},
                    "required": ["code", "message"],
                }},
                "innerError": {
                    "type": "object",
                    "properties": {
                        "date": text("When, in UTC, without fraction and offset."),
                        "request-id": text("The request's id in the server's log."),
                        "client-request-id": text("The id that the client sent."),
                    },
                    "required": ["date", "request-id"],
                },
            },
            "required": ["code", "message"],
        }},
        "required": ["error"],
    })
}

fn line() -> Value {
    json!({
        "type": "object",
        "description": "The result of one line: what was found, or an error.",
        "x-addition": true,
        "properties": {
            "id": {"type": ["string", "number", "null"], "description": "The id of the line."},
            "line": {"type": "integer", "minimum": 1, "description": "The number of the line."},
            "error": {"$ref": "#/components/schemas/error/properties/error"},
            "classification": {"$ref": "#/components/schemas/microsoft.graph.exactMatchClassificationResult/properties/classification"},
            "errors": {"$ref": "#/components/schemas/microsoft.graph.exactMatchClassificationResult/properties/errors"},
            "diagnostics": {"$ref": "#/components/schemas/microsoft.graph.exactMatchClassificationResult/properties/diagnostics"},
        },
        "required": ["id", "line"],
    })
}

fn health() -> Value {
    json!({
        "type": "object",
        "description": "The state of the process.",
        "properties": {
            "status": {"type": "string", "enum": ["alive", "ready", "degraded"]},
            "unservedCount": {"type": "integer", "description": "Data stores whose live data cannot be read."},
            "unserved": {
                "type": "array",
                "description": "Those of them that the token may read.",
                "items": {"type": "object"},
            },
            "roles": {
                "type": "array",
                "description": "The roles of the token, if a valid one was sent.",
                "items": {"type": "string"},
            },
        },
        "required": ["status"],
    })
}

/// A fault of one request is reported in that request's answer. So this schema requires only what
/// the whole batch needs.
fn batch() -> Value {
    let id = || json!({"type": "string", "minLength": 1, "maxLength": limits::BATCH_ID_CHARACTERS_MAX});
    let ids = "Ids of earlier requests that must have succeeded.";
    json!({
        "type": "object",
        "description": "A batch of requests; docs/api/batch.md.",
        "properties": {"requests": {
            "type": "array",
            "maxItems": limits::BATCH_REQUESTS_MAX,
            "items": {
                "type": "object",
                "properties": {
                    "id": id(),
                    "method": {"description": "GET, POST, PATCH or DELETE."},
                    "url": {"description": "A path below the version, or an absolute address of this host."},
                    "headers": {"description": "An object of texts."},
                    "body": {"description": "JSON as it is, text as a string, other bytes in base64."},
                    "dependsOn": {"type": ["array", "null"], "maxItems": limits::BATCH_REQUESTS_MAX, "items": id(), "description": ids},
                },
                "required": ["id"],
            },
        }},
        "required": ["requests"],
    })
}

fn batch_answer() -> Value {
    json!({
        "type": "object",
        "description": "The answers in the order of their requests.",
        "properties": {"responses": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "id": {"type": "string"},
                    "status": {"type": "integer", "minimum": 200, "maximum": 599},
                    "headers": {"type": "object", "additionalProperties": {"type": "string"}},
                    "body": {"description": "As in a request; absent if there is none."},
                },
                "required": ["id", "status", "headers"],
            },
        }},
        "required": ["responses"],
    })
}

fn describe(schema: &mut Value, description: &str, source: Source) {
    insert(schema, "description", json!(description));
    mark(schema, source);
}

fn mark(schema: &mut Value, source: Source) {
    if source == Source::Addition {
        insert(schema, "x-addition", json!(true));
    }
}

fn insert(schema: &mut Value, name: &str, value: Value) {
    if let Value::Object(fields) = schema {
        fields.insert(name.to_owned(), value);
    }
}
