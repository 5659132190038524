//! `$metadata` in JSON: CSDL 4.01. Absent members mean: type `Edm.String`, not nullable, not a
//! collection.

use serde_json::{Map, Value, json};

use super::csdl_xml::{ADDITION, APPLIES_TO, BINDING, CORE, CORE_URL, OWN_NAMESPACE, qualified, type_name};
use super::element::{
    Action, EnumType, Navigation, Property, Returns, Source, StructuredKind, StructuredType, Type,
};
use super::service::{ACTIONS, CONTAINER, ENUMS, NAMESPACE, SERVICE, SINGLETON, STRUCTURED_TYPES};

/// Returns the document.
pub fn csdl_json() -> Value {
    let mut schema = Map::new();
    for of in ENUMS {
        schema.insert(of.name.to_owned(), enum_type(of));
    }
    for of in STRUCTURED_TYPES {
        schema.insert(of.name.to_owned(), structured_type(of));
    }
    for of in ACTIONS {
        // Overloads of one name are in one list.
        let overloads = schema.entry(of.name).or_insert_with(|| json!([]));
        if let Value::Array(overloads) = overloads {
            overloads.push(action(of));
        }
    }
    let singleton = json!({"$Type": qualified(SERVICE.name)});
    schema.insert(CONTAINER.to_owned(), json!({"$Kind": "EntityContainer", SINGLETON: singleton}));
    let term = json!({
        "$Kind": "Term",
        "$Type": format!("{CORE}.Tag"),
        "$DefaultValue": true,
        "$AppliesTo": APPLIES_TO,
        format!("@{CORE}.Description"): "This service adds it; Microsoft Graph's schema does not have it.",
    });
    json!({
        "$Version": "4.01",
        "$EntityContainer": qualified(CONTAINER),
        "$Reference": {CORE_URL: {"$Include": [{"$Namespace": CORE}]}},
        NAMESPACE: schema,
        OWN_NAMESPACE: {ADDITION: term},
    })
}

fn enum_type(of: &EnumType) -> Value {
    let mut fields = Map::new();
    fields.insert("$Kind".to_owned(), json!("EnumType"));
    flag(&mut fields, "$IsFlags", of.flags);
    for (name, value) in of.members {
        fields.insert((*name).to_owned(), json!(value));
    }
    annotate(&mut fields, Source::Graph, of.description);
    Value::Object(fields)
}

fn structured_type(of: &StructuredType) -> Value {
    let entity = of.kind == StructuredKind::Entity;
    let mut fields = Map::new();
    fields.insert("$Kind".to_owned(), json!(if entity { "EntityType" } else { "ComplexType" }));
    if let Some(base) = of.base {
        fields.insert("$BaseType".to_owned(), json!(qualified(base.name)));
    }
    flag(&mut fields, "$Abstract", of.is_abstract);
    flag(&mut fields, "$OpenType", of.open.is_some());
    if entity && of.base.is_none() {
        fields.insert("$Key".to_owned(), json!(["id"]));
    }
    for property in of.properties {
        fields.insert(property.name.to_owned(), Value::Object(typed(property, of.source)));
    }
    for navigation in of.navigations {
        fields.insert(navigation.name.to_owned(), navigation_property(navigation));
    }
    annotate(&mut fields, of.source, of.description);
    Value::Object(fields)
}

/// Describes a property or a parameter. The properties of an added type need no mark of their own.
fn typed(property: &Property, around: Source) -> Map<String, Value> {
    let mut fields = typing(property.of, property.collection);
    flag(&mut fields, "$Nullable", property.nullable);
    let source = if around == Source::Addition { Source::Graph } else { property.source };
    annotate(&mut fields, source, property.description);
    fields
}

fn typing(of: Type, many: bool) -> Map<String, Value> {
    let mut fields = Map::new();
    fields.insert("$Type".to_owned(), json!(type_name(of)));
    flag(&mut fields, "$Collection", many);
    fields
}

fn navigation_property(of: &Navigation) -> Value {
    let mut fields = typing(Type::Structured(of.target), of.collection);
    fields.insert("$Kind".to_owned(), json!("NavigationProperty"));
    // A collection is never null; only a single entity can be missing.
    flag(&mut fields, "$Nullable", !of.collection);
    flag(&mut fields, "$ContainsTarget", true);
    annotate(&mut fields, Source::Graph, of.description);
    Value::Object(fields)
}

fn action(of: &Action) -> Value {
    let mut fields = Map::new();
    fields.insert("$Kind".to_owned(), json!("Action"));
    flag(&mut fields, "$IsBound", true);
    let mut parameters = vec![json!({"$Name": BINDING, "$Type": qualified(of.bound_to.name)})];
    for parameter in of.parameters {
        let mut described = typed(parameter, of.source);
        described.insert("$Name".to_owned(), json!(parameter.name));
        parameters.push(Value::Object(described));
    }
    fields.insert("$Parameter".to_owned(), Value::Array(parameters));
    let returned = match of.returns {
        Returns::Nothing => None,
        Returns::One(of) => Some(typing(of, false)),
        Returns::Many(of) => Some(typing(of, true)),
    };
    if let Some(returned) = returned {
        fields.insert("$ReturnType".to_owned(), Value::Object(returned));
    }
    annotate(&mut fields, of.source, of.description);
    Value::Object(fields)
}

fn annotate(fields: &mut Map<String, Value>, source: Source, description: &str) {
    fields.insert(format!("@{CORE}.Description"), json!(description));
    flag(fields, &format!("@{OWN_NAMESPACE}.{ADDITION}"), source == Source::Addition);
}

/// Adds a member with the value `true` if `held`. Its absence means `false`.
fn flag(fields: &mut Map<String, Value>, name: &str, held: bool) {
    if held {
        fields.insert(name.to_owned(), json!(true));
    }
}
