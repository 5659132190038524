//! `$metadata` in XML: CSDL 4.0, the form that every reader of OData knows.

use quick_xml::escape::escape;

use super::element::{
    Action, EnumType, Navigation, Primitive, Property, Returns, Source, StructuredKind, StructuredType, Type,
};
use super::service::{ACTIONS, CONTAINER, ENUMS, NAMESPACE, SERVICE, SINGLETON, STRUCTURED_TYPES};

/// The namespace of the term that marks what this service adds to Graph's schema.
pub(super) const OWN_NAMESPACE: &str = "edm.service";
/// The term itself.
pub(super) const ADDITION: &str = "Addition";
/// OData's core vocabulary, and its address.
pub(super) const CORE: &str = "Org.OData.Core.V1";
pub(super) const CORE_URL: &str =
    "https://oasis-tcs.github.io/odata-vocabularies/vocabularies/Org.OData.Core.V1.xml";
/// The elements that the term may be applied to.
pub(super) const APPLIES_TO: [&str; 5] = ["Property", "ComplexType", "EntityType", "Action", "Parameter"];
/// The first parameter of an action, its binding parameter.
pub(super) const BINDING: &str = "bindingParameter";

/// Returns the document.
pub fn csdl_xml() -> String {
    let mut types = Element::new("Schema")
        .with("xmlns", "http://docs.oasis-open.org/odata/ns/edm")
        .with("Namespace", NAMESPACE);
    types.children.extend(ENUMS.iter().map(|of| enum_type(of)));
    types.children.extend(STRUCTURED_TYPES.iter().map(|of| structured_type(of)));
    types.children.extend(ACTIONS.iter().map(|of| action(of)));
    let singleton = Element::new("Singleton").with("Name", SINGLETON).with("Type", qualified(SERVICE.name));
    types.children.push(Element::new("EntityContainer").with("Name", CONTAINER).holding(singleton));
    let term = Element::new("Term")
        .with("Name", ADDITION)
        .with("Type", format!("{CORE}.Tag"))
        .with("DefaultValue", "true")
        .with("AppliesTo", APPLIES_TO.join(" "))
        .holding(described("This service adds it; Microsoft Graph's schema does not have it."));
    let own = Element::new("Schema")
        .with("xmlns", "http://docs.oasis-open.org/odata/ns/edm")
        .with("Namespace", OWN_NAMESPACE)
        .holding(term);
    let include = Element::new("edmx:Include").with("Namespace", CORE);
    let document = Element::new("edmx:Edmx")
        .with("Version", "4.0")
        .with("xmlns:edmx", "http://docs.oasis-open.org/odata/ns/edmx")
        .holding(Element::new("edmx:Reference").with("Uri", CORE_URL).holding(include))
        .holding(Element::new("edmx:DataServices").holding(types).holding(own));
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n");
    document.write(&mut text, 0);
    text
}

/// Returns the full name of a type of the table.
pub(super) fn qualified(name: &str) -> String {
    format!("{NAMESPACE}.{name}")
}

/// Returns the full name of a type, without `Collection(…)`.
pub(super) fn type_name(of: Type) -> String {
    match of {
        Type::Primitive(primitive) => primitive.name().to_owned(),
        Type::Enum(of) => qualified(of.name),
        Type::Structured(of) => qualified(of.name),
    }
}

impl Primitive {
    /// Returns OData's name.
    pub const fn name(self) -> &'static str {
        match self {
            Primitive::Text => "Edm.String",
            Primitive::Boolean => "Edm.Boolean",
            Primitive::Int32 => "Edm.Int32",
            Primitive::Int64 => "Edm.Int64",
            Primitive::Guid => "Edm.Guid",
            Primitive::Moment => "Edm.DateTimeOffset",
            Primitive::Stream => "Edm.Stream",
        }
    }
}

fn enum_type(of: &EnumType) -> Element {
    let mut element = Element::new("EnumType").with("Name", of.name).flagged("IsFlags", of.flags);
    for (name, value) in of.members {
        element.children.push(Element::new("Member").with("Name", *name).with("Value", value.to_string()));
    }
    element.holding(described(of.description))
}

