//! Reads bodies and keeps only known properties. Unknown ones are skipped without being built;
//! known ones are bounded while they are read. The parser bounds nesting at 128 levels in both.

use std::borrow::Cow;
use std::fmt;

use edm_model::limits;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Number, Value};

use crate::body::{BodyError, BodyErrorKind};
use crate::fields::{Fields, Handling, Member, Shape};
use crate::ignored::Ignored;
use crate::object::{Node, Object};

/// A type that can be read from a JSON body.
pub trait FromBody: Sized {
    /// The properties that the body may have.
    const FIELDS: Fields;

    /// Reads the value from the body's properties. Fails with the path of the first property that
    /// is wrong.
    fn read(body: &Object<'_>) -> Result<Self, BodyError>;

    /// Parses and reads a body, and returns the ignored properties too. An empty body is read as an
    /// empty object, because clients send none for actions without parameters.
    ///
    /// Fails on bytes that are not a JSON object, and as [`FromBody::read`] does. Fails on unknown
    /// properties if `wished`, or else [`Fields::handling`], does not let them be ignored.
    fn parse(bytes: &[u8], wished: Option<Handling>) -> Result<(Self, Ignored), BodyError> {
        let (object, ignored) = parse_object(bytes, Self::FIELDS)?;
        let ignored = ignored.handled(wished.unwrap_or(Self::FIELDS.handling()))?;
        Ok((Self::read(&object)?, ignored))
    }
}

/// Parses the outermost object.
pub(crate) fn parse_object(bytes: &[u8], fields: Fields) -> Result<(Object<'_>, Ignored), BodyError> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok(Default::default());
    }
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let mut reading = Reading::default();
    match reading.value(bytes, Shape::Object(fields)) {
        Ok(Node::Object(object)) => Ok((object, reading.ignored)),
        Ok(_) => Err(BodyError::whole(BodyErrorKind::NotAnObject)),
        Err(error) => Err(error),
    }
}

/// The state while a body is read.
#[derive(Default)]
pub(crate) struct Reading {
    pub(crate) ignored: Ignored,
    /// Why the body is refused, if the JSON itself is valid.
    failure: Option<BodyError>,
    path: Vec<Step>,
    kept: usize,
}

/// A step of the path to a value.
enum Step {
    Name(&'static str),
    Index(usize),
}

impl Reading {
    /// Reads JSON that consists of one value.
    pub(crate) fn value<'a>(&mut self, bytes: &'a [u8], shape: Shape) -> Result<Node<'a>, BodyError> {
        let mut json = serde_json::Deserializer::from_slice(bytes);
        let read = ValueSeed { reading: self, shape }.deserialize(&mut json);
        let read = read.and_then(|node| json.end().map(|()| node));
        read.map_err(|error| {
            let (line, column) = (error.line(), error.column());
            self.failure.take().unwrap_or(BodyError::whole(BodyErrorKind::NotJson { line, column }))
        })
    }

    /// Sets the path to a property whose value is parsed separately.
    pub(crate) fn enter(&mut self, name: &'static str) {
        self.path = vec![Step::Name(name)];
    }

    fn path(&self) -> String {
        let mut path = String::new();
        for step in &self.path {
            match step {
                Step::Name(name) if path.is_empty() => path.push_str(name),
                Step::Name(name) => path.extend([".", name]),
                Step::Index(index) => path.push_str(&format!("[{index}]")),
            }
        }
        path
    }

    fn fail<E: Error>(&mut self, error: BodyError) -> E {
        self.failure = Some(error);
        E::custom("the body is refused")
    }

    /// Counts a value that is kept.
    fn keep<E: Error>(&mut self) -> Result<(), E> {
        self.kept += 1;
        if self.kept > limits::JSON_VALUES_MAX {
            let kind = BodyErrorKind::TooMany { count_max: limits::JSON_VALUES_MAX };
            return Err(self.fail(BodyError::whole(kind)));
        }
        Ok(())
    }

    /// Reads a property of an object, or skips it.
    fn property<'a, A: MapAccess<'a>>(
        &mut self,
        fields: Fields,
        object: &mut Object<'a>,
        name: Cow<'a, str>,
        map: &mut A,
    ) -> Result<(), A::Error> {
        match fields.member(&name) {
            Member::Read(name, shape) => {
                self.keep()?;
                self.path.push(Step::Name(name));
                let value = map.next_value_seed(ValueSeed { reading: self, shape })?;
                self.path.pop();
                object.set(Cow::Borrowed(name), value);
            }
            // One more than permitted is kept, so that the reader of the value sees that there are
            // too many.
            Member::Open(shape) if object.len() <= limits::COLUMNS_MAX => {
                self.keep()?;
                let value = map.next_value_seed(ValueSeed { reading: self, shape })?;
                object.set(name, value);
            }
            Member::TypeName => {
                let named = map.next_value_seed(ValueSeed { reading: self, shape: Shape::Scalar })?;
                let may_be = match &named {
                    Node::Null => true,
                    Node::Text(named) => fields.may_be(named),
                    _ => false,
                };
                if !may_be {
                    let kind = BodyErrorKind::OtherType { expected: fields.type_name() };
                    let target = self.target("@odata.type");
                    return Err(self.fail(BodyError::at(kind, target)));
                }
            }
            Member::Mark(name) => {
                map.next_value_seed(Passing)?;
                object.set(Cow::Borrowed(name), Node::Null);
            }
            Member::Refused => {
                let target = self.target(&name);
                return Err(self.fail(BodyError::at(BodyErrorKind::UnknownOption, target)));
            }
            Member::Passed | Member::Open(_) => map.next_value_seed(Passing)?,
            Member::Unknown => {
                let path = self.path();
                self.ignored.note(fields, &path, &name);
                map.next_value_seed(Passing)?;
            }
        }
        Ok(())
    }

    fn target(&self, name: &str) -> String {
        let path = self.path();
        if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
    }
}

