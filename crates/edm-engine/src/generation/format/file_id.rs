//! The names of a generation's files.

use std::fmt;

/// What a file contains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum FileKind {
    /// The row checks of a block.
    Rows,
    /// Entries of a part.
    Entries,
    /// Entries of a part that deltas brought.
    Delta,
    /// Shapes, vocabulary and counts.
    Rules,
}

/// Which file of a generation it is. It decides the file's name and its nonce.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct FileId {
    pub(crate) kind: FileKind,
    /// Of the rules file 0.
    pub(crate) number: u32,
}

pub(crate) const NONCE_BYTES: usize = 12;

impl FileId {
    pub(crate) const RULES: FileId = FileId { kind: FileKind::Rules, number: 0 };

    /// Reads a name; `None` if no file has it.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        let (kind, number) = match name.split_once('-') {
            None => (FileKind::Rules, 0),
            Some((kind, number)) => {
                let kind = match kind {
                    "rows" => FileKind::Rows,
                    "entries" => FileKind::Entries,
                    "delta" => FileKind::Delta,
                    _ => return None,
                };
                (kind, number.parse().ok()?)
            }
        };
        let id = Self { kind, number };
        // Each file has one name only.
        (id.to_string() == name).then_some(id)
    }

    /// Returns the nonce of the file (`docs/formats/generation.md`, G2).
    pub(crate) fn nonce(self) -> [u8; NONCE_BYTES] {
        let kind = match self.kind {
            FileKind::Rows => b"rows",
            FileKind::Entries => b"entr",
            FileKind::Delta => b"delt",
            FileKind::Rules => b"rule",
        };
        let mut nonce = [0; NONCE_BYTES];
        nonce[..4].copy_from_slice(kind);
        nonce[4..8].copy_from_slice(&self.number.to_le_bytes());
        nonce
    }
}

impl fmt::Display for FileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = self.number;
        match self.kind {
            FileKind::Rows => write!(f, "rows-{number:06}"),
            FileKind::Entries => write!(f, "entries-{number:05}"),
            FileKind::Delta => write!(f, "delta-{number:05}"),
            FileKind::Rules => f.write_str("rules"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_as_it_is_written() {
        for kind in [FileKind::Rows, FileKind::Entries, FileKind::Delta] {
            for number in [0, 7, 99_999, 123_456, u32::MAX] {
                let id = FileId { kind, number };
                assert_eq!(FileId::parse(&id.to_string()), Some(id));
            }
        }
        assert_eq!(FileId::parse("rules"), Some(FileId::RULES));
        for other in ["", "rows", "rows-", "rows-1", "rows-0000001", "rows-+00001", "manifest", "rules-0"] {
            assert_eq!(FileId::parse(other), None, "{other}");
        }
    }
}
