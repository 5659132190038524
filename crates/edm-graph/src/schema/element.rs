//! The elements of the wire's table: types, properties, navigations, actions. All of them can be
//! built in a constant, so a reference to a missing type does not compile.

use crate::query;

/// A primitive type of OData.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Primitive {
    /// `Edm.String`
    Text,
    /// `Edm.Boolean`
    Boolean,
    /// `Edm.Int32`
    Int32,
    /// `Edm.Int64`, a bare JSON number on this wire.
    Int64,
    /// `Edm.Guid`
    Guid,
    /// `Edm.DateTimeOffset`
    Moment,
    /// `Edm.Stream`, base64 in JSON.
    Stream,
}

/// The type of a property, parameter or answer.
#[derive(Debug, Clone, Copy)]
pub enum Type {
    /// A primitive type of OData.
    Primitive(Primitive),
    /// An enum.
    Enum(&'static EnumType),
    /// An object.
    Structured(&'static StructuredType),
}

/// Who defined an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// Microsoft Graph's schema has it.
    Graph,
    /// This service adds it.
    Addition,
}

/// When a client may set a property.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WritableOn {
    /// Never: the service sets it, and ignores what a client sends.
    Never,
    /// When the resource is created.
    Create,
    /// When the resource is created, and later.
    Change,
}

/// How queries may compare a property.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// As its type permits. An object or a collection of objects cannot be compared.
    ByType,
    /// By these parts of the object, or of each object of the collection.
    Parts(&'static [query::Property]),
    /// Not at all, because the catalog does not have it.
    None,
    /// Not at all, because comparisons would let a reader guess it.
    Secret,
}

/// The bound on a value that a client sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// No bound.
    None,
    /// The least and the greatest number of characters.
    Characters(usize, usize),
    /// The text of a GUID.
    Guid,
    /// No bound and no type check, because it is ignored.
    Ignored,
    /// No bound: any JSON, which is passed on as it is.
    Json,
    /// The least and the greatest integer.
    Range(u64, u64),
    /// One of these words.
    Words(&'static [&'static str]),
}

/// A property of a type or a parameter of an action.
#[derive(Debug, Clone, Copy)]
pub struct Property {
    /// Its name in the JSON.
    pub name: &'static str,
    /// Its type, or the type of its elements.
    pub of: Type,
    /// Whether it is a collection.
    pub collection: bool,
    /// Whether it may be `null`.
    pub nullable: bool,
    /// Whether it is required in a request that creates the resource or calls the action.
    pub needed: bool,
    /// How queries may compare it.
    pub comparison: Comparison,
    /// Who defined it.
    pub source: Source,
    /// Whether the JSON always contains it unless `$select` leaves it out, as `null` if it has no
    /// value. The description of any other property says when it is present.
    pub always_present: bool,
    /// When a client may set it.
    pub writable: WritableOn,
    /// The bound on its value or on each of its elements.
    pub bound: Bound,
    /// The least and the greatest number of elements that a client may send.
    pub elements: Option<(usize, usize)>,
    /// One sentence.
    pub description: &'static str,
}

/// A navigation property: it leads from an entity to others, which the entity contains.
#[derive(Debug, Clone, Copy)]
pub struct Navigation {
    /// Its name.
    pub name: &'static str,
    /// The type that it leads to.
    pub target: &'static StructuredType,
    /// Whether it leads to a collection.
    pub collection: bool,
    /// Whether `$expand` follows it.
    pub expandable: bool,
    /// The greatest number of elements inline in a request that creates the entity.
    pub inline_max: Option<usize>,
    /// One sentence.
    pub description: &'static str,
}

/// Whether a type has a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StructuredKind {
    /// Its key is `id`.
    Entity,
    /// It has no key.
    Complex,
}

/// An entity or complex type.
#[derive(Debug, Clone, Copy)]
pub struct StructuredType {
    /// Its name, without `microsoft.graph.`
    pub name: &'static str,
    /// Whether it has a key.
    pub kind: StructuredKind,
    /// What it inherits from.
    pub base: Option<&'static StructuredType>,
    /// Whether only types that inherit from it have values.
    pub is_abstract: bool,
    /// For an open type, the type of the properties that the client names.
    pub open: Option<Type>,
    /// Whether an unknown property in a request is refused; otherwise it is dropped.
    pub is_closed: bool,
    /// Who defined it.
    pub source: Source,
    /// Its properties, without the inherited ones.
    pub properties: &'static [Property],
    /// Its navigations, without the inherited ones.
    pub navigations: &'static [Navigation],
    /// One sentence.
    pub description: &'static str,
}

/// An enum: words with numbers.
#[derive(Debug, Clone, Copy)]
pub struct EnumType {
    /// Its name, without `microsoft.graph.`
    pub name: &'static str,
    /// Whether it is a flags enum: a value is a set of members, separated by commas.
    pub flags: bool,
    /// The words and their numbers.
    pub members: &'static [(&'static str, i64)],
    /// One sentence.
    pub description: &'static str,
}

