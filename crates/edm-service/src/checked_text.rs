//! Checks of names and descriptions.

use edm_model::limits;

use crate::error::Error;

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
