//! `$filter`: a parser with bounds on depth and on the number of names and values.

use edm_model::{Comparison, Condition, Literal, Operand, TextTest, limits};

use super::error::QueryErrorKind;
use super::lexer::{Token, TokenKind, tokens};
use super::property::{Kind, Property, resolve};
use crate::date_time::DateTimeOffset;

/// The characters of a GUID that is written without quotes.
const GUID_CHARACTERS: usize = 36;

/// Parses a filter over these properties. The caller must bound its length first. Fails with what
/// is wrong and where.
pub fn parse_filter(text: &str, properties: &'static [Property]) -> Result<Condition, QueryErrorKind> {
    let tokens = tokens(text)?;
    let end = text.len();
    let mut parser =
        Parser { tokens: &tokens, next: 0, end, properties, element: None, terms: 0, collections: 0 };
    let condition = parser.disjunction(0)?;
    match parser.peek() {
        None => Ok(condition),
        Some(_) => Err(parser.expected("and, or, or the end")),
    }
}

/// An operand, and its kind unless it is a value.
#[derive(Clone)]
struct Term {
    operand: Operand,
    kind: Option<Kind>,
}

impl Term {
    fn value(literal: Literal) -> Self {
        Self { operand: Operand::Literal(literal), kind: None }
    }
}

/// The variable of the `any` that is being read, and the kind of its elements.
#[derive(Clone)]
struct Element {
    variable: String,
    kind: Kind,
}