/// Reads a value of the expected shape. A value of another shape is skipped and replaced by an
/// empty value of its kind.
struct ValueSeed<'r> {
    reading: &'r mut Reading,
    shape: Shape,
}

impl<'a> DeserializeSeed<'a> for ValueSeed<'_> {
    type Value = Node<'a>;

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<Node<'a>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'a> Visitor<'a> for ValueSeed<'_> {
    type Value = Node<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Node<'a>, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node<'a>, E> {
        Ok(Node::Boolean(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node<'a>, E> {
        Ok(Node::Number(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node<'a>, E> {
        Ok(Node::Number(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Node<'a>, E> {
        Number::from_f64(value).map(Node::Number).ok_or_else(|| E::custom("a number that is none"))
    }

    fn visit_borrowed_str<E>(self, value: &'a str) -> Result<Node<'a>, E> {
        Ok(Node::Text(Cow::Borrowed(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Node<'a>, E> {
        Ok(Node::Text(Cow::Owned(value.to_owned())))
    }

    fn visit_string<E>(self, value: String) -> Result<Node<'a>, E> {
        Ok(Node::Text(Cow::Owned(value)))
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut seq: A) -> Result<Node<'a>, A::Error> {
        let Self { reading, shape } = self;
        let (element, count_max) = match shape {
            Shape::Scalars(count_max) => (Shape::Scalar, count_max),
            Shape::Objects(fields, count_max) => (Shape::Object(fields), count_max),
            Shape::Json => {
                let mut json = Vec::new();
                Writing(&mut json).visit_seq(seq)?;
                return Ok(Node::Json(json));
            }
            Shape::Scalar | Shape::Object(_) => {
                while seq.next_element_seed(Passing)?.is_some() {}
                return Ok(Node::Elements(Vec::new()));
            }
        };
        let mut elements = Vec::new();
        // One more than permitted is kept, so that the reader of the value sees that there are too
        // many.
        while elements.len() <= count_max {
            reading.path.push(Step::Index(elements.len()));
            let seed = ValueSeed { reading: &mut *reading, shape: element };
            let Some(next) = seq.next_element_seed(seed)? else {
                reading.path.pop();
                return Ok(Node::Elements(elements));
            };
            reading.path.pop();
            reading.keep()?;
            elements.push(next);
        }
        while seq.next_element_seed(Passing)?.is_some() {}
        Ok(Node::Elements(elements))
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<Node<'a>, A::Error> {
        let Self { reading, shape } = self;
        let mut object = Object::default();
        match shape {
            Shape::Object(fields) => {
                while let Some(name) = map.next_key_seed(NameSeed)? {
                    reading.property(fields, &mut object, name, &mut map)?;
                }
            }
            Shape::Json => {
                let mut json = Vec::new();
                Writing(&mut json).visit_map(map)?;
                return Ok(Node::Json(json));
            }
            Shape::Scalar | Shape::Scalars(_) | Shape::Objects(..) => {
                while map.next_key_seed(Passing)?.is_some() {
                    map.next_value_seed(Passing)?;
                }
            }
        }
        Ok(Node::Object(object))
    }
}

/// Reads the name of a property.
struct NameSeed;

impl<'a> DeserializeSeed<'a> for NameSeed {
    type Value = Cow<'a, str>;

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<Cow<'a, str>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'a> Visitor<'a> for NameSeed {
    type Value = Cow<'a, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_borrowed_str<E>(self, name: &'a str) -> Result<Cow<'a, str>, E> {
        Ok(Cow::Borrowed(name))
    }

    fn visit_str<E>(self, name: &str) -> Result<Cow<'a, str>, E> {
        Ok(Cow::Owned(name.to_owned()))
    }
}

/// Skips a value. Unlike serde's `IgnoredAny` it counts levels, and refuses strings and numbers
/// that are not valid.
struct Passing;

impl<'a> DeserializeSeed<'a> for Passing {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'a> Visitor<'a> for Passing {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut seq: A) -> Result<(), A::Error> {
        while seq.next_element_seed(Passing)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        while map.next_key_seed(Passing)?.is_some() {
            map.next_value_seed(Passing)?;
        }
        Ok(())
    }
}

/// Writes a value again without blanks, so it is no longer than the input.
struct Writing<'w>(&'w mut Vec<u8>);

impl Writing<'_> {
    fn scalar<E: Error>(self, value: &Value) -> Result<(), E> {
        serde_json::to_writer(self.0, value).map_err(E::custom)
    }
}

impl<'a> DeserializeSeed<'a> for Writing<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'a> Visitor<'a> for Writing<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.scalar(&Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        self.scalar(&value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        self.scalar(&value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        self.scalar(&value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        self.scalar(&value.into())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<(), E> {
        serde_json::to_writer(self.0, value).map_err(E::custom)
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut seq: A) -> Result<(), A::Error> {
        self.0.push(b'[');
        let first = self.0.len();
        loop {
            let end = self.0.len();
            if end > first {
                self.0.push(b',');
            }
            if seq.next_element_seed(Writing(&mut *self.0))?.is_none() {
                self.0.truncate(end);
                self.0.push(b']');
                return Ok(());
            }
        }
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        self.0.push(b'{');
        let first = self.0.len();
        loop {
            let end = self.0.len();
            if end > first {
                self.0.push(b',');
            }
            if map.next_key_seed(Writing(&mut *self.0))?.is_none() {
                self.0.truncate(end);
                self.0.push(b'}');
                return Ok(());
            }
            self.0.push(b':');
            map.next_value_seed(Writing(&mut *self.0))?;
        }
    }
}
