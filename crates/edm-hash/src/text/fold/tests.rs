use edm_model::{CaseRule, Column, DiacriticRule};
use sha2::{Digest, Sha256};

use super::*;

fn options(case: CaseRule, diacritics: DiacriticRule) -> FoldOptions {
    FoldOptions { case, diacritics }
}

fn check(text: &str, expected: &str) {
    let mut folded = Folded::new();
    folded.fold(text, options(CaseRule::Insensitive, DiacriticRule::Keep));
    assert_eq!(folded.text(), expected, "{text:?}");
}

#[test]
fn folds_the_written_forms_of_a_value_into_one() {
    check("O\u{2019}Neil", "o'neil");
    check("e\u{301}", "é");
    check("É", "é");
    check("Straße", "strasse");
    check("１２３", "123");
    check("٠١٢", "012");
    check("a\u{AD}b\u{200B}c", "abc");
    check("e\u{200D}\u{301}x", "éx");
    check("12\u{2013}34", "12-34");
    check("a\u{A0}b", "a b");
    check("ﬁn", "fin");
    check("\u{1112}\u{1161}\u{11AB}", "한");
    check("한", "한");
    check("ｶﾞ", "ガ");
    check("İ", "i\u{307}");
    check("line\u{2028}next", "line\nnext");
}

#[test]
fn strips_diacritics_only_where_asked() {
    let mut folded = Folded::new();
    folded.fold("García Łódź Ångström が", options(CaseRule::Insensitive, DiacriticRule::Fold));
    assert_eq!(folded.text(), "garcia lodz angstrom が");
    folded.fold("García", options(CaseRule::Sensitive, DiacriticRule::Fold));
    assert_eq!(folded.text(), "Garcia");
}

#[test]
fn cuts_into_atoms() {
    let check = |text: &str, expected: &[&str]| {
        let mut folded = Folded::new();
        folded.fold(text, FoldOptions::of(&Column::text("x").rule));
        let atoms: Vec<&str> = folded.atoms().map(|atom| folded.atom_text(atom)).collect();
        assert_eq!(atoms, expected, "{text:?}");
        let source = |atom| folded.source_span(atom, atom).map(|(start, end)| &text[start..end]);
        let sources: Vec<&str> = (0..folded.atom_count()).filter_map(source).collect();
        assert_eq!(sources.len(), expected.len());
    };
    check("P.O. Box 255", &["p", "o", "box", "255"]);
    check("Wasco1982", &["wasco", "1982"]);
    check("山田太郎", &["山", "田", "太", "郎"]);
    check("x山1", &["x", "山", "1"]);
    check("นี้", &["นี้"]);
    check("🙂a🙂", &["a"]);
    check("", &[]);
}

/// The folding is frozen: this digest covers what it makes of every scalar value under all four
/// options. A different one means a new algorithm version, never a new digest here.
#[test]
fn folding_of_every_scalar_value_is_frozen() {
    let mut digest = Sha256::new();
    let mut folded = Folded::new();
    for case in [CaseRule::Insensitive, CaseRule::Sensitive] {
        for diacritics in [DiacriticRule::Keep, DiacriticRule::Fold] {
            for character in '\0'..=char::MAX {
                folded.fold(character.encode_utf8(&mut [0; 4]), options(case, diacritics));
                digest.update(folded.text());
                digest.update([folded.atom_count() as u8]);
            }
        }
    }
    let hex: String = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hex, "5d587cba539fe36ffab2deda7a8342564319436e570490ec69e9eff3db113156");
}
