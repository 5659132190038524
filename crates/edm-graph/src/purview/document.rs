//! A file's text → its elements, in a tree that is bounded while it is built. Document types,
//! entities beyond XML's five, and references outside the file are refused.

use edm_model::limits;
use quick_xml::XmlVersion;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::{Namespace, ResolveResult};
use quick_xml::reader::NsReader;

use super::error::{PurviewError, PurviewErrorKind, shown};
use super::{CLASSIFICATION_NAMESPACE, NAMESPACE};

/// Attributes that describe the XML and not the data: by name, and by prefix.
const NEUTRAL_ATTRIBUTES: &[&str] = &["xmlns", "xml:lang", "xml:space"];
const NEUTRAL_PREFIXES: &[&str] = &["xmlns:", "xsi:"];
/// Elements that have no counterpart here, wherever they occur, and what to do about each.
const REFUSED_ELEMENTS: &[(&str, &str)] = &[
    ("Entity", FORM),
    ("Affinity", FORM),
    ("Regex", FORM),
    ("Keyword", FORM),
    ("Fingerprint", FORM),
    ("Function", FORM),
    ("Filters", FORM),
    ("Validators", FORM),
    ("Evidence", FORM),
    (
        "Version",
        "rules for one version of Purview's engine mean nothing here: move its ExactMatch elements out of it",
    ),
];
const FORM: &str = "it finds text by its form, and only exact data match is imported: remove it from a copy of the file \
                    and keep it where it is enforced now";

/// One element.
#[derive(Debug)]
pub(super) struct Element {
    /// Without its prefix.
    pub(super) name: String,
    /// The line on which it starts.
    pub(super) line: u64,
    pub(super) children: Vec<Element>,
    attributes: Vec<(String, String)>,
    text: String,
}

/// What an element may contain.
pub(super) struct Grammar {
    pub(super) attributes: &'static [&'static str],
    pub(super) children: &'static [&'static str],
    pub(super) text: bool,
}

impl Element {
    /// Refuses what the grammar does not list, by its name.
    pub(super) fn check(&self, grammar: &Grammar) -> Result<(), PurviewError> {
        if let Some((name, _)) =
            self.attributes.iter().find(|(name, _)| !grammar.attributes.contains(&name.as_str()))
        {
            let advice = match grammar.attributes {
                [] => "remove it: this element has none".to_owned(),
                known => format!("remove it: the known ones are {}", known.join(", ")),
            };
            return Err(self.refuse_attribute(name, advice));
        }
        if let Some(child) =
            self.children.iter().find(|child| !grammar.children.contains(&child.name.as_str()))
        {
            let listed = REFUSED_ELEMENTS.iter().find(|(name, _)| *name == child.name);
            let advice = listed.map_or("it is not known there: remove it", |(_, advice)| *advice);
            return Err(child.refuse(&self.name, advice));
        }
        if !grammar.text && !self.text.trim().is_empty() {
            return Err(self.error(PurviewErrorKind::StrayText { element: shown(&self.name) }));
        }
        Ok(())
    }

    /// Makes an error about this element.
    pub(super) fn error(&self, kind: PurviewErrorKind) -> PurviewError {
        PurviewError::at(self.line, kind)
    }

    /// Refuses this element.
    pub(super) fn refuse(&self, inside: &str, advice: &'static str) -> PurviewError {
        let kind =
            PurviewErrorKind::RefusedElement { name: shown(&self.name), inside: shown(inside), advice };
        self.error(kind)
    }

    /// Refuses an attribute.
    pub(super) fn refuse_attribute(&self, name: &str, advice: impl Into<String>) -> PurviewError {
        let (name, element) = (shown(name), shown(&self.name));
        self.error(PurviewErrorKind::RefusedAttribute { name, element, advice: advice.into() })
    }

    /// Refuses the value of an attribute, or of the element itself.
    pub(super) fn bad_value(&self, name: &'static str, expected: impl Into<String>) -> PurviewError {
        let (element, expected) = (shown(&self.name), expected.into());
        self.error(PurviewErrorKind::BadValue { name, element, expected })
    }

    /// Returns an attribute's value.
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Returns the value of an attribute that must be there.
    pub(super) fn needed(&self, name: &'static str) -> Result<&str, PurviewError> {
        let value = self.attribute(name).filter(|value| !value.trim().is_empty());
        value.ok_or_else(|| {
            self.error(PurviewErrorKind::MissingAttribute { name, element: shown(&self.name) })
        })
    }

