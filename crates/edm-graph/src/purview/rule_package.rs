//! `RulePackage` → sensitive types.

use edm_model::{RECOMMENDED_CONFIDENCE_DEFAULT, limits};

use super::document::{self, Element, Grammar};
use super::encoding;
use super::error::{PurviewError, PurviewErrorKind, shown};
use super::localized::{Localized, choose};
use super::pattern::{self, Classifications};
use crate::resource::sensitive_type::{CLASSIFICATION_METHOD, ExactMatchRuleResource, SensitiveTypeResource};

const ROOT: Grammar = Grammar { attributes: &[], children: &["RulePack", "Rules"], text: false };
const RULE_PACK: Grammar =
    Grammar { attributes: &["id"], children: &["Version", "Publisher", "Details"], text: false };
const VERSION: Grammar =
    Grammar { attributes: &["major", "minor", "build", "revision"], children: &[], text: false };
const PUBLISHER: Grammar = Grammar { attributes: &["id"], children: &[], text: false };
const DETAILS: Grammar =
    Grammar { attributes: &["defaultLangCode"], children: &["LocalizedDetails"], text: false };
const LOCALIZED_DETAILS: Grammar =
    Grammar { attributes: &["langcode"], children: &["PublisherName", "Name", "Description"], text: false };
const PLAIN_TEXT: Grammar = Grammar { attributes: &[], children: &[], text: true };
const RULES: Grammar =
    Grammar { attributes: &[], children: &["ExactMatch", "LocalizedStrings"], text: false };
const EXACT_MATCH: Grammar = Grammar {
    attributes: &["id", "patternsProximity", "dataStore", "recommendedConfidence"],
    children: &["Pattern"],
    text: false,
};
const LOCALIZED_STRINGS: Grammar = Grammar { attributes: &[], children: &["Resource"], text: false };
const RESOURCE: Grammar = Grammar { attributes: &["idRef"], children: &["Name", "Description"], text: false };
const LOCALIZED_TEXT: Grammar = Grammar { attributes: &["default", "langcode"], children: &[], text: true };

/// Types of one package.
const TYPES_MAX: usize = 1_000;

/// The content of a rule package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RulePackage {
    /// The name of the package.
    pub name: Option<String>,
    /// Its sensitive types, in the order of the file; at least one.
    pub types: Vec<PackageType>,
    /// Sentences about what is read in another way than in Purview.
    pub warnings: Vec<String>,
}

/// One sensitive type of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackageType {
    /// The line on which it starts.
    pub line: u64,
    /// The type. In place of the id of its data store it has the name that the package uses.
    pub resource: SensitiveTypeResource,
}

/// Reads a `RulePackage`. Fails with the line and the name of what cannot be honoured.
pub fn read_rule_package(bytes: &[u8]) -> Result<RulePackage, PurviewError> {
    if bytes.len() > limits::XML_BYTES_MAX {
        return Err(PurviewError::whole(PurviewErrorKind::TooLarge));
    }
    let decoded = encoding::decode(bytes)?;
    let root = document::parse(&decoded.text, "RulePackage")?;
    root.check(&ROOT)?;
    let mut warnings: Vec<String> = decoded.warning.into_iter().collect();
    let about = read_rule_pack(root.child("RulePack")?, &mut warnings)?;
    let rules = root.child("Rules")?;
    // A rule of another kind explains the file better than a missing element does, so it is
    // reported first.
    rules.check(&RULES)?;
    let strings = rules.child("LocalizedStrings")?;
    strings.check(&LOCALIZED_STRINGS)?;
    let exact: Vec<&Element> = rules.children.iter().filter(|child| child.name == "ExactMatch").collect();
    if exact.is_empty() {
        return Err(
            rules.error(PurviewErrorKind::MissingElement { name: "ExactMatch", inside: shown(&rules.name) })
        );
    }
    if exact.len() > TYPES_MAX {
        return Err(
            rules.error(PurviewErrorKind::TooMany { what: "ExactMatch elements", count_max: TYPES_MAX })
        );
    }
    check_ids(&exact, strings)?;
    let mut classifications = Classifications::default();
    let mut types: Vec<PackageType> = Vec::with_capacity(exact.len());
    for element in exact {
        let resource = read_type(element, strings, &about, &mut classifications, &mut warnings)?;
        let same = |other: &PackageType| lower(&other.resource.name) == lower(&resource.name);
        if let Some(other) = types.iter().find(|other| same(other)) {
            let expected =
                format!("a name that no other type of the file has, and line {} has it", other.line);
            return Err(element.bad_value("the Name", expected));
        }
        types.push(PackageType { line: element.line, resource });
    }
    warnings.extend(classifications.warning());
    warnings.push(
        "the ids and the version of the package are not kept: each sensitive type gets an id of its own"
            .to_owned(),
    );
    Ok(RulePackage { name: about.name, types, warnings })
}

fn lower(text: &Option<String>) -> Option<String> {
    text.as_deref().map(str::to_lowercase)
}

/// The metadata of a package.
#[derive(Default)]
struct About {
    name: Option<String>,
    publisher: Option<String>,
    language: Option<String>,
}

