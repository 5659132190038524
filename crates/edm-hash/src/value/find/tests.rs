use edm_model::{Column, DataType, Delimiters, Rule};

use super::*;
use crate::text::fold::FoldOptions;
use crate::window::prefilter::OpenPrefilter;

fn rule(data_type: DataType, delimiters: &str) -> Rule {
    Column::text("x").typed(data_type).ignoring(Delimiters::new(delimiters.chars()).expect("delimiters")).rule
}

/// Lists the windows of a text as `canonical` or, attached, `~canonical`.
fn found(rule: &Rule, text: &str) -> Vec<String> {
    let mut folded = Folded::new();
    folded.fold(text, FoldOptions::of(rule));
    let mut found = Vec::new();
    windows(rule, &folded, 0..folded.atom_count(), &OpenPrefilter::new(8), |window, canonical| {
        let mark = if window.attached { "~" } else { "" };
        found.push(format!("{mark}{}", String::from_utf8_lossy(canonical)));
    });
    found
}

#[track_caller]
fn check(rule: &Rule, text: &str, yes: &[&str], no: &[&str]) {
    let found = found(rule, text);
    for window in yes {
        assert!(found.iter().any(|own| own == window), "{text:?} has no window {window:?}: {found:?}");
    }
    for window in no {
        let either = [(*window).to_owned(), format!("~{window}")];
        assert!(!found.iter().any(|own| either.contains(own)), "{text:?} has a window {window:?}");
    }
}

#[test]
fn text_windows() {
    let plain = rule(DataType::Text, "");
    let dashes = rule(DataType::Text, "- ");
    let codes = rule(DataType::Text, "-#");
    check(&plain, "P.O. Box 255", &["p.o. box 255", "box 255"], &[]);
    check(&plain, "Wasco1982", &["wasco1982"], &["wasco", "1982"]);
    check(&codes, "fOo#1234", &["foo1234"], &[]);
    check(&codes, "FOO-1234.", &["foo1234"], &[]);
    check(&plain, "MRN12345678", &["~12345678", "mrn12345678"], &["mrn"]);
    check(&plain, "MRN12345", &["mrn12345"], &["12345"]);
    check(&dashes, "MRN12-34-56", &["~123456"], &["1234"]);
    check(&plain, "900-12-3456Patient", &["~900-12-3456"], &["12-3456"]);
    check(&plain, "x12 Main 345678", &[], &["12 main"]);
    check(&plain, "1 2 3 4 5 6", &["~123456", "1 2 3 4 5 6"], &["12345"]);
    check(&plain, "1 2 3 4 5", &[], &["12345"]);
    check(&dashes, "2019 2020", &["~20192020", "2019"], &[]);
    check(&dashes, "2019-2020", &["20192020"], &[]);
    check(&dashes, "123-45-6789", &["123456789"], &[]);
    check(&dashes, "123-45-6789-0001", &[], &["123456789"]);
    check(&dashes, "0-123-45-6789", &[], &["123456789"]);
    check(&dashes, "123-45-6789 0001", &["123456789"], &[]);
    check(&dashes, "123  45-6789", &[], &["123456789"]);
    check(&dashes, "123|45", &[], &["12345"]);
    check(&plain, "van der\nBerg", &["van der berg"], &[]);
    check(&plain, "van der\r\n> Berg", &["van der berg"], &[]);
    check(&plain, "van der\n\nBerg", &[], &["van der berg"]);
    check(&plain, "van  \t der", &["van der"], &[]);
    check(&plain, "a***b", &["a***b"], &[]);
    check(&plain, "a****b", &[], &["a****b"]);
    check(&plain, "acct=12345678", &["12345678"], &[]);
    check(&plain, "山田太郎", &["山田", "太郎", "山田太郎"], &[]);
}

#[test]
fn digits_windows() {
    let dashes = rule(DataType::Digits { width: None }, "-");
    let wide = rule(DataType::Digits { width: Some(8) }, "-");
    check(&dashes, "123-45-6789", &["123456789"], &[]);
    check(&dashes, "123 45", &["123", "45"], &["12345"]);
    check(&dashes, "A12345", &[], &["12345"]);
    check(&dashes, "A12-345-6b", &["~123456"], &["12345"]);
    check(&dashes, "|1| |2| |3| |4| |5| |6|", &["~123456"], &["12345"]);
    check(&wide, "1.2.3.4.5.6", &["~00123456"], &[]);
    check(&wide, "1.2.3.4.5.6.7.8.9", &[], &["123456789"]);
    // A shorter number needs leading zeros, so it never is alone.
    check(&wide, "no 1234567", &["~01234567"], &["1234567"]);
    check(&wide, "no 001234567", &["01234567"], &[]);
    check(&wide, "no 123456789", &[], &["123456789"]);
}

