//! STYLE 35: a reference names a page and an anchor of this repository, and both exist.

use std::collections::{HashMap, HashSet};

use super::Finding;
use crate::source::SourceFile;

/// Words with which a comment cites a document that is not in this repository.
const FOREIGN: [&str; 5] =
    ["(contract", "(matching,", "; matching, section", "of the contract", "`matching.md`"];
/// Words before the number of a section of a standard.
const STANDARDS: [&str; 7] = ["RFC", "FIPS", "SP 800", "E.164", "Unicode Standard", "ISO", "UAX"];
/// The characters before the number of a section that must name its page or standard.
const REACH: usize = 60;

/// The pages of the repository with their anchors, and all of its paths.
pub(super) struct Pages {
    paths: HashSet<String>,
    anchors: HashMap<String, HashSet<String>>,
    /// The numbers of a page's headings: `8` of `## 8 Data types`.
    numbers: HashMap<String, HashSet<String>>,
}

impl Pages {
    pub(super) fn new(paths: &[String], texts: &[(String, String)]) -> Self {
        let mut pages = Self { paths: HashSet::new(), anchors: HashMap::new(), numbers: HashMap::new() };
        for path in paths {
            let mut folder = path.as_str();
            while pages.paths.insert(folder.to_owned()) {
                folder = folder.rsplit_once('/').map_or("", |(folder, _)| folder);
            }
        }
        for (path, text) in texts.iter().filter(|(path, _)| path.ends_with(".md")) {
            let headings: Vec<&str> = prose(text).filter_map(|(_, line)| heading(line)).collect();
            // A rule has a separate anchor: `<a id="u10"></a>`.
            let rules = prose(text).flat_map(|(_, line)| line.split("<a id=\"").skip(1));
            let rules = rules.filter_map(|rest| rest.split('"').next().map(str::to_owned));
            pages.anchors.insert(path.clone(), anchors(&headings).into_iter().chain(rules).collect());
            let numbers = headings.iter().filter_map(|text| text.split([' ', '.']).next().map(str::to_owned));
            pages.numbers.insert(path.clone(), numbers.collect());
        }
        pages
    }

    /// Returns what is wrong with a link from a file in `folder`; `None` if its target exists.
    fn fault(&self, folder: &str, target: &str) -> Option<String> {
        let (path, anchor) = match target.split_once('#') {
            Some((path, anchor)) => (path, Some(anchor)),
            None => (target, None),
        };
        let path = resolve(folder, path);
        if !self.paths.contains(&path) {
            return Some(format!("`{target}` leads to nothing: there is no {path}"));
        }
        let anchors = self.anchors.get(&path)?;
        let is_missing = anchor.is_some_and(|anchor| !anchors.contains(anchor));
        is_missing.then(|| format!("`{target}` leads to nothing: {path} has no such heading"))
    }
}

/// Checks the links of a Markdown page.
pub(super) fn check_page(pages: &Pages, path: &str, text: &str) -> Vec<Finding> {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut findings = Vec::new();
    for (line, words) in prose(text) {
        for target in targets(words) {
            let target = if target.starts_with('#') { format!("/{path}{target}") } else { target.to_owned() };
            if let Some(fault) = pages.fault(folder, &target) {
                findings.push(Finding::new(path, line, fault));
            }
        }
    }
    findings
}

/// Checks the citations in the comments of a Rust file. They may only cite pages of the repository,
/// by their path from its root, and their sections.
pub(super) fn check_comments(pages: &Pages, file: &SourceFile) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut before = String::new();
    for (index, (line, code)) in file.text.lines().zip(file.code.lines()).enumerate() {
        let Some(comment) = comment(line, code) else {
            before.clear();
            continue;
        };
        let faults = faults(pages, &before, comment).into_iter();
        findings.extend(faults.map(|fault| Finding::new(&file.path, index + 1, fault)));
        before.push_str(comment);
        before.push(' ');
    }
    findings
}

/// Returns the words of a line that is a comment.
fn comment<'a>(line: &'a str, code: &str) -> Option<&'a str> {
    let comment = line.trim_start();
    let is_comment = comment.starts_with("//") && code.trim().is_empty();
    is_comment.then(|| comment.trim_start_matches(['/', '!']).trim())
}

fn faults(pages: &Pages, before: &str, comment: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for target in page_names(comment) {
        faults.extend(pages.fault("", target));
    }
    let is_foreign = |words: &&str| comment.contains(*words);
    if let Some(words) = FOREIGN.iter().find(|words| is_foreign(words)) {
        faults
            .push(format!("`{words}` cites a document that is not here: name a page and an anchor of docs/"));
        return faults;
    }
    let text = format!("{before}{comment}");
    for (at, numbers) in sections(&text).filter(|(at, _)| *at >= before.len()) {
        faults.extend(section_fault(pages, text.get(..at).unwrap_or_default(), numbers));
    }
    faults
}

/// Returns the offsets in a text at which sections are named, each with the text after the word.
fn sections(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.match_indices("section").filter_map(|(at, _)| {
        let rest = text.get(at + "section".len()..)?;
        let numbers = rest.strip_prefix('s').unwrap_or(rest).strip_prefix(' ')?;
        numbers.starts_with(|first: char| first.is_ascii_digit()).then_some((at, numbers))
    })
}

