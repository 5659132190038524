//! Five texts drawn from random rows, with what was planted in each and what was found.

use anyhow::Context;
use console::Style;
use edm_agent::GraphClient;
use edm_agent::sample::{Person, Random};
use edm_graph::{ClassificationResult, ContentLocation};
use serde_json::json;

use super::markup::{highlight, regex_count};
use crate::output::Output;

/// Whether a finding is as planted; otherwise a sentence about the difference.
pub(crate) type Verdict = Result<(), String>;

/// A person and the row number.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    /// The first row after the header is 1.
    pub(crate) row: u64,
    pub(crate) person: Person,
}

/// What must be found in a text.
#[derive(Debug, Clone)]
enum Planted {
    /// This number with exactly these facts of its row, at 85.
    WithFacts { owner: Row, facts: &'static [&'static str] },
    /// Nothing.
    Nothing,
    /// This number without evidence, at 65, and a note that the surname belongs to another row.
    Alone { owner: Row, other: Row },
    /// A redaction in the redacted text.
    Redacted { owner: Row },
}

struct Text {
    kind: &'static str,
    text: String,
    planted: Planted,
}

/// The texts of one seed.
pub(crate) struct SampleTexts {
    first: Row,
    texts: Vec<Text>,
}

impl SampleTexts {
    /// Draws rows and writes the texts. Fails only on a table that is too small.
    pub(crate) fn draw(seed: u64, people: &[Person]) -> anyhow::Result<Self> {
        // A different sequence from the one that made the people.
        let mut random = Random::new(seed.wrapping_mul(0x2545_f491_4f6c_dd1d) ^ 0x6564_6d21);
        // A surname that is also a given name is ambiguous, and the planted facts would be unclear.
        let plain = |person: &Person| {
            person.last_name.len() >= 4
                && person.last_name.chars().all(|c| c.is_ascii_alphabetic())
                && person.last_name != person.first_name
        };
        let first = draw(&mut random, people, plain)?;
        let alone = draw(&mut random, people, |person| person.ssn != first.person.ssn)?;
        let mut surnames = std::collections::HashMap::<&str, u32>::new();
        for person in people {
            *surnames.entry(&person.last_name).or_default() += 1;
        }
        // The other person's surname must contain no fact of the number's row.
        let own: Vec<&str> = words(&alone.person.first_name).chain(words(&alone.person.last_name)).collect();
        let rare = |person: &Person| {
            surnames.get(person.last_name.as_str()) == Some(&1)
                && person.ssn != alone.person.ssn
                && person.last_name.chars().all(|c| c.is_ascii_alphabetic() || c == ' ' || c == '-')
                && words(&person.last_name).all(|word| !own.contains(&word))
        };
        let other = draw(&mut random, people, rare)?;
        let broken = draw(&mut random, people, |person| person.last_name == "van der Berg")?;
        // Not the first row: it is removed later, and this text is classified after that.
        let prompt = draw(&mut random, people, |person| {
            plain(person) && person.first_name.len() >= 3 && person.ssn != first.person.ssn
        })?;
        let texts = vec![
            email(&first),
            invoice(&mut random, people),
            foreign_surname(&alone, &other),
            log_line(&broken),
            chat_prompt(&prompt),
        ];
        Ok(Self { first, texts })
    }

    /// Returns the row of the first text.
    pub(crate) fn first(&self) -> &Row {
        &self.first
    }

    /// Returns a text of one line whose record stays in the table to the end.
    pub(crate) fn findable(&self) -> &str {
        self.texts.last().map_or("", |text| &text.text)
    }

    /// Returns the first text, the e-mail.
    pub(crate) fn first_text(&self) -> &str {
        self.texts.first().map_or("", |text| &text.text)
    }
}

fn words(name: &str) -> impl Iterator<Item = &str> {
    name.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty())
}

fn draw(random: &mut Random, people: &[Person], fits: impl Fn(&Person) -> bool) -> anyhow::Result<Row> {
    let from = random.position(people.len());
    let (before, after) = people.split_at_checked(from).context("the table is empty")?;
    let numbered = (1u64..).skip(from).zip(after).chain((1u64..).zip(before));
    let found = numbered.into_iter().find(|(_, person)| fits(person));
    let (row, person) = found.context("the table is too small for this text")?;
    Ok(Row { row, person: person.clone() })
}

