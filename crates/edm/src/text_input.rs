//! The texts of `edm classify`: files, folders and standard input.

use std::fmt;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use edm_agent::Utf8Text;
use edm_model::limits;

/// The longest text that is held, as UTF-8: it goes into a JSON body, where escapes may double it. Longer ones go as they are read.
pub(crate) const TEXT_BYTES_MAX: usize = limits::JSON_BODY_BYTES_MAX / 2 - 64 * 1024;
/// Files of a folder that are looked at.
const FILES_MAX: usize = 1_000_000;
/// What of a file that was found says whether it is text at all.
const FRONT_BYTES: usize = 8 * 1024;
/// How UTF-16 begins, which has NUL bytes and is text.
const UTF16_MARKS: [&[u8]; 2] = [b"\xFF\xFE", b"\xFE\xFF"];
/// How files begin that hold texts in a form that is not read here: gzip, bzip2, xz, zstd, 7z, zip with the newer documents
/// of offices, the older ones, PDF.
const PACKED: [&[u8]; 8] = [
    b"\x1F\x8B",
    b"BZh",
    b"\xFD7zXZ\0",
    b"\x28\xB5\x2F\xFD",
    b"7z\xBC\xAF\x27\x1C",
    b"PK",
    b"\xD0\xCF\x11\xE0",
    b"%PDF",
];

/// One text to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TextInput {
    /// Read to its end.
    StandardInput,
    /// Named by the user: that it cannot be read is an error.
    File(PathBuf),
    /// Found in a folder: what cannot be looked at there is told of, and its neighbours still are.
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
        match self {
            TextInput::StandardInput => read_text(io::stdin(), "standard input"),
            TextInput::File(path) => read_text(open(path)?, &self.name()),
            TextInput::Found(path) => Ok(read_found(path, &self.name()).unwrap_or_else(|error| {
                eprintln!("edm: not looked at: {error:#}");
                Read::Failed
            })),
        }
    }
}

/// What reading an input gave.
#[derive(Debug)]
pub(crate) enum Read {
    /// A text.
    Text(String),
    /// A text that is too long to be held: it is sent as it is read.
    Long(LongText),
    /// A file that holds none, such as an image: nothing was missed.
    NoText,
    /// A text may be there and was not looked at.
    Failed,
}

/// A long text as UTF-8, decoded as it is read.
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

fn open(path: &Path) -> anyhow::Result<File> {
    File::open(path).with_context(|| format!("cannot read {}", path.display()))
}

fn read_found(path: &Path, name: &str) -> anyhow::Result<Read> {
    let mut file = open(path)?;
    let mut front = Vec::new();
    file.by_ref()
        .take(FRONT_BYTES as u64)
        .read_to_end(&mut front)
        .with_context(|| format!("cannot read {name}"))?;
    let begins = |mark: &&[u8]| front.starts_with(mark);
    if PACKED.iter().any(begins) {
        bail!("{name} is packed or a document: unpack it, or save its text as UTF-8");
    }
    if front.contains(&0) && !UTF16_MARKS.iter().any(begins) {
        eprintln!("edm: passed over: {name} has NUL bytes, so it is no text");
        return Ok(Read::NoText);
    }
    read_text(io::Cursor::new(front).chain(file), name)
}

fn read_text(reader: impl io::Read + Send + 'static, name: &str) -> anyhow::Result<Read> {
    let mut text = Utf8Text::new(reader);
    let mut held = Vec::new();
    let read = text.by_ref().take(TEXT_BYTES_MAX as u64 + 1).read_to_end(&mut held);
    read.with_context(|| format!("cannot read {name}"))?;
    if held.len() > TEXT_BYTES_MAX {
        return Ok(Read::Long(LongText(Box::new(io::Cursor::new(held).chain(text)))));
    }
    Ok(Read::Text(String::from_utf8(held).expect("a reader that ended without an error gave UTF-8")))
}

/// Adds the files below a folder. Links are not followed: they may lead out of it or in circles; pipes and devices may
/// never end.
fn walk(folder: &Path, inputs: &mut Vec<TextInput>) -> anyhow::Result<()> {
    let mut entries = std::fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let kind = entry.file_type()?;
        if kind.is_dir() {
            walk(&entry.path(), inputs)?;
        } else if kind.is_file() {
            inputs.push(TextInput::Found(entry.path()));
        } else {
            let what = if kind.is_symlink() { "a link" } else { "no plain file" };
            eprintln!("edm: passed over: {} is {what}: name what is meant", entry.path().display());
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
        let latin = [vec![b'a'; TEXT_BYTES_MAX - 1], vec![0xE9, b' ']].concat();
        let error = read_text(io::Cursor::new(latin), "mail.txt").expect_err("no text");
        let expected = format!("cannot read mail.txt: line 1, byte {} of the file", TEXT_BYTES_MAX - 1);
        assert!(format!("{error:#}").starts_with(&expected), "{error:#}");
    }

    #[test]
    fn what_was_found_is_no_text_or_was_not_looked_at() {
        let folder = tempfile::tempdir().expect("a folder");
        let check = |bytes: &[u8], expected: &str| {
            let path = folder.path().join("file");
            std::fs::write(&path, bytes).expect("writes");
            let read = TextInput::Found(path).read().expect("a file that was found never ends the run");
            let read = match read {
                Read::Text(text) => format!("text {text}"),
                Read::Long(_) => "long".to_owned(),
                Read::NoText => "no text".to_owned(),
                Read::Failed => "not looked at".to_owned(),
            };
            assert_eq!(read, expected, "{bytes:x?}");
        };
        check(b"", "text ");
        check("née".as_bytes(), "text née");
        check(b"\xFF\xFEa\0", "text a");
        check(b"\x89PNG\r\n\x1a\n\0\0", "no text");
        check(b"a\0b\0", "no text");
        check(&[vec![b'a'; FRONT_BYTES - 1], vec![0]].concat(), "no text");
        check(&[vec![b'a'; FRONT_BYTES], vec![0]].concat(), "not looked at");
        check(b"M\xFCller", "not looked at");
        check(b"\xFF\xFE\0\0a\0\0\0", "not looked at");
        check(b"\xFF\xFEa\0\0\0", "not looked at");
        check(b"\x1F\x8B\x08\0\0\0\0\0", "not looked at");
        check(b"PK\x03\x04\0", "not looked at");
        check(b"%PDF-1.7\n", "not looked at");
    }
}
