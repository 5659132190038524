//! Why a Purview file cannot be used, and on which line.

use std::fmt;

use edm_model::limits;

/// The number of characters of a name that an error repeats.
const SHOWN_CHARACTERS_MAX: usize = 64;

/// What is wrong with a file. Names are those of the file, shortened.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PurviewErrorKind {
    /// The file has more bytes than the limit.
    TooLarge,
    /// The declared encoding is unknown.
    UnknownEncoding {
        /// Its name.
        name: String,
    },
    /// The bytes are invalid in the file's encoding.
    NotInEncoding {
        /// The encoding.
        encoding: &'static str,
    },
    /// The text is not well-formed XML.
    NotWellFormed,
    /// There is a document type definition.
    DocumentType,
    /// There is an entity that XML does not define.
    UnknownEntity {
        /// Its name.
        name: String,
    },
    /// Elements are nested too deeply.
    TooDeep,
    /// There are too many of something.
    TooMany {
        /// What.
        what: &'static str,
        /// The greatest permitted number.
        count_max: usize,
    },
    /// The file is another kind of document.
    WrongRoot {
        /// Its outermost element.
        found: String,
        /// The expected one.
        expected: &'static str,
    },
    /// The element is of an unknown namespace.
    ForeignNamespace {
        /// The element.
        name: String,
    },
    /// The element does not belong there, or has no counterpart here.
    RefusedElement {
        /// The element.
        name: String,
        /// The element that contains it.
        inside: String,
        /// What to do.
        advice: &'static str,
    },
    /// The attribute does not belong there, or has no counterpart here.
    RefusedAttribute {
        /// The attribute.
        name: String,
        /// Its element.
        element: String,
        /// What to do.
        advice: String,
    },
    /// There is text where only elements are permitted.
    StrayText {
        /// The element that contains it.
        element: String,
    },
    /// A required attribute is absent or empty.
    MissingAttribute {
        /// The attribute.
        name: &'static str,
        /// Its element.
        element: String,
    },
    /// A required element is absent.
    MissingElement {
        /// The element.
        name: &'static str,
        /// The element that must contain it.
        inside: String,
    },
    /// An element occurs twice.
    RepeatedElement {
        /// The element.
        name: String,
        /// The element that contains it.
        inside: String,
    },
    /// The value of an attribute or element cannot be used.
    BadValue {
        /// The attribute or element.
        name: &'static str,
        /// The element that contains it.
        element: String,
        /// What it must be, and what to do.
        expected: String,
    },
    /// The columns are not valid for a data store.
    Columns {
        /// The sentence.
        message: String,
    },
}

/// Reports a file that cannot be used, with the line at fault if there is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PurviewError {
    kind: PurviewErrorKind,
    line: Option<u64>,
}

impl PurviewError {
    pub(super) fn whole(kind: PurviewErrorKind) -> Self {
        Self { kind, line: None }
    }

    pub(super) fn at(line: u64, kind: PurviewErrorKind) -> Self {
        Self { kind, line: Some(line) }
    }

    /// Returns what is wrong.
    pub fn kind(&self) -> &PurviewErrorKind {
        &self.kind
    }

    /// Returns the line at fault, counted from 1, if there is one.
    pub fn line(&self) -> Option<u64> {
        self.line
    }
}

/// Returns a name from the file for an error: without control characters, and shortened to fit a
/// line.
pub(super) fn shown(name: &str) -> String {
    let clean = |c: char| if c.is_control() { '\u{FFFD}' } else { c };
    let mut out: String = name.chars().take(SHOWN_CHARACTERS_MAX).map(clean).collect();
    if name.chars().nth(SHOWN_CHARACTERS_MAX).is_some() {
        out.push('…');
    }
    out
}

impl fmt::Display for PurviewError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        match &self.kind {
            PurviewErrorKind::TooLarge => {
                write!(f, "a schema or rule package has at most {} bytes", limits::XML_BYTES_MAX)
            }
            PurviewErrorKind::UnknownEncoding { name } => {
                write!(f, "the encoding “{name}” of the XML declaration is not known: save the file as UTF-8")
            }
            PurviewErrorKind::NotInEncoding { encoding } => write!(
                f,
                "the bytes are no {encoding}: save the file as UTF-8 or UTF-16, or name its encoding in the XML declaration"
            ),
            PurviewErrorKind::NotWellFormed => {
                f.write_str("the XML is not well-formed: look for an unclosed element, quote or `&`")
            }
            PurviewErrorKind::DocumentType => f.write_str(
                "a document type definition is never read, and no such file needs one: remove <!DOCTYPE>",
            ),
            PurviewErrorKind::UnknownEntity { name } => {
                write!(f, "the entity &{name}; is not defined: write the character itself")
            }
            PurviewErrorKind::TooDeep => {
                write!(f, "elements are nested more than {} deep", limits::XML_DEPTH_MAX)
            }
            PurviewErrorKind::TooMany { what, count_max } => {
                write!(f, "there are more than {count_max} {what}")
            }
            PurviewErrorKind::WrongRoot { found, expected } => {
                write!(f, "the outermost element is {found}, where {expected} is read: give that file")
            }
            PurviewErrorKind::ForeignNamespace { name } => {
                write!(
                    f,
                    "the element {name} is of a namespace that is not read: remove it, or correct its xmlns"
                )
            }
            PurviewErrorKind::RefusedElement { name, inside, advice } => {
                write!(f, "the element {name} inside {inside} is refused: {advice}")
            }
            PurviewErrorKind::RefusedAttribute { name, element, advice } => {
                write!(f, "the attribute {name} of {element} is refused: {advice}")
            }
            PurviewErrorKind::StrayText { element } => {
                write!(f, "text stands inside {element}, where none has a meaning: remove it")
            }
            PurviewErrorKind::MissingAttribute { name, element } => {
                write!(f, "the attribute {name} of {element} is missing or empty: write it")
            }
            PurviewErrorKind::MissingElement { name, inside } => {
                write!(f, "there is no {name} inside {inside}: write it")
            }
            PurviewErrorKind::RepeatedElement { name, inside } => {
                write!(f, "{name} stands inside {inside} more than once: keep one")
            }
            PurviewErrorKind::BadValue { name, element, expected } => {
                write!(f, "{name} of {element} must be {expected}")
            }
            PurviewErrorKind::Columns { message } => f.write_str(message),
        }
    }
}

impl std::error::Error for PurviewError {}
