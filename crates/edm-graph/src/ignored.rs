//! The ignored properties of a request. The answer names them, never with their values.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::body::{BodyError, BodyErrorKind};
use crate::fields::{Fields, Handling};

/// The number of names that are kept. All are counted.
const NAMES_MAX: usize = 20;
/// The number of characters of a name that are kept.
const NAME_CHARACTERS_MAX: usize = 128;
/// The bytes of the longest list of names in a header.
const HEADER_BYTES_MAX: usize = 1_024;
/// Replaces, in the header, the names that are left out.
const AND_OTHERS: &str = "...";
/// The characters of a path that are not escaped in a header. No name reads as [`AND_OTHERS`],
/// since paths have no empty parts.
const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'[').remove(b']');

/// The unknown properties of a request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ignored {
    /// The paths of the first ones.
    paths: Vec<String>,
    /// The known name that the first one may be a misspelling of.
    nearest: Option<&'static str>,
    count: u64,
}

impl Ignored {
    /// Records a property. `path` leads to the object that contains it.
    pub(crate) fn note(&mut self, fields: Fields, path: &str, name: &str) {
        self.count += 1;
        if self.paths.len() == NAMES_MAX {
            return;
        }
        let name: String = name.chars().take(NAME_CHARACTERS_MAX).collect();
        if self.paths.is_empty() {
            self.nearest = fields.nearest(&name);
        }
        self.paths.push(if path.is_empty() { name } else { format!("{path}.{name}") });
    }

    /// Returns whether nothing was ignored.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Returns the number of properties.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Returns the paths of the first 20.
    pub fn paths(&self) -> &[String] {
        &self.paths
    }

    /// Fails with the first property, unless unknown properties are to be ignored.
    pub fn handled(self, handling: Handling) -> Result<Self, BodyError> {
        if self.is_empty() || handling == Handling::Lenient {
            return Ok(self);
        }
        let mut paths = self.paths.into_iter();
        let target = paths.next().unwrap_or_default();
        let kind = BodyErrorKind::UnknownProperty { nearest: self.nearest, others: paths.collect() };
        Err(BodyError::at(kind, target))
    }

    /// Returns the paths as the value of a header: percent-encoded, separated by commas, with `...`
    /// at the end if there are more.
    pub fn header(&self) -> String {
        let mut header = String::new();
        let mut written = 0;
        for path in &self.paths {
            let encoded = utf8_percent_encode(path, KEPT).to_string();
            // Leaves space for the separator and for the mark that there are more.
            if header.len() + encoded.len() + 2 + 2 + AND_OTHERS.len() > HEADER_BYTES_MAX {
                break;
            }
            if written > 0 {
                header.push_str(", ");
            }
            header.push_str(&encoded);
            written += 1;
        }
        if written < self.count {
            header.push_str(if written > 0 { ", " } else { "" });
            header.push_str(AND_OTHERS);
        }
        header
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::actions::CLASSIFY;

    #[test]
    fn names_are_bounded_in_number_and_length_and_stand_in_ascii() {
        let fields = Fields::Parameters(&CLASSIFY);
        let check = |names: &[(&str, &str)], expected: &str| {
            let mut ignored = Ignored::default();
            names.iter().for_each(|(path, name)| ignored.note(fields, path, name));
            assert_eq!(ignored.header(), expected);
        };
        check(&[], "");
        check(&[("", "mode")], "mode");
        check(&[("columns[2]", "kind"), ("", "a,b\r\nx: ü")], "columns[2].kind, a%2Cb%0D%0Ax%3A%20%C3%BC");
        let mut many = Ignored::default();
        for n in 0..30 {
            many.note(fields, "", &format!("n{n}"));
        }
        assert_eq!((many.paths().len(), many.count()), (NAMES_MAX, 30));
        assert!(many.header().ends_with(", n19, ..."), "{}", many.header());
        let mut long = Ignored::default();
        for _ in 0..5 {
            long.note(fields, "", &"ü".repeat(1_000));
        }
        assert!(long.paths().iter().all(|path| path.chars().count() == NAME_CHARACTERS_MAX));
        let header = long.header();
        assert!(header.len() <= HEADER_BYTES_MAX && header.ends_with(", ..."), "{header}");
    }
}
