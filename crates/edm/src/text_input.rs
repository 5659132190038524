//! The texts of `edm classify`: files, folders and standard input.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use edm_model::limits;

/// The longest text that is sent: it goes into a JSON body, where escapes may double it.
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

    /// Returns the name that people see.
    pub(crate) fn name(&self) -> String {
        match self {
            TextInput::StandardInput => "-".to_owned(),
            TextInput::File(path) | TextInput::Found(path) => path.display().to_string(),
        }
    }

    /// Reads the text, `None` for a found file that holds none.
    pub(crate) fn read(&self) -> anyhow::Result<Option<String>> {
        match self {
            TextInput::StandardInput => read_text(io::stdin().lock(), "standard input").map(Some),
            TextInput::File(path) => read_file(path).map(Some),
            TextInput::Found(path) => match read_file(path) {
                Ok(text) => Ok(Some(text)),
                Err(error) => {
                    eprintln!("edm: passed over: {error:#}");
                    Ok(None)
                }
            },
        }
    }
}

fn read_file(path: &Path) -> anyhow::Result<String> {
    let name = path.display().to_string();
    let file = std::fs::File::open(path).with_context(|| format!("cannot read {name}"))?;
    read_text(file, &name)
}

fn read_text(reader: impl Read, name: &str) -> anyhow::Result<String> {
    let mut bytes = Vec::new();
    let read = reader.take(TEXT_BYTES_MAX as u64 + 1).read_to_end(&mut bytes);
    read.with_context(|| format!("cannot read {name}"))?;
    if bytes.len() > TEXT_BYTES_MAX {
        bail!("{name} has more than {TEXT_BYTES_MAX} bytes: cut it into smaller texts");
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(text),
        Err(error) => {
            let byte = error.utf8_error().valid_up_to();
            bail!("{name} is no UTF-8 text (byte {byte}): convert it first")
        }
    }
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
