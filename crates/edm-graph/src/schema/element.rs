//! What the table of the wire is made of: types, properties, navigations, actions. Everything can
//! be made in a constant, so that a reference to a type that does not exist is no program.

use crate::query;

/// A type of OData's own.
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

/// What a property, parameter or answer is.
#[derive(Debug, Clone, Copy)]
pub enum Type {
    /// One of OData's own.
    Primitive(Primitive),
    /// Some words.
    Enum(&'static EnumType),
    /// An object.
    Structured(&'static StructuredType),
}

/// Where an element comes from.
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
    /// By its type; an object or a collection of objects not at all.
    ByType,
    /// By these parts of the object, or of each of the objects.
    Parts(&'static [query::Property]),
    /// Not at all: the catalog does not know it.
    None,
    /// Not at all: that would let a reader guess it.
    Secret,
}

/// What a value that a client sends must keep to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// Nothing.
    None,
    /// From the first to the second number of characters.
    Characters(usize, usize),
    /// The text of a GUID.
    Guid,
    /// Nothing, not even its type: it is not looked at.
    Ignored,
    /// Nothing: it is any JSON, which is handed on.
    Json,
    /// An integer from the first to the second.
    Range(u64, u64),
    /// One of these words.
    Words(&'static [&'static str]),
}

/// A property of a type or a parameter of an action.
#[derive(Debug, Clone, Copy)]
pub struct Property {
    /// Its name in the JSON.
    pub name: &'static str,
    /// What it is, or what its elements are.
    pub of: Type,
    /// Whether it is a collection.
    pub collection: bool,
    /// Whether it may be `null`.
    pub nullable: bool,
    /// Whether a request that makes or calls something must bring it.
    pub needed: bool,
    /// How queries may compare it.
    pub comparison: Comparison,
    /// Where it comes from.
    pub source: Source,
    /// Whether the JSON always contains it unless `$select` leaves it out, as `null` if it has no
    /// value. The description of any other property says when it is there.
    pub always_present: bool,
    /// When a client may set it.
    pub writable: WritableOn,
    /// What its value or its elements must keep to.
    pub bound: Bound,
    /// The least and the greatest number of elements that a client may send.
    pub elements: Option<(usize, usize)>,
    /// One sentence.
    pub description: &'static str,
}

/// A way from an entity to others, which it contains.
#[derive(Debug, Clone, Copy)]
pub struct Navigation {
    /// Its name.
    pub name: &'static str,
    /// Where it leads.
    pub target: &'static StructuredType,
    /// Whether there are many.
    pub collection: bool,
    /// Whether `$expand` follows it.
    pub expandable: bool,
    /// How many a request that makes the entity may bring inline.
    pub inline_max: Option<usize>,
    /// One sentence.
    pub description: &'static str,
}

/// Whether a type has a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StructuredKind {
    /// It has: its `id`.
    Entity,
    /// It has none.
    Complex,
}

/// An entity or complex type.
#[derive(Debug, Clone, Copy)]
pub struct StructuredType {
    /// Its name behind `microsoft.graph.`
    pub name: &'static str,
    /// Whether it has a key.
    pub kind: StructuredKind,
    /// What it inherits from.
    pub base: Option<&'static StructuredType>,
    /// Whether only types that inherit from it have values.
    pub is_abstract: bool,
    /// What further properties hold, where their names are the client's.
    pub open: Option<Type>,
    /// Whether a request that brings a property which it does not have is refused, where others
    /// drop it.
    pub is_closed: bool,
    /// Where it comes from.
    pub source: Source,
    /// Its own properties, without the inherited ones.
    pub properties: &'static [Property],
    /// Its own navigations.
    pub navigations: &'static [Navigation],
    /// One sentence.
    pub description: &'static str,
}

/// Words with numbers.
#[derive(Debug, Clone, Copy)]
pub struct EnumType {
    /// Its name behind `microsoft.graph.`
    pub name: &'static str,
    /// Whether a value is any set of the members, written with commas.
    pub flags: bool,
    /// The words and their numbers.
    pub members: &'static [(&'static str, i64)],
    /// One sentence.
    pub description: &'static str,
}

