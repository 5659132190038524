//! A text in several languages → the text that is kept.

use super::document::Element;
use super::error::shown;

/// One text of a file in one language.
pub(super) struct Localized<'a> {
    pub(super) language: Option<&'a str>,
    pub(super) is_default: bool,
    pub(super) element: &'a Element,
}

/// Returns the text to keep: the default, else the one in the package's language, else the first.
/// Warns which languages are left out.
pub(super) fn choose<'a>(
    texts: &[Localized<'a>],
    default_language: Option<&str>,
    what: &str,
    warnings: &mut Vec<String>,
) -> Option<&'a Element> {
    let in_default = |text: &&Localized<'_>| match (text.language, default_language) {
        (Some(language), Some(default)) => language.eq_ignore_ascii_case(default),
        _ => false,
    };
    let marked = texts.iter().find(|text| text.is_default);
    let chosen = marked.or_else(|| texts.iter().find(in_default)).or(texts.first())?;
    if texts.len() > 1 {
        let name = |text: &Localized<'_>| shown(text.language.unwrap_or("no language"));
        let others = texts.iter().filter(|text| !std::ptr::eq(text.element, chosen.element));
        let others: Vec<String> = others.map(name).collect();
        warnings.push(format!(
            "line {}: {what} is kept in {} and left out in {}",
            chosen.element.line,
            name(chosen),
            others.join(", ")
        ));
    }
    Some(chosen.element)
}