fn structured_type(of: &StructuredType) -> Element {
    let entity = of.kind == StructuredKind::Entity;
    let mut element = Element::new(if entity { "EntityType" } else { "ComplexType" }).with("Name", of.name);
    if let Some(base) = of.base {
        element = element.with("BaseType", qualified(base.name));
    }
    element = element.flagged("Abstract", of.is_abstract).flagged("OpenType", of.open.is_some());
    if entity && of.base.is_none() {
        let key = Element::new("PropertyRef").with("Name", "id");
        element = element.holding(Element::new("Key").holding(key));
    }
    element.children.extend(of.properties.iter().map(|property| typed("Property", property, of.source)));
    element.children.extend(of.navigations.iter().map(navigation));
    element.children.extend(annotations(of.source, of.description));
    element
}

/// Writes a property or a parameter. The properties of an added type need no mark of their own.
fn typed(name: &'static str, property: &Property, around: Source) -> Element {
    let mut element = Element::new(name)
        .with("Name", property.name)
        .with("Type", collection(type_name(property.of), property.collection));
    if !property.nullable {
        element = element.with("Nullable", "false");
    }
    let source = if around == Source::Addition { Source::Graph } else { property.source };
    element.children.extend(annotations(source, property.description));
    element
}

fn navigation(of: &Navigation) -> Element {
    Element::new("NavigationProperty")
        .with("Name", of.name)
        .with("Type", collection(qualified(of.target.name), of.collection))
        .with("ContainsTarget", "true")
        .holding(described(of.description))
}

fn action(of: &Action) -> Element {
    let binding = Element::new("Parameter").with("Name", BINDING).with("Type", qualified(of.bound_to.name));
    let mut element = Element::new("Action").with("Name", of.name).with("IsBound", "true").holding(binding);
    element.children.extend(of.parameters.iter().map(|parameter| typed("Parameter", parameter, of.source)));
    let returned = match of.returns {
        Returns::Nothing => None,
        Returns::One(of) => Some(type_name(of)),
        Returns::Many(of) => Some(collection(type_name(of), true)),
    };
    if let Some(returned) = returned {
        let returned = Element::new("ReturnType").with("Type", returned).with("Nullable", "false");
        element.children.push(returned);
    }
    element.children.extend(annotations(of.source, of.description));
    element
}

fn collection(name: String, many: bool) -> String {
    if many { format!("Collection({name})") } else { name }
}

fn annotations(source: Source, description: &str) -> Vec<Element> {
    let mark = Element::new("Annotation").with("Term", format!("{OWN_NAMESPACE}.{ADDITION}"));
    let mark = (source == Source::Addition).then_some(mark);
    std::iter::once(described(description)).chain(mark).collect()
}

fn described(sentence: &str) -> Element {
    Element::new("Annotation").with("Term", format!("{CORE}.Description")).with("String", sentence)
}

/// An element of XML.
struct Element {
    name: &'static str,
    attributes: Vec<(&'static str, String)>,
    children: Vec<Element>,
}

impl Element {
    fn new(name: &'static str) -> Self {
        Self { name, attributes: Vec::new(), children: Vec::new() }
    }

    fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.attributes.push((name, value.into()));
        self
    }

    /// Adds an attribute with the value `true` if `held`. Its absence means `false`.
    fn flagged(self, name: &'static str, held: bool) -> Self {
        if held { self.with(name, "true") } else { self }
    }

    fn holding(mut self, child: Element) -> Self {
        self.children.push(child);
        self
    }

    /// Writes the element and its children. The table is five levels deep.
    fn write(&self, text: &mut String, depth: usize) {
        let indent = "  ".repeat(depth);
        text.push_str(&format!("{indent}<{}", self.name));
        for (name, value) in &self.attributes {
            text.push_str(&format!(" {name}=\"{}\"", escape(value.as_str())));
        }
        if self.children.is_empty() {
            text.push_str("/>\n");
            return;
        }
        text.push_str(">\n");
        for child in &self.children {
            child.write(text, depth + 1);
        }
        text.push_str(&format!("{indent}</{}>\n", self.name));
    }
}
