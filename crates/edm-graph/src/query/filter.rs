//! `$filter`: a Pratt parser with bounds on length and depth, and its evaluation on JSON.

use std::cmp::Ordering;

use serde_json::Value;

use super::error::QueryErrorKind;
use super::lexer::{Token, TokenKind, tokens};
use super::{DEPTH_MAX, Kind, Property};
use crate::moment::Moment;

/// A condition. Chains of `and` and `or` are lists, so that their length costs no stack.
#[derive(Debug, Clone, PartialEq)]
pub enum Filter {
    /// Every one holds.
    All(Vec<Filter>),
    /// At least one holds.
    Any(Vec<Filter>),
    /// It does not hold.
    Not(Box<Filter>),
    /// Two operands compared.
    Compare(Operand, Comparison, Operand),
    /// `in`: the operand equals one of the literals.
    OneOf(Operand, Vec<Literal>),
    /// A test of one text against another.
    Test(TextTest, Operand, Operand),
    /// A boolean operand by itself.
    Truth(Operand),
}

/// How two operands are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `eq`
    Equal,
    /// `ne`
    NotEqual,
    /// `lt`
    Less,
    /// `le`
    LessOrEqual,
    /// `gt`
    Greater,
    /// `ge`
    GreaterOrEqual,
}

/// How a text is tested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextTest {
    /// `startswith`
    StartsWith,
    /// `endswith`
    EndsWith,
    /// `contains`
    Contains,
}

/// A side of a comparison.
#[derive(Debug, Clone, PartialEq)]
pub enum Operand {
    /// A property; more than one name leads into a complex one.
    Property(Vec<String>, Kind),
    /// A value.
    Literal(Literal),
    /// `tolower`
    Lower(Box<Operand>),
}

/// A value written in a filter.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// A string, or a GUID without quotes.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A number with a fraction.
    Decimal(f64),
    /// True or false.
    Boolean(bool),
    /// A date-time.
    Moment(Moment),
    /// Null.
    Null,
}

impl Filter {
    /// Parses a filter over these properties; who reads it from outside bounds its length first.
    /// Fails with what is wrong and where.
    pub fn parse(text: &str, properties: &[Property]) -> Result<Self, QueryErrorKind> {
        let tokens = tokens(text)?;
        let mut parser = Parser { tokens: &tokens, next: 0, end: text.len(), properties };
        let filter = parser.disjunction(0)?;
        match parser.peek() {
            None => Ok(filter),
            Some(_) => Err(parser.expected("and, or, or the end")),
        }
    }

    /// Returns whether the element passes; what is unknown because of a null does not.
    pub fn matches(&self, element: &Value) -> bool {
        self.evaluate(element) == Some(true)
    }

    fn evaluate(&self, element: &Value) -> Option<bool> {
        match self {
            Filter::All(parts) => all(parts.iter().map(|part| part.evaluate(element))),
            Filter::Any(parts) => {
                all(parts.iter().map(|part| part.evaluate(element).map(|held| !held))).map(|none| !none)
            }
            Filter::Not(inner) => inner.evaluate(element).map(|held| !held),
            Filter::Compare(left, comparison, right) => {
                Some(compare(&left.evaluate(element), *comparison, &right.evaluate(element)))
            }
            Filter::OneOf(operand, literals) => {
                let value = operand.evaluate(element);
                Some(literals.iter().any(|literal| compare(&value, Comparison::Equal, literal)))
            }
            Filter::Test(test, text, part) => match (text.evaluate(element), part.evaluate(element)) {
                (Literal::Text(text), Literal::Text(part)) => Some(match test {
                    TextTest::StartsWith => text.starts_with(&part),
                    TextTest::EndsWith => text.ends_with(&part),
                    TextTest::Contains => text.contains(&part),
                }),
                _ => None,
            },
            Filter::Truth(operand) => match operand.evaluate(element) {
                Literal::Boolean(held) => Some(held),
                _ => None,
            },
        }
    }
}

/// Three-valued `and`: false wins, then unknown.
fn all(parts: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut result = Some(true);
    for part in parts {
        match part {
            Some(false) => return Some(false),
            None => result = None,
            Some(true) => {}
        }
    }
    result
}

