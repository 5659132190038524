//! Migrates a table from Microsoft Purview: its schema, its rule package, and the schema back.

use serde_json::{Value, json};

use crate::program::{Program, Server, json, result, stderr, stdout};

const SCHEMA: &[u8] = include_bytes!("../../../edm-graph/tests/purview/schema.utf-16le-mark.xml");
const PACKAGE: &[u8] = include_bytes!("../../../edm-graph/tests/purview/rule-package.utf-16be-mark.xml");
const TABLE: &str = "\
SSN,Fallnummer,Straße,LastName
900-12-3456,K-4711.82,Hauptstraße 12,Langer
901-23-4567,K-4712.83,Am Römerturm 3,Okafor
902-34-5678,K-4713.84,Lindenweg 77,van der Berg
";

fn names(edm: &Program) -> Vec<String> {
    let types = json(&edm.run(["type", "list"], ""));
    let names = types.as_array().expect("a list").iter().filter_map(|one| one["name"].as_str());
    names.map(str::to_owned).collect()
}

fn columns(edm: &Program, store: &str) -> Vec<Value> {
    let shown = json(&edm.run(["store", "show", store, "--schema", "json"], ""));
    shown["columns"].as_array().expect("a list").clone()
}

#[test]
fn a_schema_and_a_rule_package_come_over() {
    let server = Server::start();
    let edm = server.program();
    let schema = edm.file("edm.xml", SCHEMA);
    let package = edm.file("package.xml", PACKAGE);

    let early = edm.run(["type", "import", &package], "");
    assert_eq!(early.status.code(), Some(1));
    for part in [
        "line 20: “Patient nach SSN”: there is no data store “Patienten”",
        "2 problems",
        "nothing was created",
    ] {
        assert!(stderr(&early).contains(part), "{part}: {}", stderr(&early));
    }

    let created = edm.run(["store", "create", "--schema", &schema], "");
    assert_eq!(created.status.code(), Some(0), "{}", stderr(&created));
    assert!(stderr(&created).contains("case matters: LastName"), "{}", stderr(&created));
    let rehearsed = edm.run(["type", "import", &package, "--dry-run"], "");
    assert_eq!(json(&rehearsed)[1]["name"], "Patient nach Fall", "{}", stderr(&rehearsed));
    assert_eq!(names(&edm), ["Patienten"]);
    let imported = edm.run(["type", "import", &package], "");
    assert_eq!(imported.status.code(), Some(0), "{}", stderr(&imported));
    assert!(stderr(&imported).contains("classification is not asked here"), "{}", stderr(&imported));
    assert_eq!(names(&edm), ["Patienten", "Patient nach SSN", "Patient nach Fall"]);
    let again = edm.run(["type", "import", &package], "");
    assert!(stderr(&again).contains("a sensitive type of this name exists"), "{}", stderr(&again));

    let table = edm.file("table.csv", TABLE);
    let uploaded = edm.run(["upload", "--store", "Patienten", "--file", &table, "--wait"], "");
    assert_eq!(uploaded.status.code(), Some(0), "{}", stderr(&uploaded));
    let confidence = |text: &str, of: &str| {
        let found = result(&edm.run(["classify", "--type", of], text));
        found["classification"][0]["matches"][0]["confidence"].clone()
    };
    for (text, expected) in [
        ("900*12#3456", json!(65)),
        ("900123456, hauptstraße 12, K 4711 82", json!(75)),
        ("Langer, Hauptstraße 12: 900-12-3456", json!(85)),
        // The case number voids the pattern with confidence 85.
        ("Langer, Hauptstraße 12: 900-12-3456, K-4711.82", json!(75)),
        ("Langer, Hauptstraße 12: 901-23-4567", json!(65)),
    ] {
        assert_eq!(confidence(text, "Patient nach SSN"), expected, "{text}");
    }
    assert_eq!(confidence("Fall K-4711.82, Langer", "Patient nach Fall"), 75);
    assert_eq!(confidence("Fall k-4711.82, Langer", "Patient nach Fall"), Value::Null);
}

