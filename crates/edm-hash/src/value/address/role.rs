//! What a word of an address may mean besides itself (docs/formats/hash.md#a4).

/// What a word does to the words and numbers beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Role {
    #[default]
    None,
    /// A door follows.
    Unit,
    /// It makes a floor of a number.
    Floor,
    /// A post box.
    Box,
    /// A part of `p o box` or `p o b`.
    P,
    O,
    B,
    /// `po`, before a box.
    Po,
    /// A part of `post office box`.
    Post,
    Office,
    /// `de`, behind a box.
    De,
    /// What is left out between a box and its number.
    Behind,
    /// Whether it is dropped depends on what is around it.
    Depends,
}

impl Role {
    /// Returns the role of a word of the table, by its form.
    pub(super) fn of_form(form: &str) -> Self {
        match form {
            "unit" => Role::Unit,
            "floor" => Role::Floor,
            "box" => Role::Box,
            _ => Role::None,
        }
    }

    /// Returns the role of a word that is written before a box.
    pub(super) fn before_box(written: &str) -> Option<Self> {
        Some(match written {
            "p" => Role::P,
            "o" => Role::O,
            "b" => Role::B,
            "po" => Role::Po,
            "post" => Role::Post,
            "office" => Role::Office,
            _ => return None,
        })
    }

    /// Returns the role of a word that is written behind a box.
    pub(super) fn behind_box(written: &str) -> Self {
        if written == "de" { Role::De } else { Role::Behind }
    }
}
