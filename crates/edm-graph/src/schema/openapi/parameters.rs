//! The parameters of operations: of the path, OData's options for the kind of address, and headers.

use serde_json::{Value, json};

use super::super::element::{Action, StructuredKind, StructuredType};
use super::super::operation::{Access, Body, Operation, Query};
use super::schemas::taken_value;
use crate::query::{Kind, Property};

/// Returns the parameters of an operation.
pub(super) fn of(operation: &Operation) -> Vec<Value> {
    let mut parameters: Vec<Value> = operation.path_parameters().map(path_parameter).collect();
    match operation.query {
        Query::None | Query::Action => {}
        Query::List(of) => {
            parameters.extend([select(of), expand(of), filter(), order_by(of)].into_iter().flatten());
            parameters.extend(paging());
        }
        Query::Item(of) => parameters.extend([select(of), expand(of)].into_iter().flatten()),
        Query::Count(_) => parameters.extend(filter()),
        Query::Parameters(action) => parameters.extend(instead_of_body(action)),
        Query::Format => parameters.push(query(
            "$format",
            "The format; without it the header Accept decides, and XML is the default.",
            json!({"type": "string", "enum": ["json", "xml", "application/json", "application/xml"]}),
        )),
        Query::PutBlocks => {
            let comp = json!({"type": "string", "enum": ["block", "blocklist"]});
            parameters.push(required(query("comp", "The operation of Azure.", comp)));
            parameters.push(query(
                "blockid",
                "For block: base64 of its number in 8 decimal digits.",
                json!({"type": "string"}),
            ));
            parameters.extend(signed());
        }
        Query::BlockList => {
            parameters.push(required(query(
                "comp",
                "The operation of Azure.",
                json!({"type": "string", "enum": ["blocklist"]}),
            )));
            parameters.push(query(
                "blocklisttype",
                "Which blocks; committed by default.",
                json!({"type": "string", "enum": ["committed", "uncommitted", "all"]}),
            ));
            parameters.extend(signed());
        }
    }
    if matches!(operation.query, Query::List(_)) {
        let wish = "odata.maxpagesize=N asks for pages of N elements, at most 1000.";
        parameters.push(header("Prefer", wish));
    }
    if matches!(operation.body, Body::Create(_) | Body::Change(_)) {
        let wish =
            "return=minimal asks for an answer without content; handling=strict refuses unknown properties.";
        parameters.push(header("Prefer", wish));
    }
    if matches!(operation.body, Body::Parameters(_) | Body::Texts(_) | Body::File(_) | Body::Batch) {
        let wish =
            "handling=lenient ignores unknown properties and names them, handling=strict refuses them.";
        parameters.push(header("Prefer", wish));
    }
    if operation.is_conditional() {
        parameters.push(header("If-Match", "Etags of the states in which the resource must be."));
        parameters.push(header("If-None-Match", "Etags of the states in which it must not be."));
    }
    if operation.access != Access::Signature {
        let id = "The client's id for the request, at most 128 bytes; the answer repeats it.";
        parameters.push(header("client-request-id", id));
    }
    parameters
}

