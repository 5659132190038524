//! `Pattern` of an `ExactMatch` → a pattern of a sensitive type.

use edm_model::limits;

use super::document::{Element, Grammar};
use super::error::{PurviewError, PurviewErrorKind, shown};
use crate::resource::sensitive_type::{EvidenceGroupResource, PatternResource, ProximityResource};

const PATTERN: Grammar = Grammar {
    attributes: &["confidenceLevel"],
    children: &["idMatch", "IdMatch", "match", "Match", "Any"],
    text: false,
};
const PRIMARY: Grammar = Grammar { attributes: &["matches", "classification"], children: &[], text: false };
const EVIDENCE: Grammar = Grammar {
    attributes: &["matches", "classification", "minCount", "uniqueResults", "proximity"],
    children: &[],
    text: false,
};
const ANY: Grammar =
    Grammar { attributes: &["minMatches", "maxMatches"], children: &["match", "Match"], text: false };

const NESTED: &str =
    "a group inside a group has no counterpart here: write one pattern for each way to fulfil it";

/// The classifications that patterns name. They find candidates in Purview and are not needed here.
#[derive(Default)]
pub(super) struct Classifications(Vec<String>);

impl Classifications {
    fn note(&mut self, element: &Element) {
        if let Some(name) = element.attribute("classification").map(shown)
            && !self.0.contains(&name)
        {
            self.0.push(name);
        }
    }

    /// Returns one warning for all of them, if there are any.
    pub(super) fn warning(&self) -> Option<String> {
        (!self.0.is_empty()).then(|| {
            format!(
                "classification is not asked here: every value of a column is looked for in every text, so more can be \
                 found than where one of these came first: {}",
                self.0.join(", ")
            )
        })
    }
}

/// Reads a pattern. `distance` is the type's, in characters.
pub(super) fn read(
    pattern: &Element,
    distance: u32,
    classifications: &mut Classifications,
) -> Result<PatternResource, PurviewError> {
    pattern.check(&PATTERN)?;
    let confidence = pattern.needed("confidenceLevel").and(pattern.number("confidenceLevel", 1..=100))?;
    let primary = read_primary(pattern, classifications)?;
    let mut evidence = Evidence { primary: &primary, patterns_distance: distance, distances: Vec::new() };
    let (mut alone, mut groups, mut void_if) = (Vec::new(), Vec::new(), Vec::new());
    for child in &pattern.children {
        match child.name.as_str() {
            "match" | "Match" => alone.push(evidence.column(child, &alone, classifications)?),
            "Any" => match evidence.group(child, classifications)? {
                Group::Void(columns) => void_if.extend(columns),
                Group::Needed(group) => groups.push(group),
            },
            _ => {}
        }
    }
    if !alone.is_empty() {
        // It comes first: groups are filled in order, and this column cannot be replaced by
        // another.
        let min_matches = u32::try_from(alone.len()).unwrap_or(u32::MAX);
        groups.insert(0, EvidenceGroupResource { min_matches, max_matches: None, columns: alone });
    }
    let distance = evidence.distance(pattern)?;
    Ok(PatternResource {
        confidence: confidence.and_then(|number| u8::try_from(number).ok()).unwrap_or_default(),
        primary: Some(primary),
        proximity: ProximityResource {
            unit: "characters".to_owned(),
            distance: Some(distance),
            or_same_row: true,
        },
        supporting: groups,
        not_counted: Vec::new(),
        void_if,
    })
}

fn read_primary(pattern: &Element, classifications: &mut Classifications) -> Result<String, PurviewError> {
    let mut found =
        pattern.children.iter().filter(|child| matches!(child.name.as_str(), "idMatch" | "IdMatch"));
    let missing = || PurviewErrorKind::MissingElement { name: "idMatch", inside: shown(&pattern.name) };
    let primary = found.next().ok_or_else(|| pattern.error(missing()))?;
    if let Some(second) = found.next() {
        let kind =
            PurviewErrorKind::RepeatedElement { name: shown(&second.name), inside: shown(&pattern.name) };
        return Err(second.error(kind));
    }
    refuse_reference(primary)?;
    primary.check(&PRIMARY)?;
    classifications.note(primary);
    Ok(primary.needed("matches")?.trim().to_owned())
}

