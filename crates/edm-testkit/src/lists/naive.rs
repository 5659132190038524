//! The naive evaluator: applies conditions and orders to the JSON that a client sees, one element
//! after the other. It is slow and simple on purpose.

use std::cmp::Ordering;

use edm_graph::DateTimeOffset;
use edm_graph::query::{Kind, Property};
use edm_model::{Comparison, Condition, Direction, Literal, Operand, OrderKey, TextTest};
use serde_json::Value;

/// Evaluates over elements with these properties.
#[derive(Debug, Clone, Copy)]
pub struct Naive {
    /// The properties.
    pub properties: &'static [Property],
}

/// A value to compare; `Object` equals nothing.
#[derive(Debug, Clone, PartialEq)]
enum Held {
    Value(Literal),
    Object,
}

/// The scope of a condition: the row, and the element that `any` looks at.
#[derive(Clone, Copy)]
struct View<'a> {
    row: &'a Value,
    element: Option<(&'a Value, Kind)>,
}

impl Naive {
    /// Returns whether the element meets the condition. Unknown because of a null counts as no.
    pub fn matches(&self, condition: &Condition, row: &Value) -> bool {
        self.evaluate(condition, View { row, element: None }) == Some(true)
    }

    /// Compares two elements by an order, then by id in the direction of the last key.
    pub fn order(&self, left: &Value, right: &Value, keys: &[OrderKey]) -> Ordering {
        let mut last = Direction::Ascending;
        for key in keys {
            let value =
                |row| self.value(&Operand::Property(key.property.clone()), View { row, element: None });
            let ascending = match (value(left), value(right)) {
                (Held::Value(Literal::Null), Held::Value(Literal::Null)) => Ordering::Equal,
                (Held::Value(Literal::Null), _) => Ordering::Less,
                (_, Held::Value(Literal::Null)) => Ordering::Greater,
                (left, right) => compared(&left, &right).unwrap_or(Ordering::Equal),
            };
            let ordered = directed(ascending, key.direction);
            if ordered != Ordering::Equal {
                return ordered;
            }
            last = key.direction;
        }
        let id = |row: &Value| row.get("id").and_then(Value::as_str).unwrap_or("").to_owned();
        directed(id(left).cmp(&id(right)), last)
    }

    fn evaluate(&self, condition: &Condition, view: View<'_>) -> Option<bool> {
        match condition {
            Condition::All(parts) => all(parts.iter().map(|part| self.evaluate(part, view))),
            Condition::Any(parts) => {
                let none = all(parts.iter().map(|part| self.evaluate(part, view).map(|held| !held)));
                none.map(|none| !none)
            }
            Condition::Not(inner) => self.evaluate(inner, view).map(|held| !held),
            Condition::Compare(left, comparison, right) => {
                Some(holds(&self.value(left, view), *comparison, &self.value(right, view)))
            }
            Condition::OneOf(operand, literals) => {
                let value = self.value(operand, view);
                let same =
                    |literal: &Literal| holds(&value, Comparison::Equal, &Held::Value(literal.clone()));
                Some(literals.iter().any(same))
            }
            Condition::Text(test, text, part) => match (self.value(text, view), self.value(part, view)) {
                (Held::Value(Literal::Text(text)), Held::Value(Literal::Text(part))) => Some(match test {
                    TextTest::StartsWith => text.starts_with(&part),
                    TextTest::EndsWith => text.ends_with(&part),
                    TextTest::Contains => text.contains(&part),
                }),
                _ => None,
            },
            Condition::Truth(operand) => match self.value(operand, view) {
                Held::Value(Literal::Boolean(held)) => Some(held),
                _ => None,
            },
            Condition::AnyElement(name, inner) => {
                let elements = view.row.get(name).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
                let kind = kind_of(self.properties, name);
                Some(elements.iter().any(|element| match inner {
                    None => true,
                    Some(inner) => {
                        let view = View { element: Some((element, kind)), ..view };
                        self.evaluate(inner, view) == Some(true)
                    }
                }))
            }
        }
    }

    fn value(&self, operand: &Operand, view: View<'_>) -> Held {
        match operand {
            Operand::Literal(literal) => Held::Value(literal.clone()),
            Operand::Lower(inner) => match self.value(inner, view) {
                Held::Value(Literal::Text(text)) => Held::Value(Literal::Text(text.to_lowercase())),
                other => other,
            },
            Operand::Property(name) => held(at(view.row, name), kind_of(self.properties, name)),
            Operand::Element(name) => match view.element {
                Some((element, Kind::Elements(members))) => held(at(element, name), kind_of(members, name)),
                Some((element, _)) => held(Some(element), Kind::Text),
                None => Held::Value(Literal::Null),
            },
        }
    }
}

fn at<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('/').try_fold(value, |value, name| value.get(name))
}

fn kind_of(properties: &[Property], path: &str) -> Kind {
    let (first, rest) = path.split_once('/').map_or((path, None), |(first, rest)| (first, Some(rest)));
    let kind = properties.iter().find(|property| property.name == first).map(|property| property.kind);
    match (kind, rest) {
        (Some(Kind::Members(members)), Some(rest)) => kind_of(members, rest),
        (kind, _) => kind.unwrap_or(Kind::Complex),
    }
}

fn held(value: Option<&Value>, kind: Kind) -> Held {
    Held::Value(match value {
        Some(Value::String(text)) if kind == Kind::Moment => {
            DateTimeOffset::parse(text).map_or(Literal::Null, |moment| Literal::Moment(moment.timestamp()))
        }
        Some(Value::String(text)) => Literal::Text(text.clone()),
        Some(Value::Bool(held)) => Literal::Boolean(*held),
        Some(Value::Number(number)) => match number.as_i64() {
            Some(integer) => Literal::Integer(integer),
            None => number.as_f64().map_or(Literal::Null, Literal::Decimal),
        },
        Some(Value::Object(_) | Value::Array(_)) => return Held::Object,
        Some(Value::Null) | None => Literal::Null,
    })
}

/// Three-valued `and`: false wins over unknown, and unknown over true.
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

fn directed(ascending: Ordering, direction: Direction) -> Ordering {
    match direction {
        Direction::Ascending => ascending,
        Direction::Descending => ascending.reverse(),
    }
}

/// Compares two values of one type; `None` if they have no order.
fn compared(left: &Held, right: &Held) -> Option<Ordering> {
    let (Held::Value(left), Held::Value(right)) = (left, right) else { return None };
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

/// Compares as OData does: null equals only null, and is neither less nor greater than anything.
fn holds(left: &Held, comparison: Comparison, right: &Held) -> bool {
    let order = compared(left, right);
    let null = [left, right].into_iter().any(|side| *side == Held::Value(Literal::Null));
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