#[test]
fn name_windows() {
    let name = rule(DataType::Name, "");
    check(&name, "O'Neil", &["oneil"], &["neil", "o"]);
    check(&name, "O’Neil", &["oneil"], &[]);
    check(&name, "Smith-Jones", &["smithjones"], &["smith", "jones"]);
    check(&name, "Smith, John", &["johnsmith"], &["smithjohn"]);
    check(&name, "Langer's", &["langer", "langers"], &[]);
    check(&name, "J. R. Smith", &["jrsmith"], &[]);
    check(&name, "Smith; John", &["smith;john"], &["smithjohn", "johnsmith"]);
    check(&name, "Ayşe'nin evi", &["ayşe", "ayşenin"], &["nin"]);
    check(&name, "Robin Fenwick, Jr.", &["robinfenwick,jr", "robinfenwick"], &["robinfenwick,sr"]);
    check(&name, "Robin Fenwick", &["robinfenwick,jr", "robinfenwick,iv", "robinfenwick"], &[]);
    check(&name, "Robin_Fenwick.pdf", &["robinfenwick"], &["fenwickrobin", "~fenwickrobin"]);
    check(
        &name,
        "Robin James Fenwick",
        &["~jamesfenwickrobin", "~\u{1}robinjamesfenwick"],
        &["robinfenwick", "~robinfenwick", "~robinjfenwick"],
    );
    check(&name, "Robin J. Fenwick", &["~robinfenwick", "robinjfenwick"], &["fenwickrobinj"]);
    check(&name, "Jan van der Berg", &["~vanderbergjan", "~\u{1}janvanderberg"], &["~janberg"]);
    check(&name, "לדוד כהן", &["~דודכהן", "לדודכהן"], &["כהןדוד"]);
    check(&name, "Vega, Dr. Ann (Lisa) May", &["annmayvega"], &["drannmayvega"]);
}

#[test]
fn email_windows() {
    let email = rule(DataType::Email, "");
    check(&email, "Mail <Ada@Example.ORG>.", &["ada@example.org"], &[]);
    check(&email, "mailto:ada@example.org?subject=x", &["ada@example.org"], &[]);
    check(&email, "x=ada@example.org", &["ada@example.org", "x=ada@example.org"], &[]);
    check(&email, "ada@example.org.", &["ada@example.org"], &[]);
    check(&email, "ada@mail.example.org.Thanks", &["ada@mail.example.org", "ada@mail.example"], &[]);
    check(&email, "メールはada@example.orgまで", &["ada@example.org"], &["はada@example.org"]);
    check(&email, "宛先ada@example.org、", &["ada@example.org"], &[]);
    check(&email, "ada@例え.jp", &["ada@例え.jp"], &[]);
    check(&email, "ada@localhost", &[], &["ada@localhost"]);
    check(&email, "a @ b.org", &[], &["a@b.org"]);
}

#[test]
fn email_labels_of_punycode() {
    let email = rule(DataType::Email, "");
    for text in [
        "jane@bücher.example",
        "jane@xn--bcher-kva.example",
        "Jane@XN--Bcher-KVA.EXAMPLE",
        "<mailto:jane@xn--bcher-kva.example>",
        "x=jane@xn--bcher-kva.example&y",
        "jane@xn--bcher-kva.example.",
        "jane@xn--bcher-kva.example.Thanks",
        "jane@bu\u{308}cher.example",
        "jane@ＸＮ－－ｂｃｈｅｒ－ｋｖａ．example",
        "メールはjane@xn--bcher-kva.exampleまで",
    ] {
        check(&email, text, &["jane@bücher.example"], &["jane@xn--bcher-kva.example", "jane@bucher.example"]);
    }
    check(&email, "jane@mail.xn--mnchen-3ya.xn--p1ai", &["jane@mail.münchen.рф", "jane@mail.münchen"], &[]);
    check(&email, "jane@xn--r8jz45g.jp", &["jane@例え.jp"], &[]);
    check(&email, "jane@xn--p1ai.xn--p1ai", &["jane@рф.рф"], &[]);
    check(&email, "jane@xn--mgbh0fb.xn--kgbechtv", &["jane@مثال.إختبار"], &[]);
    check(&email, "xn--bcher-kva@example.org", &["xn--bcher-kva@example.org"], &["bücher@example.org"]);
    check(&email, "jane@xn--abc-.example", &["jane@xn--abc-.example"], &["jane@abc.example"]);
    check(&email, "jane@axn--bcher-kva.example", &["jane@axn--bcher-kva.example"], &["jane@bücher.example"]);
    check(&email, "jane@xn-bcher-kva.example", &["jane@xn-bcher-kva.example"], &["jane@bücher.example"]);
    check(&email, "jane@a--b.example", &["jane@a--b.example"], &[]);
    check(&email, "jane@xn--99999999.example", &["jane@xn--99999999.example"], &[]);
    let mut folding = rule(DataType::Email, "");
    folding.diacritics = edm_model::DiacriticRule::Fold;
    check(&folding, "jane@xn--bcher-kva.example", &["jane@bucher.example"], &[]);
    let mut sensitive = rule(DataType::Email, "");
    sensitive.case = edm_model::CaseRule::Sensitive;
    check(&sensitive, "Jane@XN--Bcher-KVA.Example", &["Jane@Bücher.Example"], &["jane@bücher.example"]);
}

