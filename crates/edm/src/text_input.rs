//! The texts of `edm classify`: files, folders and standard input.

use std::borrow::Cow;
use std::fmt;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use edm_model::limits;

/// The longest text that is held: it goes into a JSON body, where escapes may double it. Longer ones go as they are read.
pub(crate) const TEXT_BYTES_MAX: usize = limits::JSON_BODY_BYTES_MAX / 2 - 64 * 1024;
/// Files of a folder that are looked at.
const FILES_MAX: usize = 1_000_000;

/// One text to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TextInput {
    /// Read to its end.
    StandardInput,
    /// Named by the user: that it cannot be read is an error.
    File(PathBuf),
    /// Found in a folder: what is no text there is passed over with a word.
    Found(PathBuf),
}

impl TextInput {
    /// Resolves the arguments: `-` is standard input, folders are walked in the order of their names.
    pub(crate) fn resolve(arguments: &[String]) -> anyhow::Result<Vec<Self>> {
        let mut inputs = Vec::new();
        for argument in arguments {
            let path = PathBuf::from(argument);
            if argument == "-" {
                inputs.push(TextInput::StandardInput);
            } else if path.is_dir() {
                walk(&path, &mut inputs).with_context(|| format!("cannot read {}", path.display()))?;
            } else {
                inputs.push(TextInput::File(path));
            }
        }
        Ok(inputs)
    }

    /// Says whether nobody named this file.
    pub(crate) fn is_found(&self) -> bool {
        matches!(self, TextInput::Found(_))
    }

    /// Returns the name that people see.
    pub(crate) fn name(&self) -> String {
        match self {
            TextInput::StandardInput => "-".to_owned(),
            TextInput::File(path) | TextInput::Found(path) => path.display().to_string(),
        }
    }

    /// Reads the text. What is wrong with a file that was found in a folder is told in a word, and its neighbours
    /// are still looked at.
    pub(crate) fn read(&self) -> anyhow::Result<Read> {
        let read = match self {
            TextInput::StandardInput => read_text(io::stdin(), "standard input"),
            TextInput::File(path) | TextInput::Found(path) => read_file(path),
        };
        match (self, read) {
            (_, Ok(read)) => Ok(read),
            (TextInput::Found(_), Err(error)) => {
                eprintln!("edm: passed over: {error:#}");
                Ok(if error.is::<NoText>() { Read::NoText } else { Read::Failed })
            }
            (_, Err(error)) => Err(error),
        }
    }
}

/// What reading an input gave.
#[derive(Debug)]
pub(crate) enum Read {
    /// A text.
    Text(String),
    /// A text that is too long to be held: it is decoded and sent as it is read.
    Long(LongText),
    /// A file that holds none, such as an image: nothing was missed.
    NoText,
    /// A text may be there and was not looked at.
    Failed,
}

/// The bytes of a long text.
pub(crate) struct LongText(Box<dyn io::Read + Send>);

impl fmt::Debug for LongText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LongText")
    }
}

impl io::Read for LongText {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

/// Says where bytes are no text.
#[derive(Debug, Clone, PartialEq, Eq)]
struct NoText {
    name: String,
    byte: usize,
}

impl fmt::Display for NoText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}, byte {} of the file: this is neither UTF-8 nor UTF-16 with a byte order mark; convert a text first, for \
             example with `iconv -f WINDOWS-1252 -t UTF-8`",
            self.name, self.byte
        )
    }
}

impl std::error::Error for NoText {}

fn read_file(path: &Path) -> anyhow::Result<Read> {
    let name = path.display().to_string();
    let file = std::fs::File::open(path).with_context(|| format!("cannot read {name}"))?;
    read_text(file, &name)
}

fn read_text(mut reader: impl io::Read + Send + 'static, name: &str) -> anyhow::Result<Read> {
    let mut bytes = Vec::new();
    let read = reader.by_ref().take(TEXT_BYTES_MAX as u64 + 1).read_to_end(&mut bytes);
    read.with_context(|| format!("cannot read {name}"))?;
    let long = bytes.len() > TEXT_BYTES_MAX;
    // The front of a long text may end within a character: it says whether it is text at all.
    match decode(&bytes).map_err(|byte| NoText { name: name.to_owned(), byte }) {
        Ok(text) if !long && text.len() <= TEXT_BYTES_MAX => Ok(Read::Text(text)),
        Err(no_text) if !long || no_text.byte + 4 <= TEXT_BYTES_MAX => Err(no_text.into()),
        _ => Ok(Read::Long(LongText(Box::new(io::Cursor::new(bytes).chain(reader))))),
    }
}

