//! Purview's files: committed samples in every encoding, refusals with name and line, and writing
//! them again.

use edm_graph::purview::{RulePackage, SchemaFile, read_rule_package, read_schema, write_schema};
use edm_graph::{ColumnResource, DataStoreResource, DataTypeOptions, columns_from_wire};
use edm_model::limits;
use proptest::prelude::*;
use serde_json::{Value, json};

/// The samples of one file, each with whether its encoding contradicts its declaration.
macro_rules! samples {
    ($stem:literal) => {
        [
            (&include_bytes!(concat!("purview/", $stem, ".utf-8.xml"))[..], false),
            (include_bytes!(concat!("purview/", $stem, ".utf-8-mark.xml")), false),
            (include_bytes!(concat!("purview/", $stem, ".undeclared.xml")), false),
            (include_bytes!(concat!("purview/", $stem, ".utf-16le-mark.xml")), false),
            (include_bytes!(concat!("purview/", $stem, ".utf-16be-mark.xml")), false),
            (include_bytes!(concat!("purview/", $stem, ".utf-16le.xml")), false),
            (include_bytes!(concat!("purview/", $stem, ".utf-16be.xml")), false),
            (include_bytes!(concat!("purview/", $stem, ".utf-16le-crlf.xml")), false),
            (include_bytes!(concat!("purview/", $stem, ".utf-16le-says-utf-8.xml")), true),
            (include_bytes!(concat!("purview/", $stem, ".windows-1252.xml")), false),
        ]
    };
}

/// Removes the warning about the encoding.
fn told(mut warnings: Vec<String>, expected: bool) -> Vec<String> {
    let before = warnings.len();
    warnings.retain(|warning| !warning.starts_with("the XML declaration says"));
    assert_eq!(before - warnings.len(), usize::from(expected));
    warnings
}

#[test]
fn schemas_in_every_encoding() {
    for (bytes, contradicted) in samples!("schema") {
        let SchemaFile { store, warnings } = read_schema(bytes).expect("our own sample");
        let warnings = told(warnings, contradicted);
        assert_eq!(store.display_name.as_deref(), Some("Patienten"));
        assert_eq!(store.description.as_deref(), Some("Köln & Übersee: 山田さん 😀"));
        let columns = store.columns.expect("columns");
        let seen: Vec<(&str, bool, bool, String)> = columns
            .iter()
            .map(|column| {
                let delimiters = column.ignored_delimiters.as_deref().unwrap_or_default().concat();
                let name = column.name.as_deref().unwrap_or_default();
                (
                    name,
                    column.is_searchable == Some(true),
                    column.is_case_insensitive == Some(true),
                    delimiters,
                )
            })
            .collect();
        let expected = [
            ("SSN", true, true, "#*-/^".to_owned()),
            ("Fallnummer", true, false, " -.".to_owned()),
            ("Straße", false, true, String::new()),
            ("LastName", false, false, String::new()),
        ];
        assert_eq!(seen, expected);
        assert_eq!(warnings, ["caseInsensitive is absent, which means that case matters: LastName"]);
    }
}

