//! The inputs of `edm classify`: files, folders and standard input. Unreadable files are inputs
//! too, with the reason, so that they cannot pass for texts without matches.

use std::fmt;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::bail;
use edm_agent::ErrorKind;
use edm_extract::Utf8Text;
use edm_model::limits;

pub(crate) use edm_extract::{Place, Survey};

/// The longest text held in memory, as UTF-8. It goes into a JSON body, in which escapes may double
/// it. Longer texts are streamed.
pub(crate) const TEXT_BYTES_MAX: usize = limits::JSON_BODY_BYTES_MAX / 2 - 64 * 1024;
/// Maximum number of files in a folder.
const FILES_MAX: usize = 1_000_000;

/// One input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TextInput {
    name: String,
    source: TextSource,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum TextSource {
    StandardInput,
    File(PathBuf),
    /// An unreadable input, with the reason.
    Unreadable(String),
}

impl TextInput {
    /// Resolves the arguments: `-` is standard input, and folders are walked in the order of their
    /// names.
    ///
    /// # Errors
    /// There are more files than one run accepts.
    pub(crate) fn resolve(arguments: &[String]) -> anyhow::Result<Vec<Self>> {
        let mut inputs = Vec::new();
        for argument in arguments {
            let path = Path::new(argument);
            if argument == "-" {
                inputs.push(Self { name: "-".to_owned(), source: TextSource::StandardInput });
                continue;
            }
            match std::fs::metadata(path) {
                Ok(metadata) if metadata.is_dir() => walk(path, path, &mut inputs)?,
                Ok(_) => inputs.push(Self::file(path)),
                Err(error) => inputs.push(Self::unreadable(path, error.to_string())),
            }
        }
        Ok(inputs)
    }

    fn file(path: &Path) -> Self {
        Self { name: path.display().to_string(), source: TextSource::File(path.to_owned()) }
    }

    fn unreadable(path: &Path, reason: impl Into<String>) -> Self {
        Self { name: path.display().to_string(), source: TextSource::Unreadable(reason.into()) }
    }

    /// Returns the display name.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Reads the text. Fails with the reason, which contains no part of the content.
    pub(crate) fn read(&self) -> Result<Text, String> {
        match &self.source {
            TextSource::StandardInput => read_text(io::stdin()),
            TextSource::File(path) => read_text(File::open(path).map_err(|error| error.to_string())?),
            TextSource::Unreadable(reason) => Err(reason.clone()),
        }
    }
}

/// Returns whether the arguments name one text and no folder, which may contain many.
pub(crate) fn is_single(arguments: &[String]) -> bool {
    matches!(arguments, [one] if !Path::new(one).is_dir())
}

/// A text to classify.
#[derive(Debug)]
pub(crate) enum Text {
    /// A text in memory, with its survey.
    Held(String, Survey),
    /// A text too long for memory, which is streamed.
    Long(LongText),
}

/// A long text that is decoded to UTF-8 and surveyed as it is read.
pub(crate) struct LongText {
    text: Box<dyn io::Read + Send>,
    survey: Arc<Mutex<Survey>>,
}

impl LongText {
    /// Returns the survey; it is complete once the text was read.
    pub(crate) fn survey(&self) -> Arc<Mutex<Survey>> {
        Arc::clone(&self.survey)
    }
}

impl fmt::Debug for LongText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LongText")
    }
}

impl io::Read for LongText {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.text.read(buffer)?;
        let (read, _) = buffer.split_at(length);
        self.survey.lock().unwrap_or_else(PoisonError::into_inner).see(read);
        Ok(length)
    }
}

fn read_text(reader: impl io::Read + Send + 'static) -> Result<Text, String> {
    let mut text = Utf8Text::new(reader);
    let mut held = Vec::new();
    let read = text.by_ref().take(TEXT_BYTES_MAX as u64 + 1).read_to_end(&mut held);
    read.map_err(|error| error.to_string())?;
    if held.len() > TEXT_BYTES_MAX {
        let text = Box::new(io::Cursor::new(held).chain(text));
        return Ok(Text::Long(LongText { text, survey: Arc::default() }));
    }
    let mut survey = Survey::default();
    survey.see(&held);
    let text = String::from_utf8(held).expect("a reader that ended without an error gave UTF-8");
    Ok(Text::Held(text, survey))
}

/// Returns why a text could not be read to its end.
pub(crate) fn reason_of(error: &edm_agent::Error) -> String {
    if let ErrorKind::NotText(reason) = error.kind() {
        return reason.to_string();
    }
    let cause = std::error::Error::source(error).map(|cause| format!(": {cause}"));
    format!("{error}{}", cause.unwrap_or_default())
}

