//! Compiles conditions to SQL.
//!
//! SQL's three-valued logic is that of a `Condition`, so `and`, `or` and `not` translate directly.
//! Comparisons of a `Condition` are never unknown, so where a side can be null the SQL handles null
//! explicitly.

use edm_model::{Comparison, Condition, Literal, Operand, TextTest};

use super::dialect::{self, Statement};
use super::table::{Collection, Form, Nullness, Property, Table, find, id_of};
use crate::error::{Error, ErrorKind};

/// Writes one condition into a statement.
pub(super) struct Compiler<'a> {
    statement: &'a mut Statement,
    table: &'static Table,
    /// The collection whose elements `any` ranges over.
    collection: Option<&'static Collection>,
}

/// An operand with its type information.
enum Term<'c> {
    Stored { property: &'static Property, lowered: bool, element: Option<&'static Collection> },
    Value(&'c Literal),
}

impl Term<'_> {
    fn can_be_null(&self) -> bool {
        match self {
            Term::Stored { property, .. } => property.nullness == Nullness::Sometimes,
            Term::Value(literal) => **literal == Literal::Null,
        }
    }

    /// Returns whether it is an id of 16 bytes. The bytes sort like the text of the id.
    fn is_id(&self) -> bool {
        matches!(self, Term::Stored { property, lowered: false, .. } if property.form == Form::Id)
    }
}

impl<'a> Compiler<'a> {
    pub(super) fn new(statement: &'a mut Statement, table: &'static Table) -> Self {
        Self { statement, table, collection: None }
    }

    /// Writes the condition, in parentheses where needed. Fails with `UnknownProperty`.
    pub(super) fn condition(&mut self, condition: &Condition) -> Result<(), Error> {
        match condition {
            Condition::All(parts) => self.joined(parts, " and ", "true"),
            Condition::Any(parts) => self.joined(parts, " or ", "false"),
            Condition::Not(inner) => {
                self.statement.push("(not ");
                self.condition(inner)?;
                self.statement.push(")");
                Ok(())
            }
            Condition::Compare(left, comparison, right) => self.comparison(left, *comparison, right),
            Condition::OneOf(operand, literals) => self.one_of(operand, literals),
            Condition::Text(test, text, part) => self.text_test(*test, text, part),
            Condition::Truth(operand) => {
                let term = self.term(operand)?;
                self.write(&term);
                Ok(())
            }
            Condition::AnyElement(name, inner) => self.any_element(name, inner.as_deref()),
        }
    }

    /// Joins the parts as a balanced tree. SQLite limits expressions to a depth of 1,000, and a
    /// plain chain is as deep as it is long.
    fn joined(&mut self, parts: &[Condition], word: &'static str, none: &'static str) -> Result<(), Error> {
        match parts {
            [] => {
                self.statement.push(none);
                Ok(())
            }
            [only] => self.condition(only),
            _ => {
                let (left, right) = parts.split_at(parts.len() / 2);
                self.statement.push("(");
                self.joined(left, word, none)?;
                self.statement.push(word);
                self.joined(right, word, none)?;
                self.statement.push(")");
                Ok(())
            }
        }
    }