/// The properties of a type that queries may name.
pub(super) fn names(of: &'static StructuredType, wanted: impl Fn(&Property) -> bool) -> Vec<&'static str> {
    let properties = of.all_properties().map(super::super::element::Property::for_queries);
    properties.filter(|property| wanted(property)).map(|property| property.name).collect()
}

fn path_parameter(name: &str) -> Value {
    if name == "parameters" {
        return json!({
            "name": name,
            "in": "path",
            "required": true,
            "description": "The parameters of the function, separated by commas.",
            "schema": {"type": "string"},
        });
    }
    let id = match name {
        "container" => "The id of the data store.",
        "blob" => "The id of the session.",
        _ => "An id that the service made.",
    };
    json!({
        "name": name,
        "in": "path",
        "required": true,
        "description": id,
        "schema": {"type": "string", "format": "uuid"},
    })
}

fn query(name: &str, description: &str, schema: Value) -> Value {
    json!({"name": name, "in": "query", "description": description, "schema": schema})
}

fn required(mut parameter: Value) -> Value {
    if let Value::Object(fields) = &mut parameter {
        fields.insert("required".to_owned(), json!(true));
    }
    parameter
}

fn header(name: &str, description: &str) -> Value {
    json!({"name": name, "in": "header", "description": description, "schema": {"type": "string"}})
}

/// Makes an option whose words are separated by commas.
fn words(name: &str, description: &str, words: &[String]) -> Option<Value> {
    let mut option = query(
        name,
        description,
        json!({"type": "array", "uniqueItems": name == "$expand", "items": {"type": "string", "enum": words}}),
    );
    if let Value::Object(fields) = &mut option {
        fields.insert("style".to_owned(), json!("form"));
        fields.insert("explode".to_owned(), json!(false));
    }
    (!words.is_empty()).then_some(option)
}

fn select(of: &'static StructuredType) -> Option<Value> {
    let names: Vec<String> = names(of, |_| true).into_iter().map(str::to_owned).collect();
    words("$select", "The properties to answer with; all by default.", &names)
}

fn expand(of: &'static StructuredType) -> Option<Value> {
    let expandable = of.all_navigations().filter(|navigation| navigation.expandable);
    let names: Vec<String> = expandable.map(|navigation| navigation.name.to_owned()).collect();
    words("$expand", "Navigations to expand; their options follow in parentheses.", &names)
}

fn filter() -> Option<Value> {
    let how = "A condition on the elements: comparisons, and, or, not, in, startswith, endswith, contains, tolower.";
    Some(query("$filter", how, json!({"type": "string", "minLength": 1})))
}

fn order_by(of: &'static StructuredType) -> Option<Value> {
    debug_assert_eq!(of.kind, StructuredKind::Entity);
    let comparable = names(of, |property| !matches!(property.kind, Kind::Complex | Kind::Secret));
    let names: Vec<String> =
        comparable.into_iter().flat_map(|name| [name.to_owned(), format!("{name} desc")]).collect();
    words("$orderby", "The order; desc after a name means greatest first.", &names)
}

fn paging() -> [Value; 4] {
    let number = || json!({"type": "integer", "minimum": 0, "maximum": i32::MAX});
    let token = json!({"type": "string", "minLength": 1});
    [
        query("$top", "The greatest number of elements, over all pages.", number()),
        query("$skip", "The number of elements to skip.", number()),
        query("$count", "Whether to count all elements.", json!({"type": "boolean"})),
        query("$skiptoken", "Where a page begins; only as in @odata.nextLink.", token),
    ]
}

/// The query parameters of an action whose body is the text itself: all parameters but the text.
fn instead_of_body(action: &'static Action) -> Vec<Value> {
    let named = action.parameters.iter().filter(|parameter| !parameter.needed);
    let one = |parameter: &super::super::element::Property| {
        let description = format!("{} Only where the body is the text itself.", parameter.description);
        match parameter.of {
            super::super::element::Type::Structured(_) => json!({
                "name": parameter.name,
                "in": "query",
                "description": description,
                "content": {"application/json": {"schema": taken_value(parameter)}},
            }),
            _ if parameter.collection => {
                let schema = json!({"type": "array", "items": {"type": "string"}});
                let mut option = query(parameter.name, &description, schema);
                if let Value::Object(fields) = &mut option {
                    fields.insert("style".to_owned(), json!("form"));
                    fields.insert("explode".to_owned(), json!(false));
                }
                option
            }
            _ => query(parameter.name, &description, taken_value(parameter)),
        }
    };
    named.map(one).collect()
}

/// The signature and the values that it signs. `dataUploadURI` contains all of them.
fn signed() -> Vec<Value> {
    let part =
        |(name, description): (&str, &str)| required(query(name, description, json!({"type": "string"})));
    [
        ("sv", "The version of the signature."),
        ("sr", "What the signature is for: b, a blob."),
        ("sp", "The permissions."),
        ("se", "When the address stops working."),
    ]
    .into_iter()
    .map(part)
    .collect()
}
