//! A text of a request: the service overwrites its copy when the request is done.

use std::borrow::Cow;
use std::ops::Deref;

use edm_model::{Wipe, Wiped};

/// A borrowed text, or a copy that is overwritten when it is dropped.
pub(crate) struct WipedText<'a>(Cow<'a, str>);

impl<'a> WipedText<'a> {
    pub(crate) fn new(text: impl Into<Cow<'a, str>>) -> Self {
        Self(text.into())
    }

    /// Returns an owned copy.
    pub(crate) fn into_owned(mut self) -> Wiped<String> {
        Wiped::from(std::mem::take(&mut self.0).into_owned())
    }
}

impl Deref for WipedText<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl Drop for WipedText<'_> {
    fn drop(&mut self) {
        if let Cow::Owned(text) = &mut self.0 {
            text.wipe();
        }
    }
}