#[test]
fn a_package_is_imported_as_a_whole_or_not_at_all() {
    let server = Server::start();
    let edm = server.program();
    let schema = edm.file("edm.xml", SCHEMA);
    assert_eq!(edm.run(["store", "create", "--schema", &schema], "").status.code(), Some(0));
    let package =
        String::from_utf8(include_bytes!("../../../edm-graph/tests/purview/rule-package.utf-8.xml").to_vec())
            .expect("UTF-8");
    for (from, to, part) in [
        (
            "matches=\"Fallnummer\" />\n        <match",
            "matches=\"Fall\" />\n        <match",
            "line 39: “Patient nach Fall”: pattern 1: “Fall” is no column",
        ),
        (
            "<idMatch matches=\"Fallnummer\"",
            "<idMatch matches=\"Straße\"",
            "pattern 1: “Straße” is an idMatch and no searchable column",
        ),
        (
            "</ExactMatch>\n    <LocalizedStrings>",
            "</ExactMatch>\n    <Keyword id=\"k\"/><LocalizedStrings>",
            "line 45: the element Keyword inside Rules is refused",
        ),
        // Only the service knows that a name must not contain a tab; the first type is created
        // before it refuses.
        ("Patient nach Fall", "Patient&#9;nach Fall", "so nothing was created"),
    ] {
        assert!(package.contains(from), "{from}");
        let file = edm.file("package.xml", package.replace(from, to));
        let refused = edm.run(["type", "import", &file], "");
        assert_eq!(refused.status.code(), Some(1), "{part}");
        assert!(stderr(&refused).contains(part), "{part}: {}", stderr(&refused));
        assert_eq!(names(&edm), ["Patienten"], "{part}");
    }
    let file = edm.file("package.xml", &package);
    assert_eq!(edm.run(["type", "import", &file], "").status.code(), Some(0));
    let delete = ["type", "delete", "Patient nach Fall"];
    assert!(stderr(&edm.run(delete, "")).contains("say --yes"));
    assert_eq!(edm.run([&delete[..], &["--yes"]].concat(), "").status.code(), Some(0));
    assert_eq!(names(&edm), ["Patienten", "Patient nach SSN"]);
}

#[test]
fn a_schema_goes_out_and_comes_back() {
    let server = Server::start();
    let edm = server.program();
    let created = edm.run(
        [
            "store",
            "create",
            "--name",
            "a & b",
            "--description",
            "x <y>",
            "--column",
            "ssn:searchable:ignore=-/ ",
            "--column",
            "lastName:case-sensitive",
            "--column",
            "mail:searchable:email",
        ],
        "",
    );
    assert_eq!(created.status.code(), Some(0), "{}", stderr(&created));
    let out = edm.run(["store", "show", "a & b", "--schema", "xml"], "");
    assert!(stderr(&out).contains("mail: dataType email cannot be said"), "{}", stderr(&out));
    let xml = edm.file("edm.xml", stdout(&out));
    let again = edm.run(["store", "create", "--name", "copy", "--schema", &xml], "");
    assert_eq!((again.status.code(), stderr(&again).as_str()), (Some(0), ""));
    assert_eq!(json(&again)["description"], "x <y>");
    let (mut before, after) = (columns(&edm, "a & b"), columns(&edm, "copy"));
    before[2]["dataType"] = json!("text");
    assert_eq!(before, after);
    let whole = edm.file("store.json", stdout(&edm.run(["store", "show", "a & b", "--schema", "json"], "")));
    assert_eq!(
        edm.run(["store", "create", "--name", "third", "--schema", &whole], "").status.code(),
        Some(0)
    );
    assert_eq!(columns(&edm, "a & b"), columns(&edm, "third"));
}