/// Adds the files of a folder. Pipes and devices may never end, and links may lead out of the
/// folder or form a cycle. A link into the folder `root` is skipped, because its target is read
/// anyway. All other links, pipes and devices are reported as unread.
fn walk(root: &Path, folder: &Path, inputs: &mut Vec<TextInput>) -> anyhow::Result<()> {
    let entries = std::fs::read_dir(folder).and_then(Iterator::collect::<io::Result<Vec<_>>>);
    let mut entries = match entries {
        Ok(entries) => entries,
        Err(error) => {
            inputs.push(TextInput::unreadable(folder, error.to_string()));
            return Ok(());
        }
    };
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => walk(root, &path, inputs)?,
            Ok(kind) if kind.is_file() => inputs.push(TextInput::file(&path)),
            Ok(kind) if kind.is_symlink() => {
                if !leads_into(root, &path) {
                    inputs.push(TextInput::unreadable(
                        &path,
                        "it is a link that leads out of the folder or nowhere: name what it leads to",
                    ));
                }
            }
            Ok(_) => inputs.push(TextInput::unreadable(&path, "it is a pipe, socket or device, and no file")),
            Err(error) => inputs.push(TextInput::unreadable(&path, error.to_string())),
        }
        if inputs.len() > FILES_MAX {
            bail!("there are more than {FILES_MAX} files, and none was looked at: name smaller folders");
        }
    }
    Ok(())
}

/// Returns whether a link leads to a file that is read anyway.
fn leads_into(root: &Path, link: &Path) -> bool {
    match (root.canonicalize(), link.canonicalize()) {
        (Ok(root), Ok(target)) => target.starts_with(root),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_above_its_bound_is_not_held() {
        let check =
            |text: Vec<u8>, long: bool| match read_text(io::Cursor::new(text.clone())).expect("a text") {
                Text::Held(read, survey) => {
                    assert!(!long && survey.bytes() == text.len() as u64 && read.into_bytes() == text);
                }
                Text::Long(mut read) => {
                    let (survey, mut all) = (read.survey(), Vec::new());
                    read.read_to_end(&mut all).expect("reads");
                    assert!(long && all == text, "nothing is lost");
                    assert_eq!(survey.lock().expect("read").bytes(), text.len() as u64);
                }
            };
        check(vec![b'a'; TEXT_BYTES_MAX], false);
        check(vec![b'a'; TEXT_BYTES_MAX + 1], true);
        // The text is cut within a character.
        check("é".repeat(TEXT_BYTES_MAX).into_bytes(), true);
        let latin = [vec![b'a'; TEXT_BYTES_MAX - 1], vec![0xE9, b' ']].concat();
        let reason = read_text(io::Cursor::new(latin)).expect_err("no text");
        let expected = format!("line 1, byte {} of the file: this is neither", TEXT_BYTES_MAX - 1);
        assert!(reason.starts_with(&expected), "{reason}");
    }

    #[test]
    fn what_is_no_text_is_not_read_and_says_why() {
        let folder = tempfile::tempdir().expect("a folder");
        let check = |bytes: &[u8], expected: Result<&str, &str>| {
            let path = folder.path().join("file");
            std::fs::write(&path, bytes).expect("writes");
            match (TextInput::file(&path).read(), expected) {
                (Ok(Text::Held(text, _)), Ok(expected)) => assert_eq!(text, expected),
                (Err(reason), Err(part)) => assert!(reason.contains(part), "{reason}"),
                (read, _) => panic!("{bytes:x?}: {read:?}"),
            }
        };
        check(b"", Ok(""));
        check("née".as_bytes(), Ok("née"));
        check(b"\xFF\xFEa\0", Ok("a"));
        check(b"\x89PNG\r\n\x1a\n\0\0", Err("an image"));
        check(b"a\0b\0", Err("UTF-16 without"));
        check(&[vec![b'a'; 8192], vec![0]].concat(), Err("line 1, byte 8192 of the file holds a NUL"));
        check(b"M\xFCller", Err("neither UTF-8"));
        check(b"\xFF\xFE\0\0a\0\0\0", Err("UTF-32"));
        check(b"\xFF\xFEa\0\0\0", Err("holds a NUL"));
    }

    #[test]
    fn every_entry_of_a_folder_is_an_input() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name);
        std::fs::create_dir(path("inner")).expect("makes");
        for name in ["b.txt", "a.txt", "inner/c.txt"] {
            std::fs::write(path(name), "x").expect("writes");
        }
        let names = || {
            let arguments = [folder.path().display().to_string(), path("gone").display().to_string()];
            let inputs = TextInput::resolve(&arguments).expect("few files");
            let name = |input: &TextInput| {
                let name = input.name().rsplit('/').next().expect("a name").to_owned();
                format!("{name}{}", if input.read().is_ok() { "" } else { "!" })
            };
            inputs.iter().map(name).collect::<Vec<_>>()
        };
        assert_eq!(names(), ["a.txt", "b.txt", "c.txt", "gone!"]);
        #[cfg(unix)]
        {
            let link =
                |target: &Path, name: &str| std::os::unix::fs::symlink(target, path(name)).expect("links");
            link(Path::new("a.txt"), "d-inside");
            link(Path::new("."), "e-circle");
            link(Path::new("nowhere"), "f-nowhere");
            link(Path::new("/"), "g-outside");
            let socket = std::os::unix::net::UnixListener::bind(path("h-socket")).expect("binds");
            assert_eq!(
                names(),
                ["a.txt", "b.txt", "f-nowhere!", "g-outside!", "h-socket!", "c.txt", "gone!"]
            );
            drop(socket);
        }
    }
}
