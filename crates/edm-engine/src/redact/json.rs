//! Finds JSON in a text, so that it is still JSON when values of it are replaced. Only its
//! tokens are distinguished: what the values are does not matter.

use std::ops::Range;

use crate::text::span::TextSpan;

/// What a token of JSON is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// What is between the quotes of a string.
    Text,
    /// A number, `true`, `false` or `null`.
    Bare,
}

/// A token that may hold a value: all others are structure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) kind: TokenKind,
}

/// A span of a text that is one object or array, and the tokens in it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Document {
    start: usize,
    end: usize,
    tokens: Range<usize>,
}

/// The objects and arrays of a text: the text itself, lines of it, or what is in the middle of
/// other things.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Documents {
    documents: Vec<Document>,
    tokens: Vec<Token>,
}

/// How often each byte is read at most, on average. Only what is made to look like JSON, and is
/// none, is read more than twice.
const READS_MAX: usize = 16;

impl Documents {
    /// Finds them. A text that is made of beginnings is given up: what is left of it is no JSON.
    pub(crate) fn of(text: &str) -> Self {
        let mut found = Self::default();
        let bytes = text.as_bytes();
        let mut left = bytes.len().saturating_mul(READS_MAX);
        let mut at = 0;
        while let Some(begin) = bytes.iter().skip(at).position(|byte| matches!(byte, b'{' | b'[')) {
            let start = at + begin;
            let first = found.tokens.len();
            let mut reader = Reader { bytes, at: start, tokens: &mut found.tokens };
            let whole = reader.value();
            let end = reader.at;
            match whole {
                Some(()) => {
                    let tokens = first..found.tokens.len();
                    found.documents.push(Document { start, end, tokens });
                    at = end;
                }
                None => {
                    // It looked like JSON and was not: what was read of it is dropped, and the
                    // search goes on one byte later.
                    found.tokens.truncate(first);
                    at = start + 1;
                }
            }
            left = left.saturating_sub(end - start);
            if left == 0 {
                break;
            }
        }
        found
    }

    /// Returns the parts of a span that can be replaced by themselves, in order: of JSON those that
    /// lie in its tokens, whole where a token is bare, with whole escapes; else all of it.
    pub(crate) fn parts(&self, text: &str, span: TextSpan) -> Vec<Part> {
        let TextSpan { start, end, .. } = span;
        let first = self.documents.partition_point(|document| document.end <= start);
        let touched = self.documents.iter().skip(first).take_while(|document| document.start < end);
        let (mut parts, mut at) = (Vec::new(), start);
        for document in touched {
            if at < document.start {
                parts.push(Part { start: at, end: document.start, bare: false });
            }
            let tokens = &self.tokens[document.tokens.clone()];
            let from = tokens.partition_point(|token| token.end <= at);
            for token in tokens.iter().skip(from).take_while(|token| token.start < end) {
                parts.push(match token.kind {
                    TokenKind::Bare => Part { start: token.start, end: token.end, bare: true },
                    TokenKind::Text => {
                        text_part(text, token, TextSpan::new(at.max(token.start), end.min(token.end)))
                    }
                });
            }
            at = document.end;
        }
        if at < end {
            parts.push(Part { start: at, end, bare: false });
        }
        parts
    }
}

/// A span that is replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// Whether it is where JSON has a value without quotes.
    pub(crate) bare: bool,
}

/// Grows a span of a string by the escapes that it cuts.
fn text_part(text: &str, token: &Token, span: TextSpan) -> Part {
    let TextSpan { start, end, .. } = span;
    let (mut part, mut at) = (Part { start, end, bare: false }, token.start);
    let bytes = text.as_bytes();
    while at < end {
        let Some(escape) = bytes.get(at..end).and_then(|rest| rest.iter().position(|byte| *byte == b'\\'))
        else {
            break;
        };
        let begin = at + escape;
        at = (begin + escape_bytes(bytes, begin)).min(token.end);
        if begin < start && start < at {
            part.start = begin;
        }
        if begin < end && end < at {
            part.end = at;
        }
    }
    part
}

