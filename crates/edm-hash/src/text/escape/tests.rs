use super::*;

#[track_caller]
fn check(text: &str, expected: Option<&str>) {
    assert_eq!(decode_escapes(text).as_ref().map(Decoded::text), expected, "{text:?}");
}

#[test]
fn decodes_escapes() {
    check("plain text", None);
    check(r"van der\nBerg", Some("van der\nBerg"));
    check(r"\u00e9\ud83d\ude42", Some("é🙂"));
    check(r"\ud83d alone", None);
    check(r"\q \", None);
    check("a%40b%C3%A9", Some("a@bé"));
    check("100% %4", None);
    check("%FF%41", Some("%FFA"));
    check("%41%FF", Some("A%FF"));
    check("O&#39;Neil &eacute;&#x41;", Some("O'Neil éA"));
    check("a & b &; &unheardof;", None);
    check("so=\r\nft =3D =C3=A9 =41", Some("soft = é =41"));
}

#[test]
fn decodes_signs_of_programs_and_mail() {
    check("ada=40x.example 900=2D12=2D3456 a=20b", Some("ada@x.example 900-12-3456 a b"));
    check("=2d =41 =7F =C3 =0A =4", None);
    check(r"M\xc3\xbcller \x41\x42 Jos\xe9 \xC3\xA9", Some("Müller AB José é"));
    check(r"\x9f \x4 \xyz", None);
    check(r"O\'Bryan", Some("O'Bryan"));
}

#[test]
fn decodes_twice_what_was_escaped_twice() {
    check("%2540 %252540 a%2520b", Some("@ %40 a b"));
    check("%25C3%25BC%C3%BC%2541%41", Some("üüAA"));
    check("%25FF %25 %2", Some("%FF % %2"));
    check("O&amp;#39;Neil &amp;eacute; &amp;amp;lt; &amp;x; &amp;", Some("O'Neil é &lt; &x; &"));
}

#[test]
fn spans_lead_back_to_the_original() {
    let text = r"a%40b \u00e9x";
    let decoded = decode_escapes(text).expect("it holds escapes");
    assert_eq!(decoded.text(), "a@b éx");
    let back = |start, end| {
        let (start, end) = decoded.source_span(start, end);
        &text[start..end]
    };
    assert_eq!(back(0, 1), "a");
    assert_eq!(back(1, 2), "%40");
    assert_eq!(back(0, 3), "a%40b");
    assert_eq!(back(4, 6), r"\u00e9");
    assert_eq!(back(4, 7), r"\u00e9x");
    assert_eq!(back(6, 7), "x");
}

/// What is read of one text says nothing about the next, on no level.
#[test]
fn buffers_and_paths_change_nothing() {
    let far = format!("{}%40{}&amp;=41", "x".repeat(62), "y".repeat(130));
    let texts = [r"a\u00e9%40", "no escape = & % \\", "=41=42 =FF &amp", &far, "", "%25%32&#x110000;&lt;"];
    let expected = [
        vec![(1..7, "é"), (7..10, "@")],
        vec![],
        vec![(0..6, "AB")],
        vec![(62..65, "@"), (195..200, "&")],
        vec![],
        vec![(0..6, "%2"), (16..20, "<")],
    ];
    for level in Level::available() {
        let mut escapes = Escapes::default();
        for (text, expected) in texts.iter().zip(&expected) {
            escapes.read_on(level, text);
            let values = escapes.found.iter().map(|escape| &escapes.values[escape.value.clone()]);
            let found: Vec<_> = escapes.places().cloned().zip(values).collect();
            assert_eq!(&found, expected, "{level:?} {text:?}");
        }
    }
}