struct Parser<'a> {
    tokens: &'a [Token],
    next: usize,
    end: usize,
    properties: &'static [Property],
    element: Option<Element>,
    terms: usize,
    collections: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<&TokenKind> {
        self.tokens.get(self.next).map(|token| &token.kind)
    }

    fn expected(&self, expected: &'static str) -> QueryErrorKind {
        let position = self.tokens.get(self.next).map_or(self.end, |token| token.position);
        QueryErrorKind::Syntax { position, expected }
    }

    /// Consumes the next token if it is this one.
    fn take(&mut self, kind: &TokenKind) -> bool {
        let there = self.peek() == Some(kind);
        self.next += usize::from(there);
        there
    }

    /// Consumes the next token if it is this operator. Operators are lower case; other cases are
    /// accepted too.
    fn take_word(&mut self, word: &str) -> bool {
        let there = matches!(self.peek(), Some(TokenKind::Word(found)) if found.eq_ignore_ascii_case(word));
        self.next += usize::from(there);
        there
    }

    fn need(&mut self, kind: &TokenKind, expected: &'static str) -> Result<(), QueryErrorKind> {
        if self.take(kind) { Ok(()) } else { Err(self.expected(expected)) }
    }

    fn disjunction(&mut self, depth: usize) -> Result<Condition, QueryErrorKind> {
        let first = self.conjunction(depth)?;
        let mut parts = vec![first];
        while self.take_word("or") {
            parts.push(self.conjunction(depth)?);
        }
        Ok(if parts.len() > 1 { Condition::Any(parts) } else { parts.remove(0) })
    }

    fn conjunction(&mut self, depth: usize) -> Result<Condition, QueryErrorKind> {
        let first = self.negation(depth)?;
        let mut parts = vec![first];
        while self.take_word("and") {
            parts.push(self.negation(depth)?);
        }
        Ok(if parts.len() > 1 { Condition::All(parts) } else { parts.remove(0) })
    }

    fn negation(&mut self, depth: usize) -> Result<Condition, QueryErrorKind> {
        if depth > limits::FILTER_DEPTH_MAX {
            return Err(QueryErrorKind::TooDeep);
        }
        if self.take_word("not") {
            return Ok(Condition::Not(Box::new(self.negation(depth + 1)?)));
        }
        if self.take(&TokenKind::Open) {
            let inner = self.disjunction(depth + 1)?;
            self.need(&TokenKind::Close, "a closing parenthesis")?;
            return self.held(inner);
        }
        if let Some(name) = self.called() {
            let test = match name.to_ascii_lowercase().as_str() {
                "startswith" => Some(TextTest::StartsWith),
                "endswith" => Some(TextTest::EndsWith),
                "contains" => Some(TextTest::Contains),
                _ => None,
            };
            if let Some(test) = test {
                self.next += 2;
                let test = self.test_arguments(test, depth)?;
                return self.held(test);
            }
            if let Some((path, "any")) = name.rsplit_once('/') {
                return self.any_element(path, depth);
            }
        }
        self.comparison(depth)
    }

    /// Returns the word before an opening parenthesis.
    fn called(&self) -> Option<String> {
        match (self.peek(), self.tokens.get(self.next + 1).map(|token| &token.kind)) {
            (Some(TokenKind::Word(word)), Some(TokenKind::Open)) => Some(word.clone()),
            _ => None,
        }
    }

    /// Reads an optional comparison of a condition with `true` or `false`. An unknown condition
    /// stays unknown.
    fn held(&mut self, condition: Condition) -> Result<Condition, QueryErrorKind> {
        let is_equal = match (self.take_word("eq"), self.peek()) {
            (true, _) => true,
            (false, Some(TokenKind::Word(word))) if word.eq_ignore_ascii_case("ne") => {
                self.next += 1;
                false
            }
            _ => return Ok(condition),
        };
        let wanted = match (self.take_word("true"), self.take_word("false")) {
            (true, _) => true,
            (_, true) => false,
            _ => return Err(self.expected("true or false")),
        };
        Ok(if wanted == is_equal { condition } else { Condition::Not(Box::new(condition)) })
    }

    fn any_element(&mut self, path: &str, depth: usize) -> Result<Condition, QueryErrorKind> {
        if self.element.is_some() {
            return Err(self.expected("no any inside another any"));
        }
        self.collections += 1;
        if self.collections > limits::FILTER_COLLECTIONS_MAX {
            return Err(QueryErrorKind::TooManyCollections);
        }
        let (collection, kind) = resolve(path, self.properties)?;
        if !matches!(kind, Kind::Texts | Kind::Elements(_)) {
            return Err(QueryErrorKind::NotACollection { name: path.to_owned() });
        }
        self.next += 2;
        if self.take(&TokenKind::Close) {
            return Ok(Condition::AnyElement(collection, None));
        }
        let variable = match self.peek() {
            Some(TokenKind::Word(word)) if is_variable(word) => word.clone(),
            _ => return Err(self.expected("a variable such as x")),
        };
        self.next += 1;
        self.need(&TokenKind::Colon, "a colon behind the variable")?;
        self.element = Some(Element { variable, kind });
        let inner = self.disjunction(depth + 1)?;
        self.element = None;
        self.need(&TokenKind::Close, "a closing parenthesis")?;
        Ok(Condition::AnyElement(collection, Some(Box::new(inner))))
    }

    fn test_arguments(&mut self, test: TextTest, depth: usize) -> Result<Condition, QueryErrorKind> {
        let text = self.term(depth)?;
        self.need(&TokenKind::Comma, "a comma")?;
        let part = self.term(depth)?;
        self.need(&TokenKind::Close, "a closing parenthesis")?;
        for term in [&text, &part] {
            require_text(term)?;
        }
        Ok(Condition::Text(test, text.operand, part.operand))
    }

    fn comparison(&mut self, depth: usize) -> Result<Condition, QueryErrorKind> {
        let left = self.term(depth)?;
        if self.take_word("in") {
            return self.one_of(&left, depth);
        }
        let words = [
            ("eq", Comparison::Equal),
            ("ne", Comparison::NotEqual),
            ("lt", Comparison::Less),
            ("le", Comparison::LessOrEqual),
            ("gt", Comparison::Greater),
            ("ge", Comparison::GreaterOrEqual),
        ];
        let Some((_, comparison)) = words.into_iter().find(|(word, _)| self.take_word(word)) else {
            let boolean = left.kind == Some(Kind::Boolean)
                || matches!(left.operand, Operand::Literal(Literal::Boolean(_)));
            return if boolean {
                Ok(Condition::Truth(left.operand))
            } else {
                Err(self.expected("a comparison such as eq"))
            };
        };
        let right = self.term(depth)?;
        let (left, right) = agree(left, right)?;
        let whole = |term: &Term| matches!(term.kind, Some(Kind::Members(_)));
        if (whole(&left) || whole(&right)) && !matches!(comparison, Comparison::Equal | Comparison::NotEqual)
        {
            return Err(QueryErrorKind::TypesDiffer { expected: "null, by eq or ne" });
        }
        Ok(Condition::Compare(left.operand, comparison, right.operand))
    }

    fn one_of(&mut self, left: &Term, depth: usize) -> Result<Condition, QueryErrorKind> {
        if matches!(left.kind, Some(Kind::Members(_))) {
            return Err(QueryErrorKind::TypesDiffer { expected: "null, by eq or ne" });
        }
        self.need(&TokenKind::Open, "an opening parenthesis")?;
        let mut literals = Vec::new();
        loop {
            let term = self.term(depth)?;
            match agree(left.clone(), term)?.1.operand {
                Operand::Literal(literal) => literals.push(literal),
                _ => return Err(self.expected("values")),
            }
            if !self.take(&TokenKind::Comma) {
                break;
            }
        }
        self.need(&TokenKind::Close, "a closing parenthesis")?;
        Ok(Condition::OneOf(left.operand.clone(), literals))
    }

    fn term(&mut self, depth: usize) -> Result<Term, QueryErrorKind> {
        if depth > limits::FILTER_DEPTH_MAX {
            return Err(QueryErrorKind::TooDeep);
        }
        self.terms += 1;
        if self.terms > limits::FILTER_TERMS_MAX {
            return Err(QueryErrorKind::TooManyTerms);
        }
        let token = self.tokens.get(self.next).ok_or_else(|| self.expected("a property or a value"))?;
        let word = match &token.kind {
            TokenKind::Text(text) => {
                self.next += 1;
                return Ok(Term::value(Literal::Text(text.clone())));
            }
            TokenKind::Word(word) => word,
            _ => return Err(self.expected("a property or a value")),
        };
        if let Some(literal) = read_literal(word) {
            self.next += 1;
            return Ok(Term::value(literal));
        }
        if word.eq_ignore_ascii_case("tolower") {
            self.next += 1;
            return self.lowered(depth);
        }
        let term = self.named(word)?;
        self.next += 1;
        if self.peek() == Some(&TokenKind::Open) {
            return Err(
                self.expected("startswith, endswith, contains, tolower or any: no other function is served")
            );
        }
        Ok(term)
    }

    fn lowered(&mut self, depth: usize) -> Result<Term, QueryErrorKind> {
        self.need(&TokenKind::Open, "an opening parenthesis")?;
        let inner = self.term(depth + 1)?;
        self.need(&TokenKind::Close, "a closing parenthesis")?;
        require_text(&inner)?;
        let operand = match inner.operand {
            // Lowering is idempotent, so a nested `tolower` is dropped.
            lowered @ Operand::Lower(_) => lowered,
            Operand::Literal(Literal::Text(text)) => Operand::Literal(Literal::Text(text.to_lowercase())),
            Operand::Literal(other) => Operand::Literal(other),
            other => Operand::Lower(Box::new(other)),
        };
        Ok(Term { operand, kind: inner.kind })
    }

    fn named(&self, path: &str) -> Result<Term, QueryErrorKind> {
        if let Some(element) = &self.element {
            let (first, rest) =
                path.split_once('/').map_or((path, None), |(first, rest)| (first, Some(rest)));
            if first == element.variable {
                return match (element.kind, rest) {
                    (Kind::Texts, None) => {
                        Ok(Term { operand: Operand::Element(String::new()), kind: Some(Kind::Text) })
                    }
                    (Kind::Elements(members), Some(rest)) => {
                        let (name, kind) = comparable(rest, members)?;
                        Ok(Term { operand: Operand::Element(name), kind: Some(kind) })
                    }
                    (_, None) => Err(QueryErrorKind::NotComparable { name: path.to_owned() }),
                    (_, Some(_)) => Err(QueryErrorKind::UnknownProperty { name: path.to_owned() }),
                };
            }
        }
        let (name, kind) = comparable(path, self.properties)?;
        Ok(Term { operand: Operand::Property(name), kind: Some(kind) })
    }
}