#[test]
fn email_joined_to_words() {
    let email = rule(DataType::Email, "");
    check(&email, "jane@example.comSent from", &["~jane@example.com", "jane@example.comsent"], &[]);
    check(&email, "jane@example.comsent from", &["~jane@example.com"], &[]);
    check(&email, "jane@example.comTel.", &["~jane@example.com"], &[]);
    check(&email, "jane@example.orgVon: Ulm", &["~jane@example.org"], &[]);
    check(&email, "jane@example.deGesendet", &["~jane@example.de"], &["jane@example.d"]);
    check(&email, "jane@mail.example.co.ukBest regards", &["~jane@mail.example.co.uk"], &[]);
    check(&email, "jane@example.comSent-from", &["~jane@example.com"], &[]);
    check(&email, "jane@example.com2024-01-02", &["~jane@example.com", "jane@example.com2024-01-02"], &[]);
    check(&email, "jane@example.com5550143", &["~jane@example.com"], &[]);
    check(&email, "jane@example.comSent2024", &["~jane@example.com", "~jane@example.comsent"], &[]);
    check(&email, "5550143jane@example.com", &["~jane@example.com", "5550143jane@example.com"], &[]);
    check(&email, "2024-01-02jane@example.com", &["~jane@example.com"], &[]);
    check(&email, "5550143jane@example.comSent", &["~jane@example.com"], &[]);
    check(&email, "5550143jane@xn--bcher-kva.exampleSent", &["~jane@bücher.example"], &[]);
    check(&email, "x=jane@example.comSent", &["~jane@example.com", "~x=jane@example.com"], &[]);
    // Ends that are whole without it are not attached.
    check(&email, "jane@example.company", &["jane@example.company", "~jane@example.com"], &[]);
    check(&email, "jane@example.com.Sent", &["jane@example.com"], &["jane@example.com.s"]);
    // Too little is left, or not the last label, or no letters of ASCII.
    check(&email, "jane@example.info", &["jane@example.info"], &["jane@example.in", "jane@example.inf"]);
    check(&email, "jane@example.dev", &["jane@example.dev"], &["jane@example.de"]);
    check(&email, "jane@example.comx", &["jane@example.comx"], &["jane@example.com"]);
    check(
        &email,
        "jane@exampleserver.com",
        &["jane@exampleserver.com"],
        &["jane@example", "jane@exampleserver.c"],
    );
    check(&email, "jane@a.exampleserver.com", &["jane@a.exampleserver"], &["jane@a.example"]);
    check(&email, "jane@example.straßenbau", &["jane@example.strassenbau"], &["jane@example.st.rassenbau"]);
    check(&email, "jane@example.жкомпания", &["jane@example.жкомпания"], &["jane@example.жком"]);
    check(&email, "jane@example.a7", &["jane@example.a7"], &["jane@example.a"]);
    check(&email, "jane@example.com-2024", &["jane@example.com-2024"], &["jane@example.com"]);
    let long = "jane@x.abcdefghijklmnopqrstuvwxyzabc";
    check(&email, long, &["~jane@x.abcdefghijklmnopqrstuvwx"], &["jane@x.abcdefghijklmnopqrstuvwxy"]);
    // Nothing says where a word in front ends.
    check(&email, "Mailjane@example.com", &["mailjane@example.com"], &["jane@example.com"]);
    check(
        &email,
        "jane.5roe@example.com",
        &["~roe@example.com", "jane.5roe@example.com"],
        &["5roe@example.com"],
    );
    check(&email, "jane5@example.com", &["jane5@example.com"], &["5@example.com"]);
}