/// Decodes UTF-8, with or without a byte order mark, and UTF-16 with one. Fails with the first byte that is no
/// text; a NUL is none, but the mark of a binary file or of UTF-16 without its mark.
fn decode(bytes: &[u8]) -> Result<String, usize> {
    let decoded = match bytes {
        [0xFF, 0xFE, units @ ..] => decode_utf16(units, u16::from_le_bytes),
        [0xFE, 0xFF, units @ ..] => decode_utf16(units, u16::from_be_bytes),
        [0xEF, 0xBB, 0xBF, rest @ ..] => decode_utf8(rest).map_err(|byte| byte + 3),
        _ => decode_utf8(bytes),
    };
    decoded.map(Cow::into_owned)
}

fn decode_utf8(bytes: &[u8]) -> Result<Cow<'_, str>, usize> {
    let text = std::str::from_utf8(bytes);
    let valid = text.map_or_else(|error| error.valid_up_to(), str::len);
    match (bytes.iter().take(valid).position(|byte| *byte == 0), text) {
        (Some(nul), _) => Err(nul),
        (None, Ok(text)) => Ok(Cow::Borrowed(text)),
        (None, Err(_)) => Err(valid),
    }
}

/// Decodes what follows a byte order mark of two bytes.
fn decode_utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<Cow<'static, str>, usize> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let mut text = String::with_capacity(bytes.len());
    let mut byte = 2;
    for decoded in char::decode_utf16(pairs.iter().map(|pair| unit(*pair))) {
        match decoded {
            Ok('\0') | Err(_) => return Err(byte),
            Ok(character) => {
                text.push(character);
                byte += 2 * character.len_utf16();
            }
        }
    }
    if rest.is_empty() { Ok(Cow::Owned(text)) } else { Err(byte) }
}

/// Adds the files below a folder. Links are not followed: they may lead out of it or in circles.
fn walk(folder: &Path, inputs: &mut Vec<TextInput>) -> anyhow::Result<()> {
    let mut entries = std::fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let kind = entry.file_type()?;
        if kind.is_dir() {
            walk(&entry.path(), inputs)?;
        } else if kind.is_file() {
            inputs.push(TextInput::Found(entry.path()));
        }
        if inputs.len() > FILES_MAX {
            bail!("the folder has more than {FILES_MAX} files: name smaller ones");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_decoded_and_other_bytes_named() {
        let check = |bytes: &[u8], expected: Result<&str, usize>| {
            assert_eq!(decode(bytes), expected.map(str::to_owned), "{bytes:x?}");
        };
        check(b"", Ok(""));
        check("née 山 😀".as_bytes(), Ok("née 山 😀"));
        check(b"\xEF\xBB\xBFabc", Ok("abc"));
        check(b"\xEF\xBB\xBFab\xFFc", Err(5));
        check(b"\xFF\xFEa\0\x71\x5C", Ok("a山"));
        check(b"\xFE\xFF\0a\x5C\x71", Ok("a山"));
        check(b"\xFF\xFE\x3D\xD8\x00\xDE!\0", Ok("😀!"));
        check(b"\xFF\xFEa\0\x3D\xD8", Err(4));
        check(b"\xFF\xFE\x00\xDEa\0", Err(2));
        check(b"\xFF\xFEa\0b", Err(4));
        check(b"\xFF\xFE", Ok(""));
        check(b"M\xfcller", Err(1));
        check(b"a\0b\0", Err(1));
        check(b"ab\0\xFF", Err(2));
        check(b"\xFF\xFEa\0\0\0", Err(4));
    }

    #[test]
    fn a_text_above_its_bound_is_not_held() {
        let check = |text: Vec<u8>, long: bool| {
            let read = read_text(io::Cursor::new(text.clone()), "mail.txt").expect("a text");
            match read {
                Read::Text(read) => assert!(!long && read.into_bytes() == text),
                Read::Long(mut read) => {
                    let mut all = Vec::new();
                    read.read_to_end(&mut all).expect("reads");
                    assert!(long && all == text, "nothing is lost");
                }
                other => panic!("{other:?}"),
            }
        };
        check(vec![b'a'; TEXT_BYTES_MAX], false);
        check(vec![b'a'; TEXT_BYTES_MAX + 1], true);
        // Cut within a character.
        check("é".repeat(TEXT_BYTES_MAX).into_bytes(), true);
        let picture = [&b"\x89PNG"[..], &vec![0; TEXT_BYTES_MAX]].concat();
        let error = read_text(io::Cursor::new(picture), "mail.txt").expect_err("no text");
        assert!(error.to_string().contains("mail.txt, byte 0"), "{error}");
    }
}