    /// Returns a number of these bounds, `None` if the attribute is absent.
    pub(super) fn number(
        &self,
        name: &'static str,
        range: std::ops::RangeInclusive<u32>,
    ) -> Result<Option<u32>, PurviewError> {
        let Some(value) = self.attribute(name) else { return Ok(None) };
        let number = value.trim().parse().ok().filter(|number| range.contains(number));
        let expected = || format!("a whole number from {} to {}", range.start(), range.end());
        number.map(Some).ok_or_else(|| self.bad_value(name, expected()))
    }

    /// Returns a boolean, `None` if the attribute is absent.
    pub(super) fn boolean(&self, name: &'static str) -> Result<Option<bool>, PurviewError> {
        let Some(value) = self.attribute(name) else { return Ok(None) };
        match value.trim().to_ascii_lowercase().as_str() {
            "true" | "1" => Ok(Some(true)),
            "false" | "0" => Ok(Some(false)),
            _ => Err(self.bad_value(name, "true or false")),
        }
    }

    /// Returns the only child of this name, `None` if there is none.
    pub(super) fn only(&self, name: &str) -> Result<Option<&Element>, PurviewError> {
        let mut found = self.children.iter().filter(|child| child.name == name);
        let first = found.next();
        match found.next() {
            None => Ok(first),
            Some(second) => {
                let kind = PurviewErrorKind::RepeatedElement { name: shown(name), inside: shown(&self.name) };
                Err(second.error(kind))
            }
        }
    }

    /// Returns the only child of this name, which must be there.
    pub(super) fn child(&self, name: &'static str) -> Result<&Element, PurviewError> {
        let missing = || self.error(PurviewErrorKind::MissingElement { name, inside: shown(&self.name) });
        self.only(name)?.ok_or_else(missing)
    }

    /// Returns the text inside, without the white space around it.
    pub(super) fn text(&self) -> &str {
        self.text.trim()
    }
}

/// Reads the document, whose outermost element must be `root`.
pub(super) fn parse(text: &str, root: &'static str) -> Result<Element, PurviewError> {
    let element = Parser::new(text).run()?;
    if element.name == root {
        return Ok(element);
    }
    let kind = PurviewErrorKind::WrongRoot { found: shown(&element.name), expected: root };
    Err(element.error(kind))
}