fn email(owner: &Row) -> Text {
    let Person { ssn, birthday, last_name, .. } = &owner.person;
    Text {
        kind: "e-mail",
        text: format!(
            "Hello Dana,\nthe form came back: {last_name}'s birthday is {birthday} and the SSN is {ssn}.\n\
             Please update the file today. Thanks, Kim"
        ),
        planted: Planted::WithFacts { owner: owner.clone(), facts: &["birthday", "lastName"] },
    }
}

fn invoice(random: &mut Random, people: &[Person]) -> Text {
    let mut text = "Invoice 2026-1187, serial numbers:\n".to_owned();
    for position in ["pump", "valve", "gauge", "hose", "clamp", "filter"] {
        text.push_str(&format!("  {position:<7} {}\n", random.ssn_of_nobody(people)));
    }
    Text { kind: "invoice", text: text.trim_end().to_owned(), planted: Planted::Nothing }
}

fn foreign_surname(owner: &Row, other: &Row) -> Text {
    Text {
        kind: "call note",
        text: format!("Ms {} called about the letter for {}.", other.person.last_name, owner.person.ssn),
        planted: Planted::Alone { owner: owner.clone(), other: other.clone() },
    }
}

fn log_line(owner: &Row) -> Text {
    let Person { ssn, birthday, last_name, .. } = &owner.person;
    // In JSON a line break in a value is an escape, which tests the decoded view of the text.
    let broken = last_name.replacen(" Berg", "\\nBerg", 1);
    Text {
        kind: "JSON log",
        text: format!(
            "{{\"level\":\"warn\",\"message\":\"no answer for {broken}\",\"dob\":\"{birthday}\",\"id\":\"{ssn}\"}}"
        ),
        planted: Planted::WithFacts { owner: owner.clone(), facts: &["birthday", "lastName"] },
    }
}

fn chat_prompt(owner: &Row) -> Text {
    let Person { ssn, birthday, first_name, last_name, .. } = &owner.person;
    Text {
        kind: "prompt",
        text: format!(
            "Write a kind letter to {first_name} {last_name}, born {birthday}, SSN {ssn}: the claim was approved."
        ),
        planted: Planted::Redacted { owner: owner.clone() },
    }
}

/// Classifies every text, prints the results, and compares them with what was planted.
pub(crate) async fn classify_all(
    texts: &SampleTexts,
    client: &GraphClient,
    output: Output,
) -> anyhow::Result<Vec<Verdict>> {
    let mut verdicts = Vec::new();
    for (number, text) in (1..).zip(&texts.texts) {
        let request = json!({ "text": text.text, "sensitiveTypeIds": [], "contentClassifications": [], "explain": true });
        let result = client.classify(&request).await?;
        let heading = output.style(Style::new().bold(), &format!("Text {number}, {}", text.kind));
        output.line(&format!("\n{heading}"))?;
        let (verdict, says, why) = match &text.planted {
            Planted::Redacted { owner } => {
                let request = json!({ "text": text.text, "replacement": "label" });
                let redacted = client.redact(&request).await?.text;
                print_indented(&redacted, output)?;
                judge_redacted(&result, owner, &redacted)
            }
            planted => {
                print_indented(&highlight(&text.text, &result, output), output)?;
                judge(planted, &result)
            }
        };
        let regex = regex_count(&text.text)?;
        output.line(&format!("  {} | a plain regex says {regex} | edm says {says} | {why}", text.kind))?;
        verdicts.push(verdict.map_err(|difference| format!("text {number}, {}: {difference}", text.kind)));
    }
    Ok(verdicts)
}

fn print_indented(text: &str, output: Output) -> anyhow::Result<()> {
    for line in text.lines() {
        output.line(&format!("    {line}"))?;
    }
    Ok(())
}

