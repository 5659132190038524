//! Compares JSON that was really sent with the table of the wire.

use std::collections::BTreeSet;

use edm_graph::DateTimeOffset;
use edm_graph::schema::{
    EnumType, Primitive, Property, STRUCTURED_TYPES, StructuredKind, StructuredType, Type,
};
use serde_json::{Map, Value};

/// The types and properties of the table that occurred.
#[derive(Default)]
pub(crate) struct Seen(BTreeSet<(&'static str, &'static str)>);

impl Seen {
    /// Checks an object. `whole` means that `$select` left nothing out.
    pub(crate) fn object(
        &mut self,
        what: &str,
        value: &Value,
        declared: &'static StructuredType,
        whole: bool,
    ) {
        let Value::Object(fields) = value else { panic!("{what}: no object: {value}") };
        let of = actual_type(what, fields, declared);
        for (name, value) in fields {
            let place = format!("{what}.{name}");
            if name.starts_with('@') {
                assert!(of.kind == StructuredKind::Entity, "{place}: only entities have annotations");
                assert!(
                    ["@odata.type", "@odata.context", "@odata.etag"].contains(&name.as_str()),
                    "{place} is not declared"
                );
            } else if let Some(property) = of.all_properties().find(|property| property.name == name) {
                self.value(&place, value, property);
                self.0.insert((owner(of, property.name), property.name));
            } else if let Some(navigation) = of.all_navigations().find(|known| known.name == name) {
                assert!(navigation.expandable, "{place} is not expandable");
                match (navigation.collection, value) {
                    (true, Value::Array(elements)) => {
                        elements.iter().for_each(|one| self.object(&place, one, navigation.target, false));
                    }
                    (false, Value::Null) => {}
                    (false, one) => self.object(&place, one, navigation.target, false),
                    _ => panic!("{place} is no collection: {value}"),
                }
            } else {
                let of_navigation = name.split_once("@odata.").filter(|(of_what, _)| {
                    of.all_navigations().any(|known| known.name == *of_what && known.collection)
                });
                let known = match of_navigation {
                    Some((_, "count")) => value.is_u64(),
                    Some((_, "nextLink")) => value.is_string(),
                    _ => false,
                };
                assert!(known, "{place} is not declared");
            }
        }
        for property in of.all_properties().filter(|property| whole && property.always_present) {
            assert!(fields.contains_key(property.name), "{what}: {} is missing", property.name);
        }
    }

    /// Returns the properties of these types, as type and name, that no object had.
    pub(crate) fn never_seen(&self, types: &[&'static StructuredType]) -> Vec<String> {
        let all = types.iter().flat_map(|of| of.properties.iter().map(|property| (of.name, property.name)));
        let unseen = all.filter(|pair| !self.0.contains(pair));
        unseen.map(|(of, name)| format!("{of}.{name}")).collect()
    }

    fn value(&mut self, place: &str, value: &Value, property: &'static Property) {
        match value {
            Value::Null => assert!(property.nullable && !property.collection, "{place} is null"),
            Value::Array(elements) if property.collection => {
                elements.iter().for_each(|one| self.one(place, one, property.of));
            }
            one => {
                assert!(!property.collection, "{place} is no collection: {one}");
                self.one(place, one, property.of);
            }
        }
    }

    fn one(&mut self, place: &str, value: &Value, of: Type) {
        let fits = match of {
            Type::Structured(of) => return self.object(place, value, of, true),
            Type::Enum(of) => value.as_str().is_some_and(|text| is_word(text, of)),
            Type::Primitive(Primitive::Text | Primitive::Stream) => value.is_string(),
            Type::Primitive(Primitive::Boolean) => value.is_boolean(),
            Type::Primitive(Primitive::Int32) => {
                value.as_i64().is_some_and(|number| i32::try_from(number).is_ok())
            }
            Type::Primitive(Primitive::Int64) => value.is_i64(),
            Type::Primitive(Primitive::Guid) => {
                value.as_str().is_some_and(|text| uuid::Uuid::try_parse(text).is_ok())
            }
            Type::Primitive(Primitive::Moment) => {
                value.as_str().is_some_and(|text| text.ends_with('Z') && DateTimeOffset::parse(text).is_ok())
            }
        };
        assert!(fits, "{place} is {value}, which is not what the table says: {of:?}");
    }
}

fn is_word(text: &str, of: &EnumType) -> bool {
    let known = |word: &str| of.members.iter().any(|(member, _)| *member == word);
    if of.flags { text.split(',').all(known) } else { known(text) }
}

/// Returns the type that the object names: the declared one or one that inherits from it.
fn actual_type(
    what: &str,
    fields: &Map<String, Value>,
    declared: &'static StructuredType,
) -> &'static StructuredType {
    let Some(named) = fields.get("@odata.type") else {
        assert!(declared.kind == StructuredKind::Complex, "{what}: an entity without @odata.type");
        return declared;
    };
    let name = named.as_str().and_then(|name| name.strip_prefix("#microsoft.graph."));
    let name = name.unwrap_or_else(|| panic!("{what}: {named} is no type's name"));
    let of = STRUCTURED_TYPES.iter().find(|of| of.name == name);
    let of = of.unwrap_or_else(|| panic!("{what}: the table has no type {name}"));
    assert!(
        of.lineage().iter().any(|base| base.name == declared.name),
        "{what}: {name} is no {}",
        declared.name
    );
    of
}

/// Returns the type that declares a property.
fn owner(of: &'static StructuredType, name: &str) -> &'static str {
    let lineage = of.lineage();
    let owner = lineage.iter().find(|of| of.properties.iter().any(|property| property.name == name));
    owner.map_or(of.name, |owner| owner.name)
}