impl Operand {
    fn evaluate(&self, element: &Value) -> Literal {
        match self {
            Operand::Literal(literal) => literal.clone(),
            Operand::Lower(inner) => match inner.evaluate(element) {
                Literal::Text(text) => Literal::Text(text.to_lowercase()),
                other => other,
            },
            Operand::Property(names, kind) => {
                let found = names.iter().try_fold(element, |value, name| value.get(name));
                found.map_or(Literal::Null, |value| literal_of(value, *kind))
            }
        }
    }

    fn kind(&self) -> Option<Kind> {
        match self {
            Operand::Property(_, kind) => Some(*kind),
            Operand::Lower(_) => Some(Kind::Text),
            Operand::Literal(_) => None,
        }
    }
}

/// Turns a JSON value into one that can be compared; objects and collections are unknown.
pub(super) fn literal_of(value: &Value, kind: Kind) -> Literal {
    match value {
        Value::String(text) if kind == Kind::Moment => {
            Moment::parse(text).map_or(Literal::Null, Literal::Moment)
        }
        Value::String(text) => Literal::Text(text.clone()),
        Value::Bool(held) => Literal::Boolean(*held),
        Value::Number(number) => match number.as_i64() {
            Some(integer) => Literal::Integer(integer),
            None => number.as_f64().map_or(Literal::Null, Literal::Decimal),
        },
        Value::Null | Value::Array(_) | Value::Object(_) => Literal::Null,
    }
}

/// Orders two values of one type; `None` where they have no order.
pub(super) fn order(left: &Literal, right: &Literal) -> Option<Ordering> {
    match (left, right) {
        (Literal::Text(left), Literal::Text(right)) => Some(left.cmp(right)),
        (Literal::Integer(left), Literal::Integer(right)) => Some(left.cmp(right)),
        (Literal::Decimal(left), Literal::Decimal(right)) => left.partial_cmp(right),
        (Literal::Integer(left), Literal::Decimal(right)) => (*left as f64).partial_cmp(right),
        (Literal::Decimal(left), Literal::Integer(right)) => left.partial_cmp(&(*right as f64)),
        (Literal::Boolean(left), Literal::Boolean(right)) => Some(left.cmp(right)),
        (Literal::Moment(left), Literal::Moment(right)) => Some(left.cmp(right)),
        (Literal::Null, Literal::Null) => Some(Ordering::Equal),
        _ => None,
    }
}

/// Compares as OData does: null equals null only, and is neither less nor greater than anything.
fn compare(left: &Literal, comparison: Comparison, right: &Literal) -> bool {
    let order = order(left, right);
    let null = *left == Literal::Null || *right == Literal::Null;
    match comparison {
        Comparison::Equal => order == Some(Ordering::Equal),
        Comparison::NotEqual => order != Some(Ordering::Equal),
        _ if null => false,
        Comparison::Less => order == Some(Ordering::Less),
        Comparison::LessOrEqual => matches!(order, Some(Ordering::Less | Ordering::Equal)),
        Comparison::Greater => order == Some(Ordering::Greater),
        Comparison::GreaterOrEqual => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
    }
}

struct Parser<'a> {
    tokens: &'a [Token],
    next: usize,
    end: usize,
    properties: &'a [Property],
}