/// Returns whether the findings are as planted, the server's finding, and the reason.
fn judge(planted: &Planted, result: &ClassificationResult) -> (Verdict, String, String) {
    let places: Vec<&ContentLocation> =
        result.classification.iter().flat_map(|found| &found.matches).collect();
    match planted {
        Planted::Nothing => {
            let verdict = match places.len() {
                0 => Ok(()),
                count => Err(format!("{count} findings where nothing was planted")),
            };
            (verdict, places.len().to_string(), "none of these numbers is in the table".to_owned())
        }
        Planted::WithFacts { owner, facts } => {
            let verdict = only(&places).and_then(|place| has_facts(place, owner, 85, facts));
            (verdict, says(&places), why_facts(&places))
        }
        Planted::Alone { owner, other } => {
            let note = sentence_about(result, other.row);
            let verdict = only(&places).and_then(|place| has_facts(place, owner, 65, &[])).and_then(|()| {
                note.clone().map(drop).ok_or_else(|| "the surname's row is not named".to_owned())
            });
            let why = note.map_or_else(String::new, |_| {
                format!("{} belongs to row {}", other.person.last_name, other.row)
            });
            (verdict, says(&places), format!("the number alone; {why}"))
        }
        Planted::Redacted { .. } => {
            (Err("is judged by its redacted text".to_owned()), String::new(), String::new())
        }
    }
}

fn judge_redacted(result: &ClassificationResult, owner: &Row, redacted: &str) -> (Verdict, String, String) {
    let places: Vec<&ContentLocation> =
        result.classification.iter().flat_map(|found| &found.matches).collect();
    let left = redacted.contains(&owner.person.ssn) || redacted.contains(&owner.person.last_name);
    let found =
        only(&places).and_then(|place| has_facts(place, owner, 85, &["birthday", "firstName", "lastName"]));
    let verdict = found.and_then(|()| match left {
        true => Err("the redacted text still holds the person".to_owned()),
        false => Ok(()),
    });
    (verdict, says(&places), "redacted before it leaves; the letter can still be written".to_owned())
}

fn only<'p>(places: &[&'p ContentLocation]) -> Result<&'p ContentLocation, String> {
    match places {
        [place] => Ok(place),
        places => Err(format!("{} findings instead of 1", places.len())),
    }
}

fn has_facts(place: &ContentLocation, owner: &Row, confidence: u8, facts: &[&str]) -> Verdict {
    let mut counted: Vec<&str> = place
        .evidences
        .iter()
        .filter(|piece| piece.counted)
        .map(|piece| piece.column_name.as_str())
        .collect();
    counted.sort_unstable();
    if place.id_match != owner.person.ssn || place.column_name != "ssn" {
        return Err("another value was found than the planted number".to_owned());
    }
    if place.rows != [owner.row] {
        return Err(format!("rows {:?} instead of {}", place.rows, owner.row));
    }
    if place.confidence != confidence || counted != facts {
        return Err(format!("{} with {counted:?} instead of {confidence} with {facts:?}", place.confidence));
    }
    Ok(())
}

fn says(places: &[&ContentLocation]) -> String {
    match places {
        [place] => {
            let rows: Vec<String> = place.rows.iter().map(u64::to_string).collect();
            format!("{}, row {}", place.confidence, rows.join(", "))
        }
        places => places.len().to_string(),
    }
}

fn why_facts(places: &[&ContentLocation]) -> String {
    let Some(place) = places.first() else { return "nothing found".to_owned() };
    let facts: Vec<&str> = place
        .evidences
        .iter()
        .filter(|piece| piece.counted)
        .map(|piece| piece.column_name.as_str())
        .collect();
    format!("{} with {} of the same row", place.column_name, facts.join(" and "))
}

/// Returns the sentence of the explanation about the row that the value belongs to.
fn sentence_about(result: &ClassificationResult, row: u64) -> Option<String> {
    let mut sentences = result
        .diagnostics
        .iter()
        .flat_map(|diagnostic| &diagnostic.unmatched_items)
        .filter(|item| item.column_name == "lastName")
        .flat_map(|item| &item.corroborative_evidences);
    let end = format!("belongs to row {row}");
    sentences.find(|sentence| sentence.ends_with(&end)).cloned()
}