/// The answer of an action.
#[derive(Debug, Clone, Copy)]
pub enum Returns {
    /// No content.
    Nothing,
    /// One value.
    One(Type),
    /// A collection.
    Many(Type),
}

/// An action bound to an entity.
#[derive(Debug, Clone, Copy)]
pub struct Action {
    /// Its name.
    pub name: &'static str,
    /// The type that it is bound to.
    pub bound_to: &'static StructuredType,
    /// The parameters in its body.
    pub parameters: &'static [Property],
    /// The name of the type that Graph's schema has for that body; most actions have none.
    pub request_type: Option<&'static str>,
    /// Its answer.
    pub returns: Returns,
    /// Who defined it.
    pub source: Source,
    /// One sentence.
    pub description: &'static str,
}

/// Makes a property of Graph that the service sets and always sends, and that may be `null`.
const fn property(name: &'static str, of: Type, description: &'static str) -> Property {
    Property {
        name,
        of,
        collection: false,
        nullable: true,
        needed: false,
        comparison: Comparison::ByType,
        source: Source::Graph,
        always_present: true,
        writable: WritableOn::Never,
        bound: Bound::None,
        elements: None,
        description,
    }
}

/// Makes a text.
pub(super) const fn text(name: &'static str, description: &'static str) -> Property {
    property(name, Type::Primitive(Primitive::Text), description)
}

/// Makes an integer of 32 bits.
pub(super) const fn int32(name: &'static str, description: &'static str) -> Property {
    property(name, Type::Primitive(Primitive::Int32), description)
}

/// Makes an integer of 64 bits.
pub(super) const fn int64(name: &'static str, description: &'static str) -> Property {
    property(name, Type::Primitive(Primitive::Int64), description)
}

/// Makes a boolean.
pub(super) const fn boolean(name: &'static str, description: &'static str) -> Property {
    property(name, Type::Primitive(Primitive::Boolean), description)
}

/// Makes a GUID.
pub(super) const fn guid(name: &'static str, description: &'static str) -> Property {
    property(name, Type::Primitive(Primitive::Guid), description)
}

/// Makes a date-time.
pub(super) const fn moment(name: &'static str, description: &'static str) -> Property {
    property(name, Type::Primitive(Primitive::Moment), description)
}

/// Makes a stream.
pub(super) const fn stream(name: &'static str, description: &'static str) -> Property {
    property(name, Type::Primitive(Primitive::Stream), description)
}

/// Makes an object.
pub(super) const fn object(
    name: &'static str,
    of: &'static StructuredType,
    description: &'static str,
) -> Property {
    property(name, Type::Structured(of), description)
}

/// Makes a value of an enum.
pub(super) const fn word(name: &'static str, of: &'static EnumType, description: &'static str) -> Property {
    property(name, Type::Enum(of), description)
}

impl Property {
    /// Makes it a collection of that type.
    pub(super) const fn many(self) -> Self {
        Self { collection: true, ..self }
    }

    /// Marks it as never `null`.
    pub(super) const fn never_null(self) -> Self {
        Self { nullable: false, ..self }
    }

    /// Makes it one that this service adds.
    pub(super) const fn added(self) -> Self {
        Self { source: Source::Addition, ..self }
    }

    /// Marks it as not always present.
    pub(super) const fn sometimes(self) -> Self {
        Self { always_present: false, ..self }
    }

    /// Lets clients set it when they create the resource.
    pub(super) const fn set_once(self) -> Self {
        Self { writable: WritableOn::Create, ..self }
    }

    /// Lets clients set it when they create the resource, and later.
    pub(super) const fn set(self) -> Self {
        Self { writable: WritableOn::Change, ..self }
    }

    /// Marks it as required in a request that creates the resource or calls the action.
    pub(super) const fn needed(self) -> Self {
        Self { needed: true, ..self }
    }

    /// Forbids queries to compare it, so that a reader cannot guess it.
    pub(super) const fn secret(self) -> Self {
        Self { comparison: Comparison::Secret, ..self }
    }

    /// Marks it as one that queries cannot compare.
    pub(super) const fn uncompared(self) -> Self {
        Self { comparison: Comparison::None, ..self }
    }

    /// Lets queries compare these parts of it.
    pub(super) const fn compared_by(self, parts: &'static [query::Property]) -> Self {
        Self { comparison: Comparison::Parts(parts), ..self }
    }

    /// Bounds its characters, or those of its elements.
    pub(super) const fn characters(self, max: usize) -> Self {
        Self { bound: Bound::Characters(0, max), ..self }
    }

    /// Bounds its characters and requires at least one.
    pub(super) const fn not_empty(self, max: usize) -> Self {
        Self { bound: Bound::Characters(1, max), ..self }
    }

    /// Marks it as ignored.
    pub(super) const fn unread(self) -> Self {
        Self { bound: Bound::Ignored, ..self }
    }