    fn term<'c>(&self, operand: &'c Operand) -> Result<Term<'c>, Error> {
        let unknown = || Error::new(ErrorKind::UnknownProperty, "operand of a condition");
        match operand {
            Operand::Literal(literal) => Ok(Term::Value(literal)),
            Operand::Property(name) => {
                let property = find(self.table.properties, name)?;
                Ok(Term::Stored { property, lowered: false, element: None })
            }
            Operand::Element(name) => {
                let collection = self.collection.ok_or_else(unknown)?;
                let property = find(collection.elements, name)?;
                Ok(Term::Stored { property, lowered: false, element: Some(collection) })
            }
            Operand::Lower(inner) => match self.term(inner)? {
                Term::Stored { property, element, .. } if matches!(property.form, Form::Text | Form::Id) => {
                    Ok(Term::Stored { property, lowered: true, element })
                }
                value @ Term::Value(Literal::Null) => Ok(value),
                // The wire lower-cases constants itself, and only texts.
                _ => Err(unknown()),
            },
        }
    }

    fn comparison(&mut self, left: &Operand, comparison: Comparison, right: &Operand) -> Result<(), Error> {
        let (left, right) = (self.term(left)?, self.term(right)?);
        let equality = matches!(comparison, Comparison::Equal | Comparison::NotEqual);
        let ids = match (&left, &right) {
            (id, Term::Value(Literal::Text(text))) | (Term::Value(Literal::Text(text)), id) if id.is_id() => {
                if id_of(text).is_none() && equality {
                    // The text is not a valid id, so no id equals it.
                    self.statement.push(if comparison == Comparison::Equal { "false" } else { "true" });
                    return Ok(());
                }
                id_of(text).is_some()
            }
            (left, right) => left.is_id() && right.is_id(),
        };
        let nulls = left.can_be_null() || right.can_be_null();
        let word = match comparison {
            Comparison::Equal if nulls => " is not distinct from ",
            Comparison::NotEqual if nulls => " is distinct from ",
            Comparison::Equal => " = ",
            Comparison::NotEqual => " <> ",
            Comparison::Less => " < ",
            Comparison::LessOrEqual => " <= ",
            Comparison::Greater => " > ",
            Comparison::GreaterOrEqual => " >= ",
        };
        // SQL's comparison with null is unknown, OData's is false. `is [not] distinct from` handles
        // equality, and `coalesce` the order.
        let guarded = nulls && !equality;
        self.statement.push(if guarded { "coalesce(" } else { "(" });
        self.side(&left, ids);
        self.statement.push(word);
        self.side(&right, ids);
        self.statement.push(if guarded { ", false)" } else { ")" });
        Ok(())
    }

    /// Writes one side of a comparison. Ids are written as bytes if both sides are ids.
    fn side(&mut self, term: &Term<'_>, ids: bool) {
        match term {
            Term::Stored { property, .. } if ids => {
                self.statement.push(property.sql);
            }
            Term::Value(Literal::Text(text)) if ids => match id_of(text) {
                Some(id) => {
                    self.statement.push_bind(id.to_vec());
                }
                None => self.write(term),
            },
            term => self.write(term),
        }
    }

    fn one_of(&mut self, operand: &Operand, literals: &[Literal]) -> Result<(), Error> {
        let term = self.term(operand)?;
        let null = literals.contains(&Literal::Null);
        let ids = term.is_id();
        let values = literals.iter().filter(|literal| match literal {
            Literal::Null => false,
            Literal::Text(text) if ids => id_of(text).is_some(),
            _ => true,
        });
        let mut values = values.peekable();
        self.statement.push("(");
        if values.peek().is_none() {
            self.statement.push("false");
        } else {
            let guarded = term.can_be_null();
            self.statement.push(if guarded { "coalesce(" } else { "(" });
            self.side(&term, ids);
            self.statement.push(" in (");
            for (number, literal) in values.enumerate() {
                self.statement.push(if number == 0 { "" } else { ", " });
                self.side(&Term::Value(literal), ids);
            }
            self.statement.push(if guarded { "), false)" } else { "))" });
        }
        if null {
            self.statement.push(" or ");
            self.side(&term, ids);
            self.statement.push(" is null");
        }
        self.statement.push(")");
        Ok(())
    }

    fn text_test(&mut self, test: TextTest, text: &Operand, part: &Operand) -> Result<(), Error> {
        let (text, part) = (self.term(text)?, self.term(part)?);
        self.statement.push("(");
        match test {
            TextTest::StartsWith | TextTest::Contains => {
                self.statement.push(dialect::POSITION);
                self.write(&text);
                self.statement.push(", ");
                self.write(&part);
                self.statement.push(if test == TextTest::Contains { ") > 0" } else { ") = 1" });
            }
            TextTest::EndsWith => {
                let table = self.table;
                let text = |statement: &mut Statement| write(statement, table, &text);
                let part = |statement: &mut Statement| write(statement, table, &part);
                dialect::ends_with(self.statement, &text, &part);
            }
        }
        self.statement.push(")");
        Ok(())
    }

    fn any_element(&mut self, name: &str, inner: Option<&Condition>) -> Result<(), Error> {
        let collection = self.table.collections.iter().find(|collection| collection.name == name);
        let collection =
            collection.ok_or_else(|| Error::new(ErrorKind::UnknownProperty, "collection of a list"))?;
        let (open, close) = dialect::ELEMENTS;
        self.statement.push("exists (select 1 from ").push(open).push(collection.sql).push(close);
        if let Some(inner) = inner {
            self.statement.push(" where ");
            let outer = self.collection.replace(collection);
            self.condition(inner)?;
            self.collection = outer;
        }
        self.statement.push(")");
        Ok(())
    }

    fn write(&mut self, term: &Term<'_>) {
        write(self.statement, self.table, term);
    }
}

/// Writes the value of an operand. An id is written as text.
fn write(statement: &mut Statement, table: &'static Table, term: &Term<'_>) {
    match term {
        Term::Value(literal) => bind(statement, literal),
        // The text of an id is in lower case already.
        Term::Stored { property, .. } if property.form == Form::Id => dialect::guid(statement, property.sql),
        Term::Stored { property, lowered: false, .. } => {
            statement.push(property.sql);
        }
        Term::Stored { property, lowered: true, element } => {
            statement.push("coalesce(").push(table.lowered).push(" ->> ");
            match element {
                None => statement.push_bind(property.name),
                Some(collection) if property.name.is_empty() => {
                    statement.push("(").push(collection.place).push(")")
                }
                Some(collection) => {
                    statement.push("(").push(collection.place).push(" || '/' || ");
                    statement.push_bind(property.name).push(")")
                }
            };
            statement.push(", ").push(dialect::LOWER).push(property.sql).push("))");
        }
    }
}

/// Binds a value.
pub(super) fn bind(statement: &mut Statement, literal: &Literal) {
    match literal {
        Literal::Text(text) => statement.push_bind(text.clone()),
        Literal::Integer(number) => statement.push_bind(*number),
        Literal::Decimal(number) => statement.push_bind(*number),
        Literal::Boolean(held) => statement.push_bind(*held),
        Literal::Moment(moment) => statement.push_bind(moment.as_micros()),
        Literal::Null => statement.push("null"),
    };
}