struct Parser<'a> {
    text: &'a str,
    reader: NsReader<&'a [u8]>,
    /// The offset up to which lines are counted, and the line there.
    counted: (usize, u64),
    open: Vec<Element>,
    root: Option<Element>,
    elements: usize,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str) -> Self {
        let mut reader = NsReader::from_str(text);
        reader.config_mut().check_comments = true;
        Self { text, reader, counted: (0, 1), open: Vec::new(), root: None, elements: 0 }
    }

    fn run(mut self) -> Result<Element, PurviewError> {
        let not_well_formed = |line| PurviewError::at(line, PurviewErrorKind::NotWellFormed);
        loop {
            let start = self.position();
            let line = self.line_at(start);
            let Ok((namespace, event)) = self.reader.read_resolved_event() else {
                let at = usize::try_from(self.reader.error_position()).unwrap_or(start);
                return Err(not_well_formed(self.line_at(at)));
            };
            let namespace = judge(namespace);
            match event {
                Event::Start(tag) => self.open(&tag, namespace, line)?,
                Event::Empty(tag) => {
                    self.open(&tag, namespace, line)?;
                    self.close().ok_or_else(|| not_well_formed(line))?;
                }
                Event::End(_) => self.close().ok_or_else(|| not_well_formed(line))?,
                Event::Text(part) => {
                    self.append(&part.xml10_content()).ok_or_else(|| not_well_formed(line))?
                }
                Event::CData(part) => {
                    self.append(&part.xml10_content()).ok_or_else(|| not_well_formed(line))?
                }
                Event::GeneralRef(reference) => {
                    let resolved = match reference.resolve_char_ref() {
                        Ok(Some(character)) => Some(character.to_string()),
                        Ok(None) => resolve_predefined_entity(&reference).map(str::to_owned),
                        Err(_) => None,
                    };
                    let name = || PurviewErrorKind::UnknownEntity { name: shown(&reference) };
                    let resolved = resolved.ok_or_else(|| PurviewError::at(line, name()))?;
                    self.append(&resolved).ok_or_else(|| not_well_formed(line))?;
                }
                Event::DocType(_) => return Err(PurviewError::at(line, PurviewErrorKind::DocumentType)),
                Event::Decl(_) if start == 0 => {}
                Event::Decl(_) => return Err(not_well_formed(line)),
                Event::Comment(_) | Event::PI(_) => {}
                Event::Eof => break,
            }
        }
        let line = self.line_at(self.text.len());
        self.root.filter(|_| self.open.is_empty()).ok_or_else(|| not_well_formed(line))
    }

    fn position(&self) -> usize {
        usize::try_from(self.reader.buffer_position()).unwrap_or(usize::MAX)
    }

    /// Returns the line of an offset. Offsets must not decrease from call to call.
    fn line_at(&mut self, offset: usize) -> u64 {
        let (from, line) = self.counted;
        let between = self.text.as_bytes().get(from..offset).unwrap_or_default();
        let line = line + between.iter().filter(|byte| **byte == b'\n').count() as u64;
        self.counted = (from.max(offset), line);
        line
    }

    fn open(&mut self, tag: &BytesStart<'_>, namespace: OfNamespace, line: u64) -> Result<(), PurviewError> {
        let name = tag.local_name().as_ref().to_owned();
        let fail = |kind| Err(PurviewError::at(line, kind));
        match namespace {
            OfNamespace::Ours => {}
            OfNamespace::Foreign => return fail(PurviewErrorKind::ForeignNamespace { name: shown(&name) }),
            OfNamespace::Undefined => return fail(PurviewErrorKind::NotWellFormed),
        }
        self.elements += 1;
        if self.open.len() >= limits::XML_DEPTH_MAX {
            return fail(PurviewErrorKind::TooDeep);
        }
        if self.elements > limits::XML_ELEMENTS_MAX {
            return fail(PurviewErrorKind::TooMany { what: "elements", count_max: limits::XML_ELEMENTS_MAX });
        }
        if self.open.is_empty() && self.root.is_some() {
            return fail(PurviewErrorKind::NotWellFormed);
        }
        let attributes = attributes(tag).map_err(|kind| PurviewError::at(line, kind))?;
        self.open.push(Element { name, line, children: Vec::new(), attributes, text: String::new() });
        Ok(())
    }

    fn close(&mut self) -> Option<()> {
        let element = self.open.pop()?;
        match self.open.last_mut() {
            Some(parent) => parent.children.push(element),
            None => self.root = Some(element),
        }
        Some(())
    }

    /// Adds to the text of the innermost element. Outside of all elements only white space is
    /// permitted.
    fn append(&mut self, text: &str) -> Option<()> {
        match self.open.last_mut() {
            Some(element) => element.text.push_str(text),
            None if text.trim().is_empty() => {}
            None => return None,
        }
        Some(())
    }
}

enum OfNamespace {
    Ours,
    Foreign,
    Undefined,
}

/// Samples often leave the namespace out, so an absent one is accepted.
fn judge(namespace: ResolveResult<'_>) -> OfNamespace {
    match namespace {
        ResolveResult::Unbound => OfNamespace::Ours,
        ResolveResult::Bound(Namespace(NAMESPACE | CLASSIFICATION_NAMESPACE)) => OfNamespace::Ours,
        ResolveResult::Bound(_) => OfNamespace::Foreign,
        ResolveResult::Unknown(_) => OfNamespace::Undefined,
    }
}

fn attributes(tag: &BytesStart<'_>) -> Result<Vec<(String, String)>, PurviewErrorKind> {
    let mut out = Vec::new();
    for attribute in tag.attributes() {
        let attribute = attribute.map_err(|_| PurviewErrorKind::NotWellFormed)?;
        let name = attribute.key.as_ref();
        if NEUTRAL_ATTRIBUTES.contains(&name)
            || NEUTRAL_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
        {
            continue;
        }
        if out.len() >= limits::XML_ATTRIBUTES_MAX {
            let count_max = limits::XML_ATTRIBUTES_MAX;
            return Err(PurviewErrorKind::TooMany { what: "attributes of one element", count_max });
        }
        // Fails on entities that XML does not define. It never expands one.
        let value = attribute.normalized_value(XmlVersion::Explicit1_0);
        out.push((name.to_owned(), value.map_err(|_| PurviewErrorKind::NotWellFormed)?.into_owned()));
    }
    Ok(out)
}
