//! From the bytes of a file to its text, as UTF-8.
//!
//! Decides in one way for every caller whether a file is text, and in which encoding. A file that
//! is not read is an error with a reason. It is never an empty text, which would be reported as one
//! without matches.
//!
//! Refuses to guess: without a byte order mark and without a declared encoding, a text is UTF-8. It
//! extracts nothing from documents yet; those are named and refused.
//!
//! ```
//! use edm_extract::{ErrorKind, TextEncoding, text_of};
//!
//! let text = text_of(b"\xFF\xFEa\0", TextEncoding::UTF_8)?;
//! assert_eq!(text, "a", "a byte order mark overrides the declared encoding");
//!
//! let refused = text_of(b"%PDF-1.7\n", TextEncoding::UTF_8).expect_err("a document");
//! assert!(matches!(refused.kind(), ErrorKind::OtherFormat { .. }));
//! # Ok::<(), edm_extract::Error>(())
//! ```

mod control;
mod encoding;
mod error;
mod format;
mod mistaken;
mod sniff;
mod survey;
#[cfg(test)]
mod tests;
mod utf8_text;

pub use encoding::TextEncoding;
pub use error::{Error, ErrorKind};
pub use mistaken::MistakenEncoding;
pub use survey::{Place, Survey};
pub use utf8_text::{Utf8Text, text_of};
