//! English paragraphs from the folders that xtask unpacked: HTML without tags, Perl's POD and
//! Markdown without code.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

/// Paragraphs are cut at a space after this many bytes, so that small texts consist of whole
/// paragraphs.
const PARAGRAPH_BYTES: usize = 900;
/// Shorter ones are headings and fragments.
const PARAGRAPH_BYTES_MIN: usize = 40;

/// With fewer, the same words repeat too often.
const PARAGRAPHS_MIN: usize = 50;

/// Returns the paragraphs of every HTML, POD and Markdown file under the paths, in path order.
pub(crate) fn paragraphs(folders: &[PathBuf]) -> anyhow::Result<Vec<String>> {
    let mut files = Vec::new();
    for folder in folders {
        collect(folder, &mut files).with_context(|| format!("no prose in {}", folder.display()))?;
    }
    files.sort();
    let mut out = Vec::new();
    for file in files {
        let text = String::from_utf8_lossy(&fs::read(&file)?).into_owned();
        let plain = if file.extension().is_some_and(|extension| extension == "html") {
            without_tags(&text)
        } else {
            without_code(&text)
        };
        plain.split("\n\n").for_each(|paragraph| push_pieces(paragraph, &mut out));
    }
    if out.len() < PARAGRAPHS_MIN {
        bail!("the prose has only {} paragraphs: give folders of HTML, POD or Markdown files", out.len());
    }
    Ok(out)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    if folder.is_file() {
        files.push(folder.to_owned());
        return Ok(());
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_symlink() {
            continue;
        }
        if path.is_dir() {
            collect(&path, files)?;
        } else if path
            .extension()
            .is_some_and(|extension| ["html", "pod", "md"].iter().any(|e| extension == *e))
        {
            files.push(path);
        }
    }
    Ok(())
}

/// Removes tags, scripts and styles. The end of a block ends a paragraph.
fn without_tags(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(open) = rest.find('<') {
        out.push_str(&rest[..open]);
        let tag = &rest[open..];
        let name: String = tag[1..]
            .chars()
            .take_while(|c| c.is_ascii_alphanumeric() || *c == '/')
            .collect::<String>()
            .to_lowercase();
        let end = match name.as_str() {
            "script" | "style" | "pre" => tag.find(&format!("</{name}")),
            _ => tag.find('>').map(|end| end + 1),
        };
        if matches!(
            name.as_str(),
            "p" | "/p" | "div" | "/div" | "li" | "/li" | "br" | "h1" | "h2" | "h3" | "/h1" | "/h2" | "/h3"
        ) {
            out.push_str("\n\n");
        }
        rest = end.map_or("", |end| &tag[end..]);
    }
    out.push_str(rest);
    for (entity, character) in [
        ("&nbsp;", " "),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#8217;", "\u{2019}"),
        ("&amp;", "&"),
    ] {
        out = out.replace(entity, character);
    }
    out
}

/// Removes indented lines, which are code, and POD commands.
fn without_code(text: &str) -> String {
    let prose = |line: &&str| !line.starts_with([' ', '\t', '=', '|', '#', '`']);
    text.lines().filter(prose).collect::<Vec<_>>().join("\n")
}

fn push_pieces(paragraph: &str, out: &mut Vec<String>) {
    let words: Vec<&str> = paragraph.split_whitespace().collect();
    let mut piece = String::new();
    for word in words {
        if piece.len() + word.len() > PARAGRAPH_BYTES {
            keep(&mut piece, out);
        }
        if !piece.is_empty() {
            // Breaks lines as mail and documentation do.
            let column = piece.len() - piece.rfind('\n').map_or(0, |at| at + 1);
            piece.push(if column > 72 { '\n' } else { ' ' });
        }
        piece.push_str(word);
    }
    keep(&mut piece, out);
}

fn keep(piece: &mut String, out: &mut Vec<String>) {
    let whole = std::mem::take(piece);
    if whole.len() >= PARAGRAPH_BYTES_MIN {
        out.push(whole);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_goes_and_words_stay() {
        let check = |html: &str, expected: &str| {
            let words = without_tags(html);
            assert_eq!(words.split_whitespace().collect::<Vec<_>>().join(" "), expected);
        };
        check("<p>Ada &amp; <b>Bob</b></p><script>x<y</script>end", "Ada & Bob end");
        check("a<br>b <!-- c", "a b");
        assert_eq!(without_code("=head1 X\n\nText here.\n    code"), "\nText here.");
    }

    #[test]
    fn long_paragraphs_are_cut_between_words() {
        let mut pieces = Vec::new();
        push_pieces(&"lorem ipsum ".repeat(200), &mut pieces);
        assert!(pieces.len() > 1 && pieces.iter().all(|piece| piece.len() <= PARAGRAPH_BYTES));
        assert_eq!(pieces.join(" ").split_whitespace().count(), 400);
    }
}
