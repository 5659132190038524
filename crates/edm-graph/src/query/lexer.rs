//! Cuts a filter into tokens.

use super::error::QueryErrorKind;

/// A token and its start.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token {
    pub(super) position: usize,
    pub(super) kind: TokenKind,
}

/// The kind of a token.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum TokenKind {
    Open,
    Close,
    Comma,
    /// The colon after the variable of `any`.
    Colon,
    /// A quoted string, with its doubled quotes made single.
    Text(String),
    /// A name, operator, number, date or GUID.
    Word(String),
}

/// Cuts the text into tokens. Fails on a string without end.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, QueryErrorKind> {
    let mut tokens = Vec::new();
    let mut characters = text.char_indices().peekable();
    while let Some((position, character)) = characters.next() {
        let kind = match character {
            _ if character.is_whitespace() => continue,
            '(' => TokenKind::Open,
            ')' => TokenKind::Close,
            ',' => TokenKind::Comma,
            ':' => TokenKind::Colon,
            '\'' => {
                let mut value = String::new();
                loop {
                    match characters.next() {
                        Some((_, '\'')) if characters.next_if(|(_, next)| *next == '\'').is_some() => {
                            value.push('\'');
                        }
                        Some((_, '\'')) => break,
                        Some((_, other)) => value.push(other),
                        None => return Err(QueryErrorKind::Syntax { position, expected: "a closing quote" }),
                    }
                }
                TokenKind::Text(value)
            }
            _ => {
                let mut word = String::from(character);
                // A date contains colons. After a name a colon is a token by itself, as in
                // `any(f:f eq 'x')`.
                let name = character.is_alphabetic() || character == '_';
                let ends = |next: char| {
                    next.is_whitespace() || matches!(next, '(' | ')' | ',' | '\'') || name && next == ':'
                };
                while let Some((_, next)) = characters.next_if(|(_, next)| !ends(*next)) {
                    word.push(next);
                }
                TokenKind::Word(word)
            }
        };
        tokens.push(Token { position, kind });
    }
    Ok(tokens)
}
