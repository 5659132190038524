//! The known part of a JSON object of a body. It is small beside what was sent, and texts are
//! borrowed from the body.

use std::borrow::Cow;

use serde_json::Number;

/// A value of a body.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Node<'a> {
    /// `null`, or an annotation of which only the presence matters.
    Null,
    /// True or false.
    Boolean(bool),
    /// A number.
    Number(Number),
    /// A string.
    Text(Cow<'a, str>),
    /// An array. Its elements are dropped if no array is expected.
    Elements(Vec<Node<'a>>),
    /// An object. Its properties are dropped if no object is expected.
    Object(Object<'a>),
    /// JSON that is passed on as it is.
    Json(Vec<u8>),
}

/// The known properties of a body, or of an object in it. Each occurs once; the last value of a
/// name counts.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Object<'a>(Vec<(Cow<'a, str>, Node<'a>)>);

impl<'a> Object<'a> {
    /// Sets a property and returns its value before. The search is linear, because there are few.
    pub(crate) fn set(&mut self, name: Cow<'a, str>, value: Node<'a>) -> Option<Node<'a>> {
        if let Some((_, known)) = self.0.iter_mut().find(|(known, _)| *known == name) {
            return Some(std::mem::replace(known, value));
        }
        // Most objects have one or two properties, and there may be thousands of objects.
        if self.0.len() == self.0.capacity() {
            self.0.reserve_exact(self.0.len().max(1));
        }
        self.0.push((name, value));
        None
    }

    /// Returns a property.
    pub(crate) fn get(&self, name: &str) -> Option<&Node<'a>> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// Removes a property and returns it.
    pub(crate) fn remove(&mut self, name: &str) -> Option<Node<'a>> {
        let place = self.0.iter().position(|(known, _)| known == name)?;
        Some(self.0.remove(place).1)
    }

    /// Returns the names of the properties.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_ref())
    }

    /// Returns the number of properties.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}