/// `idRef` names an expression or a list of words, not a column.
fn refuse_reference(element: &Element) -> Result<(), PurviewError> {
    match element.attribute("idRef") {
        None => Ok(()),
        Some(_) => Err(element.refuse_attribute(
            "idRef",
            "only columns of a data store can be matched: name one in the attribute matches, or remove the element",
        )),
    }
}

/// The greatest number of columns that a pattern and its groups may name together.
const fn columns_max() -> u32 {
    limits::COLUMNS_MAX as u32
}

enum Group {
    /// None of these may be present.
    Void(Vec<String>),
    Needed(EvidenceGroupResource),
}

struct Evidence<'a> {
    primary: &'a str,
    patterns_distance: u32,
    /// What each `match` requires.
    distances: Vec<u32>,
}

impl Evidence<'_> {
    /// Reads a `match`. `known` are the columns before it in the same group.
    fn column(
        &mut self,
        element: &Element,
        known: &[String],
        classifications: &mut Classifications,
    ) -> Result<String, PurviewError> {
        refuse_reference(element)?;
        element.check(&EVIDENCE)?;
        let name = element.needed("matches")?.trim();
        let same = |other: &str| other.to_lowercase() == name.to_lowercase();
        if same(self.primary) {
            return Err(element.bad_value("matches", "another column than the pattern's idMatch names"));
        }
        if known.iter().any(|other| same(other)) {
            return Err(element.bad_value("matches", "a column that the same group does not name already"));
        }
        if known.len() >= limits::COLUMNS_MAX {
            let kind = PurviewErrorKind::TooMany {
                what: "match elements of one group",
                count_max: limits::COLUMNS_MAX,
            };
            return Err(element.error(kind));
        }
        if element.number("minCount", 0..=u32::MAX)?.is_some_and(|count| count != 1) {
            let advice = "a row has one value for each column: remove it, or ask for more columns by minMatches of Any";
            return Err(element.refuse_attribute("minCount", advice));
        }
        // One value of the row is required, so counting repeats makes no difference.
        element.boolean("uniqueResults")?;
        classifications.note(element);
        self.distances
            .push(element.number("proximity", 1..=limits::PROXIMITY_MAX)?.unwrap_or(self.patterns_distance));
        Ok(name.to_owned())
    }

    fn group(&mut self, any: &Element, classifications: &mut Classifications) -> Result<Group, PurviewError> {
        if let Some(nested) = any.children.iter().find(|child| child.name == "Any") {
            return Err(nested.refuse(&any.name, NESTED));
        }
        any.check(&ANY)?;
        let mut columns = Vec::new();
        for child in &any.children {
            columns.push(self.column(child, &columns, classifications)?);
        }
        let count = u32::try_from(columns.len()).unwrap_or(u32::MAX);
        if count == 0 {
            return Err(
                any.error(PurviewErrorKind::MissingElement { name: "match", inside: shown(&any.name) })
            );
        }
        let most = any.number("maxMatches", 0..=u32::MAX)?;
        let least = any.number("minMatches", 0..=count)?;
        if most == Some(0) {
            return match least {
                None | Some(0) => Ok(Group::Void(columns)),
                Some(_) => {
                    Err(any.bad_value("minMatches", "0 where maxMatches is 0, so that none may be there"))
                }
            };
        }
        let min_matches = least.unwrap_or(1);
        if most.is_some_and(|most| most < min_matches) {
            return Err(any.bad_value("maxMatches", format!("at least minMatches, which is {min_matches}")));
        }
        // A number above that of the columns is no bound, and the wire's maximum is lower than
        // XML's.
        let max_matches = most.map(|most| most.min(columns_max()));
        Ok(Group::Needed(EvidenceGroupResource { min_matches, max_matches, columns }))
    }

    /// Returns the proximity of the whole pattern.
    fn distance(&self, pattern: &Element) -> Result<u32, PurviewError> {
        let first = self.distances.first().copied().unwrap_or(self.patterns_distance);
        if self.distances.iter().any(|distance| *distance != first) {
            return Err(pattern.refuse_attribute(
                "proximity",
                "a pattern has one distance here: give every match of it the same, or write one pattern for each",
            ));
        }
        Ok(first)
    }
}