fn section_fault(pages: &Pages, before: &str, numbers: &str) -> Option<String> {
    let near: String = before.chars().rev().take(REACH).collect::<Vec<_>>().into_iter().rev().collect();
    let number: String = numbers.chars().take_while(char::is_ascii_digit).collect();
    let page = page_names(&near).last();
    let standard = STANDARDS.iter().filter_map(|name| near.rfind(name)).max();
    match (page, standard) {
        (Some(page), standard) if standard < near.rfind(page) => {
            let has_number = pages.numbers.get(page).is_some_and(|known| known.contains(&number));
            (!has_number).then(|| format!("`{page}` leads to nothing: it has no section {number}"))
        }
        (_, Some(_)) => None,
        _ => Some(format!("section {number} of which page? name one of docs/ and its anchor")),
    }
}

/// Returns the pages that a text names from the root of the repository, with their anchors.
fn page_names(text: &str) -> impl Iterator<Item = &str> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '-' | '_' | '#');
    text.split(move |c| !is_name(c))
        .map(|word| word.trim_end_matches('.'))
        .filter(|word| word.starts_with("docs/") && word.contains(".md"))
}

/// Returns the lines of a page outside its code blocks, with their numbers.
fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut is_code = false;
    text.lines().enumerate().filter_map(move |(index, line)| {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        (!is_code && !is_fence).then_some((index + 1, line))
    })
}

fn heading(line: &str) -> Option<&str> {
    line.starts_with('#').then(|| line.trim_start_matches('#').trim())
}

/// Returns the anchors that GitHub gives to headings; equal ones are numbered.
fn anchors(headings: &[&str]) -> HashSet<String> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let slug = |heading: &&str| -> String {
        let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        kept.flat_map(char::to_lowercase).map(|c| if c == ' ' { '-' } else { c }).collect()
    };
    headings
        .iter()
        .map(slug)
        .map(|slug| {
            let count = seen.entry(slug.clone()).or_default();
            *count += 1;
            if *count == 1 { slug } else { format!("{slug}-{}", *count - 1) }
        })
        .collect()
}

/// Returns the targets of a line's links, without those outside the repository.
fn targets(line: &str) -> impl Iterator<Item = &str> {
    let inline = line.split("](").skip(1).filter_map(|rest| rest.split([')', ' ']).next());
    let is_reference = |rest: &&str| !rest.contains(' ');
    let reference = line.strip_prefix('[').and_then(|rest| rest.split_once("]: ")).map(|(_, target)| target);
    inline
        .chain(reference.filter(is_reference))
        .filter(|target| !target.is_empty() && !target.contains("://") && !target.starts_with("mailto:"))
}

/// Resolves `path` in a folder to a path from the root. A path that begins with `/` is from the
/// root already.
fn resolve(folder: &str, path: &str) -> String {
    let mut parts: Vec<&str> = match path.strip_prefix('/') {
        Some(_) => Vec::new(),
        None => folder.split('/').filter(|part| !part.is_empty()).collect(),
    };
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pages() -> Pages {
        let page =
            "# Title\n\n## 8 Data types\n\n```\n# no heading\n```\n## `a_b`, and *more*\n## Same\n## Same\n";
        let texts = [("docs/a.md".to_owned(), page.to_owned())];
        Pages::new(&["docs/a.md".to_owned(), "docs/api/b.md".to_owned(), "README.md".to_owned()], &texts)
    }

    #[test]
    fn links_of_pages_lead_somewhere() {
        let check = |path: &str, text: &str, expected: usize| {
            let findings = check_page(&pages(), path, text);
            assert_eq!(findings.len(), expected, "{text}: {findings:?}");
        };
        check("README.md", "[a](docs/a.md) [b](docs) [c](docs/api/b.md#unknown) [d](https://example.org)", 0);
        check("README.md", "[a](docs/c.md) and [b](docs/a.md)", 1);
        check("docs/api/b.md", "[a](../a.md#8-data-types) [b](../../README.md)", 0);
        check("docs/a.md", "[a](#a_b-and-more) [b](#same-1) [c](#title)", 0);
        check("docs/a.md", "[a](#no-heading)\n[b](#same-2)", 2);
        check("docs/a.md", "```\n[a](nothing)\n```", 0);
        check("docs/a.md", "[a]: nothing\n[b]: a.md\n", 1);
    }

    #[test]
    fn comments_cite_what_is_here() {
        let check = |text: &str, expected: usize| {
            let findings = check_comments(&pages(), &SourceFile::new("crates/edm-graph/src/x.rs", text));
            assert_eq!(findings.len(), expected, "{text}: {findings:?}");
        };
        check("/// As in `docs/a.md`, section 8.", 0);
        check("/// As in `docs/a.md`,\n/// section 8.", 0);
        check("/// As in `docs/a.md`, section 9.", 1);
        check("/// As in docs/a.md#same.", 0);
        check("/// As in docs/a.md#other, and in `docs/c.md`.", 2);
        check("// RFC 5321, section 4.5.3.1", 0);
        check("// (matching, section 5)", 1);
        check("//! (contract, extensions)", 1);
        check("// see section 5", 1);
        check("let a = \"(contract, x)\"; // fine", 0);
    }
}