#[cfg(test)]
mod tests {
    use edm_graph::{ContentEvidence, DetectedContent, Diagnostic, UnmatchedItem};

    use super::*;

    fn row(row: u64, ssn: &str, last_name: &str) -> Row {
        let person = Person {
            ssn: ssn.to_owned(),
            birthday: "1982-03-04".to_owned(),
            first_name: "Dana".to_owned(),
            last_name: last_name.to_owned(),
            email: "dana@example.org".to_owned(),
        };
        Row { row, person }
    }

    /// Returns a finding of Langer's number with these facts.
    fn found(confidence: u8, row: u64, facts: &[&str]) -> ContentLocation {
        let evidence = |name: &&str| ContentEvidence {
            column_name: (*name).to_owned(),
            counted: true,
            ..ContentEvidence::default()
        };
        ContentLocation {
            id_match: "900-12-3456".to_owned(),
            column_name: "ssn".to_owned(),
            confidence,
            rows: vec![row],
            evidences: facts.iter().map(evidence).collect(),
            ..ContentLocation::default()
        }
    }

    fn report(matches: Vec<ContentLocation>, note: &str) -> ClassificationResult {
        let item = UnmatchedItem {
            column_name: "lastName".to_owned(),
            corroborative_evidences: vec![note.to_owned()],
            ..UnmatchedItem::default()
        };
        ClassificationResult {
            classification: vec![DetectedContent { matches, ..DetectedContent::default() }],
            diagnostics: vec![Diagnostic { unmatched_items: vec![item], ..Diagnostic::default() }],
            ..ClassificationResult::default()
        }
    }

    #[test]
    fn findings_that_differ_from_what_was_planted_are_told() {
        let check = |planted: &Planted, result: &ClassificationResult, fits: bool| {
            let (verdict, _, _) = judge(planted, result);
            assert_eq!(verdict.is_ok(), fits, "{planted:?}: {verdict:?}");
        };
        let owner = row(7, "900-12-3456", "Langer");
        let both = ["birthday", "lastName"];
        let facts = Planted::WithFacts { owner: owner.clone(), facts: &["birthday", "lastName"] };
        check(&facts, &report(vec![found(85, 7, &both)], ""), true);
        check(&facts, &report(vec![], ""), false);
        check(&facts, &report(vec![found(85, 7, &both), found(85, 7, &both)], ""), false);
        check(&facts, &report(vec![found(75, 7, &both)], ""), false);
        check(&facts, &report(vec![found(85, 8, &both)], ""), false);
        check(&facts, &report(vec![found(85, 7, &["lastName"])], ""), false);
        let other_value = ContentLocation { id_match: "900-12-3457".to_owned(), ..found(85, 7, &both) };
        check(&facts, &report(vec![other_value], ""), false);

        check(&Planted::Nothing, &report(vec![], ""), true);
        check(&Planted::Nothing, &report(vec![found(65, 7, &[])], ""), false);

        let alone = Planted::Alone { owner, other: row(4_031, "901-23-4567", "Okafor") };
        let note = "lastName at 3 belongs to row 4031";
        check(&alone, &report(vec![found(65, 7, &[])], note), true);
        check(&alone, &report(vec![found(65, 7, &[])], "lastName at 3 belongs to row 31"), false);
        check(&alone, &report(vec![found(75, 7, &["lastName"])], note), false);
    }

    #[test]
    fn a_redacted_text_that_still_holds_the_person_differs() {
        let owner = row(7, "900-12-3456", "Langer");
        let result = report(vec![found(85, 7, &["birthday", "firstName", "lastName"])], "");
        let check = |redacted: &str, fits: bool| {
            let (verdict, _, _) = judge_redacted(&result, &owner, redacted);
            assert_eq!(verdict.is_ok(), fits, "{redacted}: {verdict:?}");
        };
        check("to [firstName] [lastName], SSN [ssn]", true);
        check("to [firstName] Langer, SSN [ssn]", false);
        check("to [firstName] [lastName], SSN 900-12-3456", false);
    }
}
