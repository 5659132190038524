//! Lists, and the texts that people give things.

use edm_model::limits;

use crate::error::Error;

/// Which part of a list is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// How many items are left out at the front.
    pub skip: u64,
    /// How many items follow at most; `None` is all of them.
    pub top: Option<u32>,
    /// Whether the whole list is counted.
    pub with_total: bool,
}

impl Page {
    /// The whole list. Every collection is bounded.
    pub const ALL: Page = Page { skip: 0, top: None, with_total: false };

    pub(crate) fn rows(self) -> edm_store::Page {
        edm_store::Page { skip: self.skip, top: self.top }
    }
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed<T> {
    /// The items, by creation.
    pub items: Vec<T>,
    /// How many there are in the whole list, when it was asked for.
    pub total: Option<u64>,
}

/// Takes a name of 1 to 128 characters without control characters; white space around it is cut.
pub(crate) fn checked_name(target: &str, name: &str) -> Result<String, Error> {
    let name = name.trim();
    let characters = name.chars().count();
    if characters == 0 || characters > limits::NAME_CHARACTERS_MAX || name.chars().any(char::is_control) {
        return Err(Error::invalid(
            target,
            format!("a name has 1 to {} characters and no control characters", limits::NAME_CHARACTERS_MAX),
        ));
    }
    Ok(name.to_owned())
}

/// Takes a free text of at most 4,096 characters.
pub(crate) fn checked_text(target: &str, text: Option<String>) -> Result<Option<String>, Error> {
    match text {
        Some(text) if text.chars().count() > limits::TEXT_CHARACTERS_MAX => Err(Error::invalid(
            target,
            format!("a text has at most {} characters: shorten it", limits::TEXT_CHARACTERS_MAX),
        )),
        text => Ok(text),
    }
}