#[test]
fn rule_packages_in_every_encoding() {
    let near = |distance: u32| json!({"unit": "characters", "distance": distance, "orSameRow": true});
    let bare = |confidence: u8, primary: &str| {
        json!({"confidence": confidence, "primary": primary, "proximity": near(250), "supporting": [],
               "notCounted": [], "voidIf": []})
    };
    let with = |mut pattern: Value, name: &str, value: Value| {
        pattern[name] = value;
        pattern
    };
    let two_of_three =
        json!([{"minMatches": 2, "maxMatches": 3, "columns": ["Fallnummer", "Straße", "LastName"]}]);
    let one_and_one = json!([{"minMatches": 1, "maxMatches": null, "columns": ["LastName"]},
                             {"minMatches": 1, "maxMatches": null, "columns": ["Straße"]}]);
    let voided = with(with(bare(85, "SSN"), "supporting", one_and_one), "voidIf", json!(["Fallnummer"]));
    let by_ssn = json!({"dataStoreId": "Patienten", "recommendedConfidence": 65, "patterns": [
        bare(65, "SSN"),
        with(bare(75, "SSN"), "supporting", two_of_three),
        with(voided, "proximity", near(100)),
    ]});
    let last_name = json!([{"minMatches": 1, "maxMatches": null, "columns": ["LastName"]}]);
    let by_case = with(with(bare(75, "Fallnummer"), "supporting", last_name), "proximity", near(300));
    let by_case = json!({"dataStoreId": "Patienten", "recommendedConfidence": 75, "patterns": [by_case]});
    for (bytes, contradicted) in samples!("rule-package") {
        let RulePackage { name, types, warnings } = read_rule_package(bytes).expect("our own sample");
        assert_eq!(name.as_deref(), Some("Patienten der Klinik"));
        let seen: Vec<Value> = types.iter().map(|one| json!(one.resource)).collect();
        assert_eq!(seen[0]["name"], "Patient nach SSN");
        assert_eq!(seen[0]["description"], "Sozialversicherungs\u{ad}nummer mit Umfeld <1> ä");
        assert_eq!(seen[0]["publisherName"], "Klinik Köln");
        assert_eq!(seen[0]["exactMatch"], by_ssn);
        assert_eq!(seen[1]["name"], "Patient nach Fall");
        assert_eq!(seen[1]["description"], Value::Null);
        assert_eq!(seen[1]["exactMatch"], by_case);
        assert_eq!((types[0].line, types[1].line), (20, 39));
        let warnings = told(warnings, contradicted);
        let expected = [
            "line 12: what is said of the package is kept in de-de and left out in en-us",
            "line 48: Name is kept in de-de and left out in en-us",
            "line 53: Name is kept in DE-DE and left out in en-us",
            "classification is not asked here: every value of a column is looked for in every text, so more can be found \
             than where one of these came first: U.S. Social Security Number (SSN), 50842eb7-edc8-4019-85dd-5a5c1f2bb085",
            "the ids and the version of the package are not kept: each sensitive type gets an id of its own",
        ];
        assert_eq!(warnings, expected);
    }
}

fn check_schema(body: &str, expected: Result<&str, &str>) {
    let text = format!("<EdmSchema>\n<DataStore name=\"a\">\n{body}\n</DataStore>\n</EdmSchema>");
    match (read_schema(text.as_bytes()), expected) {
        (Ok(schema), Ok(part)) => {
            let said = format!("{}\n{}", json!(schema.store), schema.warnings.join("\n"));
            assert!(said.contains(part), "{body}: {said}");
        }
        (Err(error), Err(part)) => assert_eq!(error.to_string(), part, "{body}"),
        (got, expected) => panic!("{body}: {got:?}, expected {expected:?}"),
    }
}