/// What an action answers with.
#[derive(Debug, Clone, Copy)]
pub enum Returns {
    /// Nothing.
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
    /// What it is bound to.
    pub bound_to: &'static StructuredType,
    /// What it takes in its body.
    pub parameters: &'static [Property],
    /// The type that Graph's schema has for that body, by its name alone; most have none.
    pub request_type: Option<&'static str>,
    /// What it answers with.
    pub returns: Returns,
    /// Where it comes from.
    pub source: Source,
    /// One sentence.
    pub description: &'static str,
}

/// Makes a property of Graph's that the service sets, always sends and may leave `null`.
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

/// Makes a word of an enum.
pub(super) const fn word(name: &'static str, of: &'static EnumType, description: &'static str) -> Property {
    property(name, Type::Enum(of), description)
}

impl Property {
    /// Makes it a collection of what it was.
    pub(super) const fn many(self) -> Self {
        Self { collection: true, ..self }
    }

    /// Makes it one that is never `null`.
    pub(super) const fn never_null(self) -> Self {
        Self { nullable: false, ..self }
    }

    /// Makes it one that this service adds.
    pub(super) const fn added(self) -> Self {
        Self { source: Source::Addition, ..self }
    }

    /// Makes it one that is not always there.
    pub(super) const fn sometimes(self) -> Self {
        Self { always_present: false, ..self }
    }

    /// Lets clients set it when they make the resource.
    pub(super) const fn set_once(self) -> Self {
        Self { writable: WritableOn::Create, ..self }
    }

    /// Lets clients set it when they make the resource and later.
    pub(super) const fn set(self) -> Self {
        Self { writable: WritableOn::Change, ..self }
    }

    /// Makes it one that whoever makes the resource or calls the action must bring.
    pub(super) const fn needed(self) -> Self {
        Self { needed: true, ..self }
    }

    /// Makes it one that queries may not compare.
    pub(super) const fn secret(self) -> Self {
        Self { comparison: Comparison::Secret, ..self }
    }

    /// Makes it one that queries cannot compare.
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

    /// Bounds its characters and asks for one.
    pub(super) const fn not_empty(self, max: usize) -> Self {
        Self { bound: Bound::Characters(1, max), ..self }
    }

    /// Says that it is not looked at.
    pub(super) const fn unread(self) -> Self {
        Self { bound: Bound::Ignored, ..self }
    }

    /// Says that it is any JSON, and handed on.
    pub(super) const fn any_json(self) -> Self {
        Self { bound: Bound::Json, ..self }
    }

    /// Asks for a GUID.
    pub(super) const fn guid_text(self) -> Self {
        Self { bound: Bound::Guid, ..self }
    }

    /// Bounds its number.
    pub(super) const fn range(self, least: u64, greatest: u64) -> Self {
        Self { bound: Bound::Range(least, greatest), ..self }
    }

    /// Names the words that it may be.
    pub(super) const fn words(self, words: &'static [&'static str]) -> Self {
        Self { bound: Bound::Words(words), ..self }
    }

    /// Bounds its elements.
    pub(super) const fn elements(self, max: usize) -> Self {
        Self { elements: Some((0, max)), ..self }
    }

    /// Bounds its elements and asks for one.
    pub(super) const fn at_least_one(self, max: usize) -> Self {
        Self { elements: Some((1, max)), ..self }
    }

    /// Returns it as queries see it.
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
    /// Makes an entity type of Graph's without navigations.
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

    /// Makes a complex type of Graph's.
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

    /// Makes it one that inherits.
    pub(super) const fn inheriting(self, base: &'static StructuredType) -> Self {
        Self { base: Some(base), ..self }
    }

    /// Makes it one that takes no property which it does not have.
    pub(super) const fn closed(self) -> Self {
        Self { is_closed: true, ..self }
    }

    /// Makes it one that leads to others.
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

    /// Returns how many properties it has, inherited ones among them.
    pub const fn property_count(&self) -> usize {
        match self.base {
            Some(base) => self.properties.len() + base.property_count(),
            None => self.properties.len(),
        }
    }

    /// Returns what queries may name, inherited properties first. `COUNT` is
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