/// Like `resolve`, but fails on a collection, which only `any` can search.
fn comparable(path: &str, properties: &'static [Property]) -> Result<(String, Kind), QueryErrorKind> {
    match resolve(path, properties)? {
        (_, Kind::Texts | Kind::Elements(_)) => Err(QueryErrorKind::Collection { name: path.to_owned() }),
        found => Ok(found),
    }
}

fn is_variable(word: &str) -> bool {
    word.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && word.chars().all(|next| next.is_ascii_alphanumeric() || next == '_')
}

/// Reads a value without quotes. `None` means that it is a name.
fn read_literal(word: &str) -> Option<Literal> {
    match word {
        "null" => return Some(Literal::Null),
        "true" => return Some(Literal::Boolean(true)),
        "false" => return Some(Literal::Boolean(false)),
        _ => {}
    }
    if word.len() == GUID_CHARACTERS && uuid::Uuid::try_parse(word).is_ok() {
        return Some(Literal::Text(word.to_ascii_lowercase()));
    }
    if !word.starts_with(|first: char| first.is_ascii_digit() || matches!(first, '-' | '+' | '.')) {
        return None;
    }
    if let Ok(integer) = word.parse() {
        return Some(Literal::Integer(integer));
    }
    if let Ok(moment) = DateTimeOffset::parse(word) {
        return Some(Literal::Moment(moment.timestamp()));
    }
    word.parse().ok().filter(|number: &f64| number.is_finite()).map(Literal::Decimal)
}