/// Returns how long an escape is; two halves of a character are one.
fn escape_bytes(bytes: &[u8], at: usize) -> usize {
    let unit = |at: usize| match bytes.get(at..at + 6) {
        Some([b'\\', b'u', digits @ ..]) => {
            std::str::from_utf8(digits).ok().and_then(|digits| u16::from_str_radix(digits, 16).ok())
        }
        _ => None,
    };
    match (unit(at), unit(at + 6)) {
        (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => 12,
        (Some(_), _) => 6,
        (None, _) => 2,
    }
}

/// Reads one value.
struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    tokens: &'a mut Vec<Token>,
}

impl Reader<'_> {
    /// Reads an object or array to its end; `None` where it is none. Does not recurse, because the
    /// text decides how deep it is nested.
    fn value(&mut self) -> Option<()> {
        // A stack of open brackets and no recursion. An object's key is read with the bracket or
        // comma before it, so that the loop sees values only.
        let mut open: Vec<u8> = Vec::new();
        loop {
            self.white();
            match self.peek()? {
                bracket @ (b'{' | b'[') => {
                    self.at += 1;
                    open.push(bracket);
                    self.white();
                    if self.peek()? != closing(bracket) {
                        if bracket == b'{' {
                            self.key()?;
                        }
                        continue;
                    }
                }
                b'"' => self.string()?,
                _ => self.bare()?,
            }
            // After a value: the bracket that it closes, or the next value.
            loop {
                self.white();
                let bracket = *open.last()?;
                let next = self.peek()?;
                self.at += 1;
                if next == closing(bracket) {
                    open.pop();
                    if open.is_empty() {
                        return Some(());
                    }
                    continue;
                }
                if next != b',' {
                    return None;
                }
                if bracket == b'{' {
                    self.white();
                    self.key()?;
                }
                break;
            }
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn white(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn key(&mut self) -> Option<()> {
        if self.peek()? != b'"' {
            return None;
        }
        self.string()?;
        self.white();
        (self.peek()? == b':').then(|| self.at += 1)
    }

    fn string(&mut self) -> Option<()> {
        self.at += 1;
        let start = self.at;
        loop {
            match self.peek()? {
                b'"' => break,
                b'\\' => {
                    let known = match self.bytes.get(self.at + 1)? {
                        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => true,
                        b'u' => {
                            let digits = self.bytes.get(self.at + 2..self.at + 6)?;
                            digits.iter().all(u8::is_ascii_hexdigit)
                        }
                        _ => false,
                    };
                    if !known {
                        return None;
                    }
                    self.at += escape_bytes(self.bytes, self.at);
                }
                0..=0x1F => return None,
                _ => self.at += 1,
            }
        }
        self.tokens.push(Token { start, end: self.at, kind: TokenKind::Text });
        self.at += 1;
        Some(())
    }

    fn bare(&mut self) -> Option<()> {
        let start = self.at;
        while matches!(self.peek(), Some(b'-' | b'+' | b'.' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z')) {
            self.at += 1;
        }
        let word = self.bytes.get(start..self.at)?;
        if !matches!(word, b"true" | b"false" | b"null") && !is_number(word) {
            return None;
        }
        self.tokens.push(Token { start, end: self.at, kind: TokenKind::Bare });
        Some(())
    }
}

const fn closing(bracket: u8) -> u8 {
    if bracket == b'{' { b'}' } else { b']' }
}

fn is_number(word: &[u8]) -> bool {
    let digits = |from: &[u8]| from.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let mut rest = word.strip_prefix(b"-").unwrap_or(word);
    let whole = digits(rest);
    if whole == 0 || whole > 1 && rest.first() == Some(&b'0') {
        return false;
    }
    rest = rest.get(whole..).unwrap_or(&[]);
    if let Some(fraction) = rest.strip_prefix(b".") {
        let count = digits(fraction);
        if count == 0 {
            return false;
        }
        rest = fraction.get(count..).unwrap_or(&[]);
    }
    if let [b'e' | b'E', exponent @ ..] = rest {
        let exponent = exponent.strip_prefix(b"-").or(exponent.strip_prefix(b"+")).unwrap_or(exponent);
        return !exponent.is_empty() && digits(exponent) == exponent.len();
    }
    rest.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What can be replaced of the places between `⟦` and `⟧`, bare ones between `<` and `>`.
    fn check(marked: &str, expected: &[&str]) {
        let text = marked.replace(['⟦', '⟧'], "");
        let start = marked.find('⟦').expect("a place begins");
        let end = marked.find('⟧').expect("it ends") - '⟦'.len_utf8();
        let found: Vec<String> = Documents::of(&text)
            .parts(&text, TextSpan::new(start, end))
            .iter()
            .map(|part| {
                let part_text = &text[part.start..part.end];
                if part.bare { format!("<{part_text}>") } else { part_text.to_owned() }
            })
            .collect();
        assert_eq!(found, expected, "{marked}");
    }

    #[test]
    fn parts_of_what_is_json_and_of_what_is_not() {
        check("ssn ⟦900123456⟧ of", &["900123456"]);
        check("⟦900123456⟧", &["900123456"]);
        check(r#"{"ssn":⟦900123456⟧}"#, &["<900123456>"]);
        check(r#"{"ssn": 1⟦23⟧4.5e+6 }"#, &["<1234.5e+6>"]);
        check(r#"[1, ⟦900123456⟧, -2]"#, &["<900123456>"]);
        check(r#"[⟦null⟧]"#, &["<null>"]);
        check(r#"{"a":{"b":[[]],"⟦Ulm⟧ x":[{}, true, false]}}"#, &["Ulm"]);
        check(r#"["Jane⟦ Roe","Ulm⟧er"]"#, &[" Roe", "Ulm"]);
        check(r#"{"⟦ssn":900,"b⟧":1}"#, &["ssn", "<900>", "b"]);
        check("log: {\"a\":1⟦2}, and then 3⟧4", &["<12>", ", and then 3"]);
        check("{\"a\":⟦1⟧}\n{\"a\":2}", &["<1>"]);
        check("{\"a\":1}\n{\"a\":⟦2⟧}", &["<2>"]);
        // Cut off, with a word, with a leading zero, with a comma too many: no JSON, but what
        // stands in it may be.
        check(r#"{"ssn":⟦900123456⟧"#, &["900123456"]);
        check("[see ⟦12⟧]", &["12"]);
        check("[⟦012⟧]", &["012"]);
        check("[⟦12⟧,]", &["12"]);
        check("[1,[⟦12⟧]", &["<12>"]);
        check("{\"a\nb\":⟦12⟧}", &["12"]);
        check(r#"{'a':⟦12⟧}"#, &["12"]);
    }

    #[test]
    fn escapes_are_not_cut() {
        check(r#"["\u⟦00e9x⟧"]"#, &[r"\u00e9x"]);
        check(r#"["\\⟦nx⟧"]"#, &["nx"]);
        check(r#"["\⟦nx⟧"]"#, &[r"\nx"]);
        check(r#"["x⟦y\ud83d⟧\ude00"]"#, &[r"y\ud83d\ude00"]);
        check(r#"["\ud83d\ude⟦00a⟧b"]"#, &[r"\ud83d\ude00a"]);
        check(r#"["⟦a\⟧"b"]"#, &[r#"a\""#]);
    }

    #[test]
    fn what_is_made_to_be_read_again_and_again_is_given_up() {
        let deep = "[".repeat(100_000);
        assert_eq!(Documents::of(&deep), Documents::default());
        let whole = format!("{deep}1{}", "]".repeat(100_000));
        assert_eq!(Documents::of(&whole).tokens.len(), 1);
    }
}
