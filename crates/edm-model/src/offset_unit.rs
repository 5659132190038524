//! Units for positions in a text.

/// A unit for the offset and length of a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum OffsetUnit {
    /// Units of UTF-16, as .NET, Java and JavaScript count.
    #[default]
    Utf16,
    /// Code points of Unicode, as Python counts.
    CodePoint,
    /// Bytes of UTF-8, as Go and Rust count.
    Byte,
}

impl OffsetUnit {
    /// The names of all units.
    pub const WORDS: &'static [&'static str] = &["utf16", "codepoint", "byte"];

    /// Returns the unit with this name, one of [`OffsetUnit::WORDS`].
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "utf16" => Some(OffsetUnit::Utf16),
            "codepoint" => Some(OffsetUnit::CodePoint),
            "byte" => Some(OffsetUnit::Byte),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_a_unit_of_its_own() {
        let units: Vec<OffsetUnit> =
            OffsetUnit::WORDS.iter().filter_map(|word| OffsetUnit::from_word(word)).collect();
        assert_eq!(units, [OffsetUnit::Utf16, OffsetUnit::CodePoint, OffsetUnit::Byte]);
        assert_eq!(OffsetUnit::from_word("UTF-16"), None);
    }
}
