//! Highlights findings in their text, and counts what a plain regular expression finds there.

use console::Style;
use edm_graph::ClassificationResult;

use crate::output::Output;

/// The expression that most people start with.
pub(crate) const PLAIN_REGEX: &str = r"\b\d{3}-\d{2}-\d{4}\b";

/// Returns the number of matches of the plain regular expression.
pub(crate) fn regex_count(text: &str) -> anyhow::Result<usize> {
    // Digits and word boundaries are ASCII, as in common scanners.
    let plain = regex_lite::Regex::new(PLAIN_REGEX)?;
    Ok(plain.find_iter(text).count())
}

/// The role of a piece of text in a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    Primary,
    Evidence,
}

/// Returns the text with its matches in colour, or in brackets if there are no colours.
pub(crate) fn highlight(text: &str, result: &ClassificationResult, output: Output) -> String {
    let mut marks: Vec<(u64, u64, Mark)> = Vec::new();
    for place in result.classification.iter().flat_map(|found| &found.matches) {
        marks.push((place.offset, place.offset + place.length, Mark::Primary));
        marks.extend(
            place.evidences.iter().map(|piece| (piece.offset, piece.offset + piece.length, Mark::Evidence)),
        );
    }
    marks.sort_unstable_by_key(|(start, end, _)| (*start, *end));
    let mut shown = String::new();
    let mut piece = String::new();
    let mut waiting = marks.into_iter().peekable();
    let mut open: Option<(u64, Mark)> = None;
    let mut at = 0u64;
    for character in text.chars() {
        if let Some((end, mark)) = open
            && at >= end
        {
            shown.push_str(&styled(&std::mem::take(&mut piece), mark, output));
            open = None;
        }
        // A mark that starts inside another one belongs to it.
        while let Some((start, end, mark)) = waiting.peek().copied()
            && start <= at
        {
            waiting.next();
            if open.is_none() && end > at {
                open = Some((end, mark));
            }
        }
        if open.is_some() {
            piece.push(character)
        } else {
            shown.push(character)
        }
        at += character.len_utf16() as u64;
    }
    if let Some((_, mark)) = open {
        shown.push_str(&styled(&piece, mark, output));
    }
    shown
}

fn styled(piece: &str, mark: Mark, output: Output) -> String {
    let (style, bracketed) = match mark {
        Mark::Primary => (Style::new().red().bold().reverse(), format!("⟦{piece}⟧")),
        Mark::Evidence => (Style::new().yellow().bold(), format!("[{piece}]")),
    };
    let coloured = output.style(style, piece);
    if coloured == piece { bracketed } else { coloured }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::OutputFormat;
    use edm_graph::{ContentEvidence, ContentLocation, DetectedContent};

    #[test]
    fn matches_stand_in_brackets_where_there_are_no_colours() {
        let evidence = ContentEvidence { offset: 0, length: 4, ..ContentEvidence::default() };
        let place =
            ContentLocation { offset: 6, length: 2, evidences: vec![evidence], ..ContentLocation::default() };
        let found = DetectedContent { matches: vec![place], ..DetectedContent::default() };
        let result = ClassificationResult { classification: vec![found], ..ClassificationResult::default() };
        // The emoji is two UTF-16 units.
        assert_eq!(highlight("ab😀, 77!", &result, Output::new(Some(OutputFormat::Table))), "[ab😀], ⟦77⟧!");
    }

    #[test]
    fn the_plain_expression_takes_everything_of_its_shape() {
        for (text, count) in
            [("900-12-3456", 1), ("a 900-12-3456, 901-12-3456.", 2), ("1900-12-34567", 0), ("", 0)]
        {
            assert_eq!(regex_count(text).expect("a valid expression"), count, "{text}");
        }
    }
}