fn require_text(term: &Term) -> Result<(), QueryErrorKind> {
    let fits = match (&term.operand, term.kind) {
        (Operand::Literal(literal), _) => matches!(literal, Literal::Text(_) | Literal::Null),
        (_, kind) => kind == Some(Kind::Text),
    };
    if fits { Ok(()) } else { Err(QueryErrorKind::TypesDiffer { expected: "a string" }) }
}

/// Checks that two sides can be compared. A quoted date that is compared with a date-time property
/// becomes a date-time.
fn agree(left: Term, right: Term) -> Result<(Term, Term), QueryErrorKind> {
    if left.kind.is_none() && right.kind.is_some() {
        return agree(right, left).map(|(right, left)| (left, right));
    }
    let kind = match (left.kind, &left.operand) {
        (Some(kind), _) => kind,
        (None, Operand::Literal(literal)) => match kind_of(literal) {
            Some(kind) => kind,
            None => return Ok((left, right)),
        },
        (None, _) => return Ok((left, right)),
    };
    let expected = match kind {
        Kind::Number => "a number",
        Kind::Boolean => "true or false",
        Kind::Moment => "a date-time such as 2026-11-22T09:30:00Z",
        Kind::Members(_) => "null, by eq or ne",
        _ => "a string in single quotes",
    };
    let refused = QueryErrorKind::TypesDiffer { expected };
    let literal = match (&right.operand, right.kind) {
        (_, Some(other)) => return if other == kind { Ok((left, right)) } else { Err(refused) },
        (Operand::Literal(literal), None) => literal,
        (_, None) => return Err(refused),
    };
    match (kind, literal) {
        (_, Literal::Null) => Ok((left, right)),
        (Kind::Moment, Literal::Text(text)) => match DateTimeOffset::parse(text) {
            Ok(moment) => Ok((left, Term::value(Literal::Moment(moment.timestamp())))),
            Err(_) => Err(refused),
        },
        (kind, literal) if kind_of(literal) == Some(kind) => Ok((left, right)),
        _ => Err(refused),
    }
}

fn kind_of(literal: &Literal) -> Option<Kind> {
    match literal {
        Literal::Text(_) => Some(Kind::Text),
        Literal::Integer(_) | Literal::Decimal(_) => Some(Kind::Number),
        Literal::Boolean(_) => Some(Kind::Boolean),
        Literal::Moment(_) => Some(Kind::Moment),
        Literal::Null => None,
    }
}