#[test]
fn fields() {
    let field = |attributes: &str| format!("<Field name=\"b\" searchable=\"true\" {attributes}/>");
    check_schema(&field("caseInsensitive=\"TRUE\""), Ok("\"isCaseInsensitive\":true"));
    check_schema(&field("caseInsensitive=' 0 '"), Ok("\"isCaseInsensitive\":false"));
    check_schema(&field(""), Ok("case matters: b"));
    for (list, delimiters, layout) in [
        ("-,/,*,#,^", r##"["#","*","-","/","^"]"##, false),
        ("-/*", r#"["*","-","/"]"#, false),
        ("- /", r#"[" ","-","/"]"#, false),
        (",", "[]", false),
        ("", "[]", false),
        (" ", r#"[" "]"#, false),
        ("-, ", r#"[" ","-"]"#, false),
        ("-, ,/", r#"[" ","-","/"]"#, false),
        ("-, /, *", r#"["*","-","/"]"#, true),
        ("-,-,--", r#"["-"]"#, false),
        ("\\-,\\.", r#"["-",".","\\"]"#, false),
        ("&#9;,&quot;,&amp;", r#"["\t","\"","&"]"#, false),
    ] {
        check_schema(
            &field(&format!("ignoredDelimiters=\"{list}\"")),
            Ok(&format!("\"ignoredDelimiters\":{delimiters}")),
        );
        let text = format!(
            "<EdmSchema><DataStore name='a'>{}</DataStore></EdmSchema>",
            field(&format!("ignoredDelimiters=\"{list}\""))
        );
        let warned =
            read_schema(text.as_bytes()).expect("valid").warnings.iter().any(|one| one.contains("layout"));
        assert_eq!(warned, layout, "{list}");
    }
    check_schema(&field("unique=\"false\""), Ok("\"name\":\"b\""));
    check_schema(&field("unique=\"true\""), Ok("unique of b is not kept"));
    check_schema(
        "<Field xmlns:x='y' xml:lang='de' name='b' searchable='1'><!-- -- no --></Field>",
        Err("line 3: the XML is not well-formed: look for an unclosed element, quote or `&`"),
    );
    check_schema(
        "<Field xmlns:x='y' xml:lang='de' name='b' searchable='1'><!-- yes --><?tool x?></Field>",
        Ok("\"b\""),
    );
}

#[test]
fn schemas_that_are_refused() {
    let field = |attributes: &str| format!("<Field name=\"b\" searchable=\"true\"/>\n<Field {attributes}/>");
    let check =
        |attributes: &str, part: &str| check_schema(&field(attributes), Err(&format!("line 4: {part}")));
    check("", "the attribute name of Field is missing or empty: write it");
    check("name=' '", "the attribute name of Field is missing or empty: write it");
    check("name='c' searchable='yes'", "searchable of Field must be true or false");
    check("name='c' caseInsensitive=''", "caseInsensitive of Field must be true or false");
    check(
        "name='c' Searchable='true'",
        "the attribute Searchable of Field is refused: remove it: the known ones are name, searchable, caseInsensitive, \
         ignoredDelimiters, unique",
    );
    check(
        "name='c' ignoredDelimiters='-,x'",
        "ignoredDelimiters of Field must be characters that are neither letters, digits nor invisible, and 'x' is one: \
         remove it",
    );
    check("name='B'", "two columns have the same name (case does not matter): rename one");
    check("name='c' name='d'", "the XML is not well-formed: look for an unclosed element, quote or `&`");
    check("name='&c;'", "the XML is not well-formed: look for an unclosed element, quote or `&`");
    check_schema(
        "<Field name='b'/>",
        Err("line 2: at least one column must be searchable, else nothing can be found"),
    );
    check_schema("", Err("line 2: a data store needs at least one column"));
    check_schema("word", Err("line 2: text stands inside DataStore, where none has a meaning: remove it"));
    check_schema(
        "<Column/>",
        Err("line 3: the element Column inside DataStore is refused: it is not known there: remove it"),
    );
    let many = "<Field name='b'/>\n".repeat(limits::COLUMNS_MAX + 1);
    check_schema(&many, Err("line 259: there are more than 256 Field elements"));
}

#[test]
fn documents_that_are_refused() {
    let check = |text: &str, expected: &str| {
        let error = read_schema(text.as_bytes()).expect_err(text).to_string();
        assert_eq!(error, expected, "{text}");
    };
    let broken = "the XML is not well-formed: look for an unclosed element, quote or `&`";
    check("", &format!("line 1: {broken}"));
    check("<EdmSchema>", &format!("line 1: {broken}"));
    check("<EdmSchema>\n</Other>", &format!("line 2: {broken}"));
    check("<EdmSchema/><EdmSchema/>", &format!("line 1: {broken}"));
    check("x<EdmSchema/>", &format!("line 1: {broken}"));
    check(" <?xml version='1.0'?><EdmSchema/>", &format!("line 1: {broken}"));
    check("<p:EdmSchema/>", &format!("line 1: {broken}"));
    let refused = "a document type definition is never read, and no such file needs one: remove <!DOCTYPE>";
    check(
        "<?xml version='1.0'?>\n<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><EdmSchema>&b;</EdmSchema>",
        &format!("line 2: {refused}"),
    );
    check(
        "<EdmSchema>\n&b;</EdmSchema>",
        "line 2: the entity &b; is not defined: write the character itself",
    );
    check(
        "<RulePackage/>",
        "line 1: the outermost element is RulePackage, where EdmSchema is read: give that file",
    );
    check(
        "<EdmSchema xmlns='urn:other'/>",
        "line 1: the element EdmSchema is of a namespace that is not read: remove it, or correct its xmlns",
    );
    check("<EdmSchema/>", "line 1: there is no DataStore inside EdmSchema: write it");
    check(
        "<EdmSchema><DataStore name='a'/>\n<DataStore name='b'/></EdmSchema>",
        "line 2: DataStore stands inside EdmSchema more than once: keep one",
    );
    check(
        "<EdmSchema version='2'/>",
        "line 1: the attribute version of EdmSchema is refused: remove it: this element has none",
    );
    check(&"<a>".repeat(limits::XML_DEPTH_MAX + 1), "line 1: elements are nested more than 32 deep");
    let wide = format!("<a>{}</a>", "<b/>".repeat(limits::XML_ELEMENTS_MAX));
    check(&wide, "line 1: there are more than 100000 elements");
    let attributes: String = (0..=limits::XML_ATTRIBUTES_MAX).map(|n| format!(" a{n}=''")).collect();
    check(&format!("<a{attributes}/>"), "line 1: there are more than 32 attributes of one element");
    check(
        &" ".repeat(limits::XML_BYTES_MAX + 1),
        &format!("a schema or rule package has at most {} bytes", limits::XML_BYTES_MAX),
    );
    check(
        "<EdmSchema \u{1b}[31m='2'/>",
        "line 1: the attribute \u{fffd}[31m of EdmSchema is refused: remove it: this element has none",
    );
}

/// A package around the patterns of one type. The first pattern is on line 4.
fn package(patterns: &str) -> String {
    format!(
        "<RulePackage>\n<RulePack/><Rules>\n<ExactMatch id='i' patternsProximity='300' dataStore='s' \
         recommendedConfidence='75'>\n{patterns}\n</ExactMatch>\n<LocalizedStrings><Resource idRef='I'><Name>n</Name>\
         </Resource></LocalizedStrings></Rules></RulePackage>"
    )
}

fn check_package(text: &str, expected: Result<Value, &str>) {
    match (read_rule_package(text.as_bytes()), expected) {
        (Ok(package), Ok(expected)) => {
            let patterns = json!(package.types[0].resource)["exactMatch"]["patterns"].clone();
            for (name, value) in expected.as_object().expect("an object") {
                assert_eq!(&patterns[0][name], value, "{text}");
            }
        }
        (Err(error), Err(part)) => assert_eq!(error.to_string(), part, "{text}"),
        (got, expected) => panic!("{text}: {got:?}, expected {expected:?}"),
    }
}

#[test]
fn patterns() {
    let check = |inside: &str, expected: Result<Value, &str>| {
        let text =
            package(&format!("<Pattern confidenceLevel='80'><idMatch matches='p'/>\n{inside}</Pattern>"));
        check_package(&text, expected);
    };
    let group = |min: u32, max: Option<u32>, columns: &[&str]| json!({"minMatches": min, "maxMatches": max, "columns": columns});
    check("", Ok(json!({"confidence": 80, "primary": "p", "supporting": []})));
    check(
        "<match matches='a'/><Match matches=' b '/>",
        Ok(json!({"supporting": [group(2, None, &["a", "b"])]})),
    );
    check(
        "<Any><match matches='a'/><match matches='b'/></Any>",
        Ok(json!({"supporting": [group(1, None, &["a", "b"])]})),
    );
    check(
        "<Any minMatches='0' maxMatches='1'><match matches='a'/></Any>",
        Ok(json!({"supporting": [group(0, Some(1), &["a"])]})),
    );
    check(
        "<Any maxMatches='100000'><match matches='a'/></Any>",
        Ok(json!({"supporting": [group(1, Some(256), &["a"])]})),
    );
    check("<Any maxMatches='0'><match matches='a'/></Any>", Ok(json!({"supporting": [], "voidIf": ["a"]})));
    check(
        "<match matches='a' minCount='1' uniqueResults='false' proximity='20'/>",
        Ok(json!({"proximity": {"unit": "characters", "distance": 20, "orSameRow": true}})),
    );

    check(
        "<Any><Any><match matches='a'/></Any></Any>",
        Err(
            "line 5: the element Any inside Any is refused: a group inside a group has no counterpart here: write one pattern for each way to fulfil it",
        ),
    );
    check(
        "<match matches='P'/>",
        Err("line 5: matches of match must be another column than the pattern's idMatch names"),
    );
    check(
        "<match matches='a'/>\n<match matches='A'/>",
        Err("line 6: matches of match must be a column that the same group does not name already"),
    );
    check(
        "<match matches='a' minCount='2'/>",
        Err(
            "line 5: the attribute minCount of match is refused: a row has one value for each column: remove it, or ask for more columns by minMatches of Any",
        ),
    );
    check(
        "<match matches='a' proximity='20'/><match matches='b'/>",
        Err(
            "line 4: the attribute proximity of Pattern is refused: a pattern has one distance here: give every match of it the same, or write one pattern for each",
        ),
    );
    check(
        "<match idRef='Keyword_a'/>",
        Err(
            "line 5: the attribute idRef of match is refused: only columns of a data store can be matched: name one in the attribute matches, or remove the element",
        ),
    );
    check("<match/>", Err("line 5: the attribute matches of match is missing or empty: write it"));
    check("<idMatch matches='a'/>", Err("line 5: idMatch stands inside Pattern more than once: keep one"));
    check(
        "<Any minMatches='2'><match matches='a'/></Any>",
        Err("line 5: minMatches of Any must be a whole number from 0 to 1"),
    );
    check(
        "<Any minMatches='2' maxMatches='1'><match matches='a'/><match matches='b'/></Any>",
        Err("line 5: maxMatches of Any must be at least minMatches, which is 2"),
    );
    check(
        "<Any minMatches='1' maxMatches='0'><match matches='a'/></Any>",
        Err("line 5: minMatches of Any must be 0 where maxMatches is 0, so that none may be there"),
    );
    check("<Any/>", Err("line 5: there is no match inside Any: write it"));
    check(
        "<Evidence/>",
        Err(
            "line 5: the element Evidence inside Pattern is refused: it finds text by its form, and only exact data match is imported: remove it from a copy of the file and keep it where it is enforced now",
        ),
    );
}

#[test]
fn packages_that_are_refused() {
    let pattern = "<Pattern confidenceLevel='80'><idMatch matches='p'/></Pattern>";
    let whole = package(pattern);
    check_package(&whole, Ok(json!({"confidence": 80})));
    let form = "it finds text by its form, and only exact data match is imported: remove it from a copy of the file and keep it where it is enforced now";
    for name in ["Entity", "Affinity", "Regex", "Keyword", "Fingerprint", "Function", "Filters", "Validators"]
    {
        let text = whole.replace("</ExactMatch>", &format!("</ExactMatch>\n<{name} id='x'/>"));
        check_package(&text, Err(&format!("line 6: the element {name} inside Rules is refused: {form}")));
    }
    for (from, to, expected) in [
        (
            "<Rules>",
            "<Rules>\n<Version minEngineVersion='15'/>",
            "line 3: the element Version inside Rules is refused: rules for one version of Purview's engine mean nothing here: move its ExactMatch elements out of it",
        ),
        (pattern, "", "line 3: there is no Pattern inside ExactMatch: write it"),
        (
            pattern,
            "<Pattern><idMatch matches='p'/></Pattern>",
            "line 4: the attribute confidenceLevel of Pattern is missing or empty: write it",
        ),
        ("'80'", "'101'", "line 4: confidenceLevel of Pattern must be a whole number from 1 to 100"),
        ("<idMatch matches='p'/>", "", "line 4: there is no idMatch inside Pattern: write it"),
        (
            "matches='p'",
            "field='p'",
            "line 4: the attribute field of idMatch is refused: remove it: the known ones are matches, classification",
        ),
        ("id='i'", "", "line 3: the attribute id of ExactMatch is missing or empty: write it"),
        ("dataStore='s'", "", "line 3: the attribute dataStore of ExactMatch is missing or empty: write it"),
        (
            "patternsProximity='300'",
            "",
            "line 3: the attribute patternsProximity of ExactMatch is missing or empty: write it",
        ),
        ("'300'", "'0'", "line 3: patternsProximity of ExactMatch must be a whole number from 1 to 4194304"),
        (
            "'75'",
            "'high'",
            "line 3: recommendedConfidence of ExactMatch must be a whole number from 1 to 100",
        ),
        (
            "dataStore=",
            "relaxProximity='true' dataStore=",
            "line 3: the attribute relaxProximity of ExactMatch is refused: remove it: the known ones are id, patternsProximity, dataStore, recommendedConfidence",
        ),
        (
            "idRef='I'",
            "idRef='J'",
            "line 6: idRef of Resource must be the id of an ExactMatch of the file: correct it or remove the Resource",
        ),
        (
            "<Name>n</Name>",
            "",
            "line 3: there is no Resource with a Name for this id inside LocalizedStrings: write it",
        ),
        (
            "<Name>n</Name>",
            "<Name lang='de'>n</Name>",
            "line 6: the attribute lang of Name is refused: remove it: the known ones are default, langcode",
        ),
        ("<RulePack/>", "", "line 1: there is no RulePack inside RulePackage: write it"),
        (
            "<RulePack/>",
            "<RulePack><Encryption/></RulePack>",
            "line 2: the element Encryption inside RulePack is refused: it is not known there: remove it",
        ),
        (
            "</ExactMatch>",
            "</ExactMatch>\n<ExactMatch id='I'/>",
            "line 6: id of ExactMatch must be an id that no other ExactMatch of the file has",
        ),
    ] {
        assert!(whole.contains(from), "{from}");
        check_package(&whole.replace(from, to), Err(expected));
    }
    let long = whole.replace(">n<", &format!(">{}<", "n".repeat(limits::NAME_CHARACTERS_MAX + 1)));
    check_package(&long, Err("line 6: the text of Name must be at most 128 characters long"));
    check_package(
        "<RulePackage><RulePack/><Rules><LocalizedStrings/></Rules></RulePackage>",
        Err("line 1: there is no ExactMatch inside Rules: write it"),
    );
    check_package(
        "<RulePackage><RulePack/><Rules/></RulePackage>",
        Err("line 1: there is no LocalizedStrings inside Rules: write it"),
    );
    let many = package(&pattern.repeat(limits::PATTERNS_MAX + 1));
    check_package(&many, Err("line 4: there are more than 256 patterns of one type"));
}

fn any_column() -> impl Strategy<Value = ColumnResource> {
    let name = "[a-zA-Z<&\"' _é山😀-]{1,12}";
    let delimiter =
        prop::sample::select(vec!["-", " ", "/", ".", ",", "\t", "\"", "&", "<", "'", ";", "\\", "…"]);
    let data_type =
        prop::sample::select(vec![None, Some("text"), Some("email"), Some("name"), Some("digits")]);
    let flags = (any::<bool>(), any::<Option<bool>>(), any::<bool>(), prop::option::weighted(0.3, 1..20u16));
    (name, prop::collection::vec(delimiter, 0..5), data_type, flags).prop_map(
        |(name, delimiters, data_type, flags)| {
            let (is_searchable, is_case_insensitive, folds, width) = flags;
            ColumnResource {
                name: Some(name),
                is_searchable: Some(is_searchable),
                is_case_insensitive,
                ignored_delimiters: Some(delimiters.into_iter().map(str::to_owned).collect()),
                data_type: data_type.map(str::to_owned),
                data_type_options: width
                    .filter(|_| data_type == Some("digits"))
                    .map(|width| DataTypeOptions { width: Some(width), ..DataTypeOptions::default() }),
                fold_diacritics: Some(folds),
                ..ColumnResource::default()
            }
        },
    )
}

proptest! {
    /// A schema that is written and read again is the same, except for what the writer warned of.
    #[test]
    fn schemas_come_back(
        columns in prop::collection::vec(any_column(), 1..8),
        name in "[^\u{0}-\u{1f}\u{7f}-\u{9f}]{1,20}",
        description in prop::option::of("[^\u{0}-\u{8}\u{b}-\u{1f}]{0,20}"),
    ) {
        prop_assume!(!name.trim().is_empty() && columns_from_wire(&columns, "columns").is_ok());
        prop_assume!(columns.iter().flat_map(|column| &column.name).all(|name| !name.trim().is_empty()));
        let store = DataStoreResource {
            display_name: Some(name),
            description,
            columns: Some(columns.clone()),
            ..DataStoreResource::default()
        };
        let written = write_schema(&store);
        let read = read_schema(written.xml.as_bytes()).expect("what was written can be read");
        let replaced = written.warnings.iter().any(|warning| warning.contains("XML cannot hold"));
        if !replaced {
            prop_assert_eq!(&read.store.display_name, &store.display_name);
            prop_assert_eq!(&read.store.description, &store.description);
        }
        prop_assert_eq!(read.warnings, Vec::<String>::new());
        let told = |column: &ColumnResource| {
            let name = format!("{}: ", column.name.as_deref().unwrap_or_default());
            written.warnings.iter().any(|warning| warning.starts_with(&name))
        };
        let sayable: Vec<ColumnResource> = columns.iter().map(|column| {
            let mut plain = column.clone();
            plain.data_type = None;
            plain.data_type_options = None;
            plain.fold_diacritics = None;
            plain.ignored_delimiters.iter_mut().for_each(|list| list.retain(|one| one != ","));
            plain
        }).collect();
        let before = columns_from_wire(&sayable, "columns").expect("valid");
        let all = columns_from_wire(&columns, "columns").expect("valid");
        let after = columns_from_wire(read.store.columns.as_deref().unwrap_or_default(), "columns").expect("valid");
        prop_assert_eq!(before.as_slice(), after.as_slice());
        for (position, column) in columns.iter().enumerate() {
            let lost = all.as_slice()[position] != after.as_slice()[position];
            prop_assert_eq!(lost, told(column), "{:?}: {:?}", column, written.warnings);
        }
    }
}

#[test]
fn what_purview_would_not_take_is_told() {
    let column = |name: String| ColumnResource {
        name: Some(name),
        is_searchable: Some(true),
        ..ColumnResource::default()
    };
    let store = DataStoreResource {
        display_name: Some("a\u{fffe}b".to_owned()),
        columns: Some((0..33).map(|number| column(format!("c_{number}--"))).collect()),
        maximum_number_of_tokens: Some(7),
        ..DataStoreResource::default()
    };
    let mut written = write_schema(&store);
    written.warnings.retain(|warning| !warning.contains("c_0--, c_1--"));
    assert_eq!(
        written.warnings,
        [
            "Purview takes 32 fields, and these are 33",
            "Purview takes 10 searchable fields, and these are 33",
            "name \"a\u{fffd}b\": characters that XML cannot hold are replaced",
            "maximumNumberOfTokens 7 cannot be said",
        ]
    );
    assert!(written.xml.contains("<!-- maximumNumberOfTokens 7 cannot be said -->"), "{}", written.xml);
    let key = ColumnResource { is_key: Some(true), ..column("a--b".to_owned()) };
    let store = DataStoreResource {
        columns: Some(vec![key]),
        display_name: Some("x".to_owned()),
        ..DataStoreResource::default()
    };
    let written = write_schema(&store);
    assert!(written.xml.contains("<!-- a- -b: isKey cannot be said -->"), "{}", written.xml);
    assert!(read_schema(written.xml.as_bytes()).is_ok(), "{}", written.xml);
}