impl Parser<'_> {
    fn peek(&self) -> Option<&TokenKind> {
        self.tokens.get(self.next).map(|token| &token.kind)
    }

    fn expected(&self, expected: &'static str) -> QueryErrorKind {
        let position = self.tokens.get(self.next).map_or(self.end, |token| token.position);
        QueryErrorKind::Syntax { position, expected }
    }

    /// Takes the token if it is this one.
    fn take(&mut self, kind: &TokenKind) -> bool {
        let there = self.peek() == Some(kind);
        self.next += usize::from(there);
        there
    }

    /// Takes the token if it is this operator; operators are lower case, other cases are read too.
    fn take_word(&mut self, word: &str) -> bool {
        let there = matches!(self.peek(), Some(TokenKind::Word(found)) if found.eq_ignore_ascii_case(word));
        self.next += usize::from(there);
        there
    }

    fn need(&mut self, kind: &TokenKind, expected: &'static str) -> Result<(), QueryErrorKind> {
        if self.take(kind) { Ok(()) } else { Err(self.expected(expected)) }
    }

    fn disjunction(&mut self, depth: usize) -> Result<Filter, QueryErrorKind> {
        let first = self.conjunction(depth)?;
        let mut parts = vec![first];
        while self.take_word("or") {
            parts.push(self.conjunction(depth)?);
        }
        Ok(if parts.len() > 1 { Filter::Any(parts) } else { parts.remove(0) })
    }

    fn conjunction(&mut self, depth: usize) -> Result<Filter, QueryErrorKind> {
        let first = self.negation(depth)?;
        let mut parts = vec![first];
        while self.take_word("and") {
            parts.push(self.negation(depth)?);
        }
        Ok(if parts.len() > 1 { Filter::All(parts) } else { parts.remove(0) })
    }

    fn negation(&mut self, depth: usize) -> Result<Filter, QueryErrorKind> {
        if depth > DEPTH_MAX {
            return Err(QueryErrorKind::TooDeep);
        }
        if self.take_word("not") {
            return Ok(Filter::Not(Box::new(self.negation(depth + 1)?)));
        }
        if self.take(&TokenKind::Open) {
            let inner = self.disjunction(depth + 1)?;
            self.need(&TokenKind::Close, "a closing parenthesis")?;
            return Ok(inner);
        }
        if let Some(test) = self.text_test() {
            return self.test_arguments(test, depth);
        }
        self.comparison(depth)
    }

    /// Takes the name of a text test that is called.
    fn text_test(&mut self) -> Option<TextTest> {
        let called = self.tokens.get(self.next + 1).map(|token| &token.kind) == Some(&TokenKind::Open);
        let test = match self.peek() {
            Some(TokenKind::Word(word)) if called => match word.to_ascii_lowercase().as_str() {
                "startswith" => TextTest::StartsWith,
                "endswith" => TextTest::EndsWith,
                "contains" => TextTest::Contains,
                _ => return None,
            },
            _ => return None,
        };
        self.next += 2;
        Some(test)
    }

    fn test_arguments(&mut self, test: TextTest, depth: usize) -> Result<Filter, QueryErrorKind> {
        let text = self.operand(depth)?;
        self.need(&TokenKind::Comma, "a comma")?;
        let part = self.operand(depth)?;
        self.need(&TokenKind::Close, "a closing parenthesis")?;
        for operand in [&text, &part] {
            let fits = match operand {
                Operand::Literal(literal) => matches!(literal, Literal::Text(_) | Literal::Null),
                _ => matches!(operand.kind(), Some(Kind::Text | Kind::Complex)),
            };
            if !fits {
                return Err(QueryErrorKind::TypesDiffer { expected: "a string" });
            }
        }
        Ok(Filter::Test(test, text, part))
    }

    fn comparison(&mut self, depth: usize) -> Result<Filter, QueryErrorKind> {
        let left = self.operand(depth)?;
        if self.take_word("in") {
            return self.one_of(left, depth);
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
            let boolean = matches!(left.kind(), Some(Kind::Boolean | Kind::Complex))
                || matches!(left, Operand::Literal(Literal::Boolean(_)));
            return if boolean {
                Ok(Filter::Truth(left))
            } else {
                Err(self.expected("a comparison such as eq"))
            };
        };
        let right = self.operand(depth)?;
        let (left, right) = agree(left, right)?;
        Ok(Filter::Compare(left, comparison, right))
    }

    fn one_of(&mut self, left: Operand, depth: usize) -> Result<Filter, QueryErrorKind> {
        self.need(&TokenKind::Open, "an opening parenthesis")?;
        let mut literals = Vec::new();
        loop {
            let operand = self.operand(depth)?;
            match agree(left.clone(), operand)? {
                (_, Operand::Literal(literal)) => literals.push(literal),
                _ => return Err(self.expected("values")),
            }
            if !self.take(&TokenKind::Comma) {
                break;
            }
        }
        self.need(&TokenKind::Close, "a closing parenthesis")?;
        Ok(Filter::OneOf(left, literals))
    }

    fn operand(&mut self, depth: usize) -> Result<Operand, QueryErrorKind> {
        if depth > DEPTH_MAX {
            return Err(QueryErrorKind::TooDeep);
        }
        let token = self.tokens.get(self.next).ok_or_else(|| self.expected("a property or a value"))?;
        let word = match &token.kind {
            TokenKind::Text(text) => {
                self.next += 1;
                return Ok(Operand::Literal(Literal::Text(text.clone())));
            }
            TokenKind::Word(word) => word,
            TokenKind::Open | TokenKind::Close | TokenKind::Comma => {
                return Err(self.expected("a property or a value"));
            }
        };
        if let Some(literal) = read_literal(word) {
            self.next += 1;
            return Ok(Operand::Literal(literal));
        }
        if word.eq_ignore_ascii_case("tolower") {
            self.next += 1;
            self.need(&TokenKind::Open, "an opening parenthesis")?;
            let inner = self.operand(depth + 1)?;
            self.need(&TokenKind::Close, "a closing parenthesis")?;
            return Ok(Operand::Lower(Box::new(inner)));
        }
        let operand = self.property(word)?;
        self.next += 1;
        if self.peek() == Some(&TokenKind::Open) {
            return Err(
                self.expected("startswith, endswith, contains or tolower: no other function is served")
            );
        }
        Ok(operand)
    }

    fn property(&self, path: &str) -> Result<Operand, QueryErrorKind> {
        let mut names = path.split('/').map(str::to_owned).collect::<Vec<String>>();
        let unknown = || QueryErrorKind::UnknownProperty { name: path.to_owned() };
        let first = names.first().cloned().unwrap_or_default();
        let property = self.properties.iter().find(|property| property.name.eq_ignore_ascii_case(&first));
        let property = property.ok_or_else(unknown)?;
        match property.kind {
            Kind::Secret => Err(QueryErrorKind::NotComparable { name: path.to_owned() }),
            kind if names.len() > 1 && kind != Kind::Complex => Err(unknown()),
            kind => {
                if let Some(first) = names.first_mut() {
                    property.name.clone_into(first);
                }
                Ok(Operand::Property(names, kind))
            }
        }
    }
}