    /// Accepts any JSON, which is passed on as it is.
    pub(super) const fn any_json(self) -> Self {
        Self { bound: Bound::Json, ..self }
    }

    /// Requires a GUID.
    pub(super) const fn guid_text(self) -> Self {
        Self { bound: Bound::Guid, ..self }
    }

    /// Bounds its number.
    pub(super) const fn range(self, least: u64, greatest: u64) -> Self {
        Self { bound: Bound::Range(least, greatest), ..self }
    }

    /// Restricts it to these words.
    pub(super) const fn words(self, words: &'static [&'static str]) -> Self {
        Self { bound: Bound::Words(words), ..self }
    }

    /// Bounds its elements.
    pub(super) const fn elements(self, max: usize) -> Self {
        Self { elements: Some((0, max)), ..self }
    }

    /// Bounds its elements and requires at least one.
    pub(super) const fn at_least_one(self, max: usize) -> Self {
        Self { elements: Some((1, max)), ..self }
    }

    /// Returns the property as queries see it.
    pub const fn for_queries(&self) -> query::Property {
        query::Property::new(self.name, self.query_kind())
    }

    const fn query_kind(&self) -> query::Kind {
        match self.comparison {
            Comparison::Secret => return query::Kind::Secret,
            Comparison::None => return query::Kind::Complex,
            Comparison::Parts(parts) if self.collection => return query::Kind::Elements(parts),
            Comparison::Parts(parts) => return query::Kind::Members(parts),
            Comparison::ByType => {}
        }
        match self.of {
            Type::Primitive(Primitive::Text) if self.collection => query::Kind::Texts,
            _ if self.collection => query::Kind::Complex,
            Type::Structured(_) => query::Kind::Complex,
            Type::Enum(_) => query::Kind::Text,
            Type::Primitive(primitive) => match primitive {
                Primitive::Text | Primitive::Guid | Primitive::Stream => query::Kind::Text,
                Primitive::Int32 | Primitive::Int64 => query::Kind::Number,
                Primitive::Boolean => query::Kind::Boolean,
                Primitive::Moment => query::Kind::Moment,
            },
        }
    }
}

impl StructuredType {
    /// Makes an entity type of Graph without navigations.
    pub(super) const fn entity(
        name: &'static str,
        base: &'static StructuredType,
        properties: &'static [Property],
        description: &'static str,
    ) -> Self {
        Self {
            kind: StructuredKind::Entity,
            base: Some(base),
            ..Self::complex(name, properties, description)
        }
    }

    /// Makes a complex type of Graph.
    pub(super) const fn complex(
        name: &'static str,
        properties: &'static [Property],
        description: &'static str,
    ) -> Self {
        Self {
            name,
            kind: StructuredKind::Complex,
            base: None,
            is_abstract: false,
            open: None,
            is_closed: false,
            source: Source::Graph,
            properties,
            navigations: &[],
            description,
        }
    }

    /// Sets the type that it inherits from.
    pub(super) const fn inheriting(self, base: &'static StructuredType) -> Self {
        Self { base: Some(base), ..self }
    }

    /// Makes requests with unknown properties an error.
    pub(super) const fn closed(self) -> Self {
        Self { is_closed: true, ..self }
    }

    /// Sets its navigations.
    pub(super) const fn leading_to(self, navigations: &'static [Navigation]) -> Self {
        Self { navigations, ..self }
    }

    /// Makes it one that this service adds.
    pub(super) const fn added(self) -> Self {
        Self { source: Source::Addition, ..self }
    }

    /// Returns the types from the outermost ancestor down to this one.
    pub fn lineage(&'static self) -> Vec<&'static StructuredType> {
        let mut lineage: Vec<_> = std::iter::successors(Some(self), |of| of.base).collect();
        lineage.reverse();
        lineage
    }

    /// Returns every property, inherited ones first.
    pub fn all_properties(&'static self) -> impl Iterator<Item = &'static Property> {
        self.lineage().into_iter().flat_map(|of| of.properties)
    }

    /// Returns every navigation, inherited ones first.
    pub fn all_navigations(&'static self) -> impl Iterator<Item = &'static Navigation> {
        self.lineage().into_iter().flat_map(|of| of.navigations)
    }

    /// Returns the number of properties, including inherited ones.
    pub const fn property_count(&self) -> usize {
        match self.base {
            Some(base) => self.properties.len() + base.property_count(),
            None => self.properties.len(),
        }
    }

    /// Returns the properties that queries may name, inherited ones first. `COUNT` is
    /// [`property_count`](Self::property_count).
    pub const fn query_properties<const COUNT: usize>(&self) -> [query::Property; COUNT] {
        let mut properties = [query::Property::new("", query::Kind::Text); COUNT];
        let mut of = self;
        let mut end = COUNT;
        loop {
            end -= of.properties.len();
            let mut position = 0;
            while position < of.properties.len() {
                properties[end + position] = of.properties[position].for_queries();
                position += 1;
            }
            match of.base {
                Some(base) => of = base,
                None => return properties,
            }
        }
    }
}