fn read_rule_pack(pack: &Element, warnings: &mut Vec<String>) -> Result<About, PurviewError> {
    pack.check(&RULE_PACK)?;
    if let Some(version) = pack.only("Version")? {
        version.check(&VERSION)?;
    }
    if let Some(publisher) = pack.only("Publisher")? {
        publisher.check(&PUBLISHER)?;
    }
    let Some(details) = pack.only("Details")? else { return Ok(About::default()) };
    details.check(&DETAILS)?;
    let language = details.attribute("defaultLangCode");
    let mut texts = Vec::new();
    for element in &details.children {
        element.check(&LOCALIZED_DETAILS)?;
        for child in &element.children {
            child.check(&PLAIN_TEXT)?;
        }
        texts.push(Localized { language: element.attribute("langcode"), is_default: false, element });
    }
    let Some(chosen) = choose(&texts, language, "what is said of the package", warnings) else {
        return Ok(About { language: language.map(str::to_owned), ..About::default() });
    };
    chosen.only("Description")?;
    Ok(About {
        name: bounded(chosen.only("Name")?, limits::NAME_CHARACTERS_MAX)?,
        publisher: bounded(chosen.only("PublisherName")?, limits::NAME_CHARACTERS_MAX)?,
        language: language.map(str::to_owned),
    })
}

/// Returns an element's text; `None` if it is empty.
fn bounded(element: Option<&Element>, characters_max: usize) -> Result<Option<String>, PurviewError> {
    let Some(element) = element.filter(|element| !element.text().is_empty()) else { return Ok(None) };
    if element.text().chars().count() > characters_max {
        return Err(element.bad_value("the text", format!("at most {characters_max} characters long")));
    }
    Ok(Some(element.text().to_owned()))
}

/// Checks that ids are unique and that every text is for an id of the file.
fn check_ids(exact: &[&Element], strings: &Element) -> Result<(), PurviewError> {
    let mut ids = Vec::with_capacity(exact.len());
    for element in exact {
        let id = element.needed("id")?.trim().to_lowercase();
        if ids.contains(&id) {
            return Err(element.bad_value("id", "an id that no other ExactMatch of the file has"));
        }
        ids.push(id);
    }
    let mut seen: Vec<String> = Vec::new();
    for resource in &strings.children {
        resource.check(&RESOURCE)?;
        let id = resource.needed("idRef")?.trim().to_lowercase();
        if !ids.contains(&id) {
            return Err(resource.bad_value(
                "idRef",
                "the id of an ExactMatch of the file: correct it or remove the Resource",
            ));
        }
        if seen.contains(&id) {
            return Err(resource.bad_value("idRef", "an id that no other Resource of the file has"));
        }
        seen.push(id);
    }
    Ok(())
}

fn read_type(
    element: &Element,
    strings: &Element,
    about: &About,
    classifications: &mut Classifications,
    warnings: &mut Vec<String>,
) -> Result<SensitiveTypeResource, PurviewError> {
    element.check(&EXACT_MATCH)?;
    let data_store = element.needed("dataStore")?.trim().to_owned();
    let distance = element
        .needed("patternsProximity")
        .and(element.number("patternsProximity", 1..=limits::PROXIMITY_MAX))?;
    let recommended = element.number("recommendedConfidence", 1..=100)?;
    if recommended.is_none() {
        warnings.push(format!(
            "line {}: recommendedConfidence is absent, and {RECOMMENDED_CONFIDENCE_DEFAULT} is taken",
            element.line
        ));
    }
    let mut patterns = Vec::new();
    for child in &element.children {
        if patterns.len() >= limits::PATTERNS_MAX {
            let kind =
                PurviewErrorKind::TooMany { what: "patterns of one type", count_max: limits::PATTERNS_MAX };
            return Err(child.error(kind));
        }
        patterns.push(pattern::read(child, distance.unwrap_or_default(), classifications)?);
    }
    if patterns.is_empty() {
        return Err(
            element.error(PurviewErrorKind::MissingElement { name: "Pattern", inside: shown(&element.name) })
        );
    }
    let (name, description) = read_strings(element, strings, about, warnings)?;
    let recommended = recommended.and_then(|number| u8::try_from(number).ok());
    Ok(SensitiveTypeResource {
        name: Some(name),
        description,
        publisher_name: about.publisher.clone(),
        classification_method: Some(CLASSIFICATION_METHOD.to_owned()),
        exact_match: Some(ExactMatchRuleResource {
            data_store_id: data_store,
            recommended_confidence: recommended.unwrap_or(RECOMMENDED_CONFIDENCE_DEFAULT),
            // The default depends on the columns' types, which the package does not have. The
            // service sets it when the type is created.
            redact_confidence: None,
            patterns,
        }),
        ..SensitiveTypeResource::default()
    })
}

/// Returns name and description of a type.
fn read_strings(
    element: &Element,
    strings: &Element,
    about: &About,
    warnings: &mut Vec<String>,
) -> Result<(String, Option<String>), PurviewError> {
    let id = element.needed("id")?.trim();
    let own = |resource: &&Element| {
        resource.attribute("idRef").is_some_and(|known| known.trim().eq_ignore_ascii_case(id))
    };
    let missing = || PurviewErrorKind::MissingElement {
        name: "Resource with a Name for this id",
        inside: shown(&strings.name),
    };
    let resource = strings.children.iter().find(own).ok_or_else(|| element.error(missing()))?;
    let mut chosen = |kind: &str| -> Result<Option<&Element>, PurviewError> {
        let mut texts = Vec::new();
        for text in resource.children.iter().filter(|child| child.name == kind) {
            text.check(&LOCALIZED_TEXT)?;
            let (language, is_default) = (text.attribute("langcode"), text.boolean("default")? == Some(true));
            texts.push(Localized { language, is_default, element: text });
        }
        Ok(choose(&texts, about.language.as_deref(), kind, warnings))
    };
    let (name, description) = (chosen("Name")?, chosen("Description")?);
    let name = bounded(name, limits::NAME_CHARACTERS_MAX)?.ok_or_else(|| element.error(missing()))?;
    Ok((name, bounded(description, limits::TEXT_CHARACTERS_MAX)?))
}