/// Reads a value without quotes; `None` is a name.
fn read_literal(word: &str) -> Option<Literal> {
    match word {
        "null" => return Some(Literal::Null),
        "true" => return Some(Literal::Boolean(true)),
        "false" => return Some(Literal::Boolean(false)),
        _ => {}
    }
    if uuid::Uuid::try_parse(word).is_ok() {
        return Some(Literal::Text(word.to_ascii_lowercase()));
    }
    if !word.starts_with(|first: char| first.is_ascii_digit() || matches!(first, '-' | '+' | '.')) {
        return None;
    }
    if let Ok(integer) = word.parse() {
        return Some(Literal::Integer(integer));
    }
    if let Ok(moment) = Moment::parse(word) {
        return Some(Literal::Moment(moment));
    }
    word.parse().ok().filter(|number: &f64| number.is_finite()).map(Literal::Decimal)
}

/// Checks that two sides can be compared; a quoted date beside a date-time property becomes a date-time.
fn agree(left: Operand, right: Operand) -> Result<(Operand, Operand), QueryErrorKind> {
    if left.kind().is_none() && right.kind().is_some() {
        return agree(right, left).map(|(right, left)| (left, right));
    }
    let (Some(kind), Operand::Literal(literal)) = (left.kind(), &right) else {
        return Ok((left, right));
    };
    let fits = match (kind, literal) {
        (_, Literal::Null) | (Kind::Complex, _) => true,
        (Kind::Text, Literal::Text(_)) | (Kind::Boolean, Literal::Boolean(_)) => true,
        (Kind::Number, Literal::Integer(_) | Literal::Decimal(_)) | (Kind::Moment, Literal::Moment(_)) => {
            true
        }
        (Kind::Moment, Literal::Text(text)) => {
            if let Ok(moment) = Moment::parse(text) {
                return Ok((left, Operand::Literal(Literal::Moment(moment))));
            }
            false
        }
        _ => false,
    };
    let expected = match kind {
        Kind::Text | Kind::Complex | Kind::Secret => "a string in single quotes",
        Kind::Number => "a number",
        Kind::Boolean => "true or false",
        Kind::Moment => "a date-time such as 2026-11-22T09:30:00Z",
    };
    if fits { Ok((left, right)) } else { Err(QueryErrorKind::TypesDiffer { expected }) }
}
