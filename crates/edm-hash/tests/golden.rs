//! Golden vectors: what Python's `unicodedata`, `hashlib`, `hmac` and `cryptography` compute from
//! `docs/formats/hash.md` (`tests/golden/make_vectors.py`), this crate must compute too. A vector
//! never changes.

use edm_hash::{
    Canonicaliser, CellForm, FoldOptions, Folded, Hash, Placeholders, RecordHasher, RowCell, RowKey,
    RuleKeys, Salt,
};
use edm_model::{
    CaseRule, Column, Columns, Country, DataType, DataTypeOptions, DateOrder, Delimiters, DiacriticRule,
    PlaceholderWords, Rule,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const FOLDING: &str = include_str!("golden/folding.json");
const KEYS: &str = include_str!("golden/keys.json");
const CMAC: &str = include_str!("golden/cmac.json");
const CELLS: &str = include_str!("golden/cells.json");
const ROWS: &str = include_str!("golden/rows.json");
const VOCABULARY: &str = include_str!("golden/vocabulary.json");

fn parse(text: &str) -> Value {
    serde_json::from_str(text).expect("the vectors are JSON")
}

fn list(value: &Value) -> &[Value] {
    value.as_array().expect("the vectors hold a list here")
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().expect("the vectors hold a text here")
}

fn number(value: &Value, name: &str) -> u64 {
    value[name].as_u64().expect("the vectors hold a number here")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn salt(value: &Value) -> Salt {
    Salt::new(text(value, "salt").to_owned()).expect("the salt is short enough")
}

fn options(sensitive: bool, fold_diacritics: bool) -> FoldOptions {
    FoldOptions::of(&rule_of(sensitive, fold_diacritics))
}

fn rule_of(sensitive: bool, fold_diacritics: bool) -> Rule {
    Rule {
        case: if sensitive { CaseRule::Sensitive } else { CaseRule::Insensitive },
        diacritics: if fold_diacritics { DiacriticRule::Fold } else { DiacriticRule::Keep },
        ..Rule::default()
    }
}

fn rule(value: &Value) -> Rule {
    let width = u16::try_from(number(value, "width")).expect("a width has 16 bits");
    let options = DataTypeOptions {
        width: (width > 0).then_some(width),
        country: value["country"].as_str().and_then(Country::new),
        order: value["order"].as_str().and_then(DateOrder::from_word),
    };
    let delimiters = list(&value["delimiters"]).iter().filter_map(|d| d.as_str()?.chars().next());
    Rule {
        data_type: DataType::from_word(text(value, "type"), options).expect("the vectors name a type"),
        delimiters: Delimiters::new(delimiters).expect("the vectors name delimiters"),
        ..rule_of(value["caseSensitive"] == true, value["foldDiacritics"] == true)
    }
}

#[test]
fn texts_fold_as_unicodedata_says() {
    let vectors = parse(FOLDING);
    let mut folded = Folded::new();
    let mut wrong = Vec::new();
    for case in list(&vectors["cases"]) {
        for (name, sensitive, diacritics) in [
            ("insensitive", false, false),
            ("sensitive", true, false),
            ("insensitiveFolded", false, true),
            ("sensitiveFolded", true, true),
        ] {
            folded.fold(text(case, "text"), options(sensitive, diacritics));
            if folded.text() != text(case, name) {
                wrong.push(format!(
                    "{name} of {:?}: {:?}, not {:?}",
                    case["text"],
                    folded.text(),
                    case[name]
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_character_of_unicode_14_folds_as_unicodedata_says() {
    for sweep in list(&parse(FOLDING)["sweeps"]) {
        let sensitive = sweep["caseSensitive"] == true;
        let mut folded = Folded::new();
        let mut digest = Sha256::new();
        let end = |range: &Value, index: usize| {
            let code = range[index].as_u64().expect("a range has two numbers");
            u32::try_from(code).expect("a code point has 32 bits")
        };
        for range in list(&sweep["ranges"]) {
            for character in (end(range, 0)..=end(range, 1)).filter_map(char::from_u32) {
                folded.fold(character.encode_utf8(&mut [0; 4]), options(sensitive, false));
                digest.update(u32::try_from(folded.text().len()).expect("a few bytes").to_le_bytes());
                digest.update(folded.text());
            }
        }
        assert_eq!(hex(&digest.finalize()), text(sweep, "sha256"), "case sensitive: {sensitive}");
    }
}

#[test]
fn rules_have_the_documented_bytes() {
    for case in list(&parse(KEYS)).iter().filter(|case| !case["rule"].is_null()) {
        assert_eq!(hex(&rule(&case["rule"]).canonical_bytes()), text(case, "ruleBytes"), "{}", case["rule"]);
    }
}

#[test]
fn values_of_every_length_hash_as_cmac_says() {
    let salt = Salt::new(text(&parse(CELLS), "salt").to_owned()).expect("the salt is short enough");
    let keys = RuleKeys::derive(&salt, &Rule::default());
    for case in list(&parse(CMAC)["cases"]) {
        let value = text(case, "value").as_bytes();
        let mut hashes: Vec<Hash> = Vec::new();
        keys.hash_all(value, &[(0, u32::try_from(value.len()).expect("a short value"))], &mut hashes);
        assert_eq!(hex(&hashes[0]), text(case, "cmac"), "{} bytes", value.len());
    }
}

#[test]
fn cells_have_the_documented_form_and_hash() {
    let vectors = parse(CELLS);
    let salt = salt(&vectors);
    let mut wrong = Vec::new();
    for case in list(&vectors["cases"]) {
        let rule = rule(&case["rule"]);
        let cell = text(case, "cell");
        let mut form = Vec::new();
        let usual = Placeholders::new(&PlaceholderWords::usual(), &rule);
        let canonicaliser = Canonicaliser::new(&rule, 64).with_placeholders(usual);
        let outcome = canonicaliser.cell(cell, &mut Folded::new(), &mut form);
        let form = String::from_utf8(form).expect("a canonical form is UTF-8");
        let refused = matches!(outcome, CellForm::Refused(_));
        let form = matches!(outcome, CellForm::Present).then_some(form);

        let columns = Columns::new(vec![Column { rule, ..Column::text("cell").searchable() }]);
        let mut hasher = RecordHasher::new(&salt, &columns.expect("one searchable column"), 64);
        hasher.push([cell].into_iter());
        let hash = hasher.finish().columns[0].hashes.first().map(|hash| hex(hash));

        let expected_refused = case["refused"] == true;
        let expected = (case["canonical"].as_str(), case["hash"].as_str(), expected_refused);
        if (form.as_deref(), hash.as_deref(), refused) != expected {
            wrong.push(format!("{case}: form {form:?}, refused {refused}, hash {hash:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn row_checks_are_the_documented_slices() {
    let vectors = parse(ROWS);
    let store = text(&vectors, "storeId").parse().expect("the store's id is a GUID");
    let session = text(&vectors, "sessionId").parse().expect("the session's id is a GUID");
    let key = RowKey::derive(&salt(&vectors), store, session);
    for case in list(&vectors["cases"]) {
        let mut hash: Hash = [0; 16];
        for (index, byte) in hash.iter_mut().enumerate() {
            let digits = text(case, "hash").get(2 * index..2 * index + 2).expect("a hash has 32 digits");
            *byte = u8::from_str_radix(digits, 16).expect("a hash is written in hex");
        }
        let cell = RowCell {
            hash,
            row: u32::try_from(number(case, "row")).expect("a row has 32 bits"),
            column: u16::try_from(number(case, "column")).expect("a column has 16 bits"),
        };
        let mut checks = Vec::new();
        key.checks(&[cell, cell], &mut checks);
        assert_eq!(checks, [key.check(&cell); 2], "{case}");
        assert_eq!(u64::from(checks[0]), number(case, "check"), "{case}");
    }
}

#[test]
fn a_block_says_of_a_rule_what_is_documented() {
    let vectors = parse(VOCABULARY);
    let salt = salt(&vectors);
    for case in list(&vectors["cases"]) {
        let column = Column { rule: rule(&case["rule"]), ..Column::text("cell").searchable() };
        let columns = Columns::new(vec![column]).expect("one searchable column");
        let mut hasher = RecordHasher::new(&salt, &columns, 64);
        for value in list(&case["values"]) {
            hasher.push([value.as_str().expect("a value is a text")].into_iter());
        }
        let tags: Vec<u64> = list(&case["tags"]).iter().filter_map(Value::as_u64).collect();
        let summary = &hasher.finish().rules[0];
        let listed = summary.vocabulary.as_ref().expect("so few tags are listed");
        let listed: Vec<u64> = listed.iter().map(|tag| u64::from(*tag)).collect();
        assert_eq!(listed, tags, "{}", case["rule"]);
        let shapes = summary.shapes.as_ref().expect("so few shapes are listed").encode();
        let shapes: Vec<Value> =
            shapes.iter().map(|shape| json!([shape.atoms, shape.bytes, shape.mask])).collect();
        assert_eq!(shapes, list(&case["shapes"]), "{}", case["rule"]);
    }
}
