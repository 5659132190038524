//! What people write in several ways, in the languages of the table, and what is near it and
//! another value.

use super::{cell_form, check, check_text, rule};

/// Checks that two cells are different values.
#[track_caller]
fn check_apart(pairs: &[(&str, &str)]) {
    for (one, other) in pairs {
        let (one, other) = (cell_form(&rule(), one), cell_form(&rule(), other));
        assert!(one.is_some() && other.is_some(), "{one:?} {other:?}");
        assert_ne!(one, other);
    }
}

#[test]
fn doors_and_floors() {
    check(
        "1060 pine st unit 10",
        &[
            "1060 Pine Street Apt 10",
            "1060 Pine St #10",
            "1060 Pine St # 10",
            "1060 Pine St., Unit 10",
            "1060 Pine St, Ste. 10",
            "1060 Pine St Suite No. 10",
            "1060 Pine St\nFlat 10",
            "1060 Pine St, Apartment #10",
            "Apt 10, 1060 Pine St",
            "Unit #10, 1060 Pine Street",
        ],
    );
    check("555 main road unit 110", &["555 Main Rd Ste 110", "555 Main Road # 110", "555 Main Road,#110"]);
    check(
        "5 oak lane unit 4 b",
        &["5 Oak Ln Apt 4B", "5 Oak Lane, Suite 4-b", "5 Oak Ln #4 B", "Flat 4b, 5 Oak Lane"],
    );
    check("5 oak lane unit b", &["5 Oak Ln Apt B", "5 Oak Lane Unit B", "Ste B, 5 Oak Ln"]);
    check("5 oak lane unit b 4", &["5 Oak Ln Apt B4", "5 Oak Lane Unit B-4"]);
    check(
        "12 main st springfield unit 4",
        &[
            "12 Main St Apt 4, Springfield",
            "12 Main St, Springfield, Apt. 4",
            "Apt 4, 12 Main St, Springfield",
        ],
    );
    check(
        "5 oak drive floor 2",
        &["5 Oak Dr, 2nd Floor", "5 Oak Dr 2ND FL", "5 Oak Drive, Second Floor", "Floor 2, 5 Oak Dr"],
    );
    check(
        "haupt strasse 5 floor 2",
        &["Hauptstr. 5, 2. Etage", "Hauptstraße 5, Etage 2", "2. Stock, Hauptstr. 5"],
    );
    check(
        "5 oak drive floor 2 unit 7",
        &["5 Oak Dr Apt 7, 2nd Floor", "5 Oak Dr, Floor 2, Unit 7", "2nd floor, 5 Oak Dr #7"],
    );
    check(
        "haupt strasse 5 unit 3",
        &["Hauptstr. 5, Whg. 3", "Hauptstraße 5 Wohnung 3", "Hauptstr. 5 Apt. 3"],
    );
    check("avenue juarez 12", &["Av. Juarez #12", "Avenida Juarez No. 12", "Av Juarez 12"]);
    check("12 rue unit catherine", &["12 rue Ste-Catherine", "12 rue Sainte Catherine"]);
    check("miami floor 33101", &["Miami, FL 33101", "Miami, Florida 33101"]);
    check_apart(&[
        ("12 Main St Apt 4", "12 Main St Floor 4"),
        ("12 Main St Apt 4", "12 Main St Apt 5"),
        ("12 Main St Apt 4", "12 Main St 4"),
        ("12 Main St Apt 4", "12 Main St"),
        ("12 Main St #4", "4 Main St #12"),
        ("12 Main St Apt 4B", "12 Main St Apt 4C"),
        ("12 Main St 2nd Floor", "12 Main St 3rd Floor"),
        ("12 Main St Rm 4", "12 Main St Apt 4"),
    ]);
    check_text(
        "12 Main St Apt 4, Springfield",
        &["12 main st", "12 main st unit 4"],
        &["12 main st springfield"],
    );
    check_text("unit 4, 12 Main St", &["12 main st", "12 main st unit 4", "unit 4"], &[]);
    check_text("12 Main St #4b", &["12 main st unit 4 b"], &["12 main st 4 b", "12 main st unit 4"]);
}

#[test]
fn states() {
    check(
        "12 main st fresno california 93650",
        &[
            "12 Main St, Fresno, CA 93650",
            "12 Main Street, Fresno, California 93650",
            "12 Main St Fresno Calif. 93650",
        ],
    );
    check(
        "5 elm st new york new york",
        &["5 Elm St, New York, NY", "5 Elm St, New York, New York", "5 Elm St, NY, N.Y."],
    );
    check(
        "5 elm st north carolina",
        &["5 Elm St NC", "5 Elm St North Carolina", "5 Elm St, N. Carolina", "5 Elm St, N.C."],
    );
    check(
        "5 elm st washington district of columbia",
        &["5 Elm St, Washington, DC", "5 Elm St Washington D.C.", "5 Elm St Washington District of Columbia"],
    );
    check("5 elm st hartford court", &["5 Elm St Hartford CT", "5 Elm St, Hartford, Connecticut"]);
    check("5 elm st omaha north east", &["5 Elm St, Omaha, NE", "5 Elm St, Omaha, Nebraska"]);
    check(
        "5 elm st toronto ontario",
        &["5 Elm St, Toronto, ON", "5 Elm St Toronto Ontario", "5 Elm St, Toronto, Ont."],
    );
    check(
        "5 elm st vancouver british columbia",
        &["5 Elm St, Vancouver BC", "5 Elm St Vancouver, British Columbia", "5 Elm St, Vancouver, B.C."],
    );
    check(
        "5 elm st sydney new south wales 2000",
        &["5 Elm St Sydney NSW 2000", "5 Elm St, Sydney, New South Wales 2000"],
    );
    check("5 elm st cairns queensland", &["5 Elm St Cairns QLD", "5 Elm St, Cairns, Queensland"]);
    check_apart(&[
        ("5 Elm St, CA", "5 Elm St, CO"),
        ("5 Elm St, North Carolina", "5 Elm St, South Carolina"),
        ("5 Elm St, Virginia", "5 Elm St, West Virginia"),
        ("5 Elm St, Washington", "5 Elm St, Western Australia"),
    ]);
}

#[test]
fn boxes() {
    check(
        "box 255 springfield",
        &[
            "P.O. Box 255, Springfield",
            "PO Box 255 Springfield",
            "P O Box No. 255, Springfield",
            "Post Office Box 255, Springfield",
            "POB 255, Springfield",
            "P.O.B. 255 Springfield",
            "Postfach 255 Springfield",
            "Pf. 255, Springfield",
            "Postbus 255, Springfield",
            "BP 255 Springfield",
            "B.P. 255, Springfield",
            "Boîte postale 255, Springfield",
            "Apartado 255, Springfield",
            "Apartado de Correos 255 Springfield",
            "Apdo. Postal 255, Springfield",
            "Caixa Postal 255 Springfield",
            "Skr. poczt. 255, Springfield",
            "Box 255, Springfield",
        ],
    );
    check("12 post road", &["12 Post Rd", "12 Post Road"]);
    check("5 post office st", &["5 Post Office St", "5 Post Office Street"]);
    check("p o de gracia box 9", &["Pº de Gracia, Apartado 9", "Paseo de Gracia PO Box 9"]);
    check_apart(&[
        ("PO Box 255 Ulm", "PO Box 256 Ulm"),
        ("PO Box 255 Ulm", "255 Ulm"),
        ("Postfach 12 Bonn", "Post 12 Bonn"),
        ("Apartado de Sol 12", "Apartado 12"),
    ]);
    check_text("to P.O. Box 255 Ulm", &["box 255 ulm"], &["p o box 255 ulm"]);
    check_text("a Post Office", &["post office"], &["box"]);
}

#[test]
fn polish_dutch_and_nordic() {
    check(
        "długa 5 12",
        &["ul. Długa 5 m. 12", "ulica Długa 5/12", "Długa 5 lok. 12", "ul Długa 5/12", "UL. DŁUGA 5 M. 12"],
    );
    check(
        "alameda jerozolimskie 5",
        &["al. Jerozolimskie 5", "Aleje Jerozolimskie 5", "Al. Jerozolimskie nr 5"],
    );
    check("osiedle zielone 7", &["os. Zielone 7", "Osiedle Zielone 7"]);
    check("place zamkowy 2", &["pl. Zamkowy 2", "Plac Zamkowy 2"]);
    check("ленина 5 12", &["ул. Ленина, д. 5, кв. 12", "улица Ленина 5/12", "ул. Ленина, дом 5 кв 12"]);
    check("kerk strasse 9 a", &["Kerkstraat 9a", "Kerkstr. 9-A", "Kerkstraat 9 a"]);
    check("kerk strasse 9 ii", &["Kerkstraat 9 II", "Kerkstr. 9-II"]);
    check("birken weg 3", &["Birkenweg 3", "Birkenwg. 3", "Birken-Weg 3"]);
    check("beethoven lane 4", &["Beethovenlaan 4", "Beethoven Laan 4"]);
    check(
        "stor gata 5",
        &["Storgatan 5", "Storg. 5", "Stor Gatan 5", "Storgata 5", "Storgaten 5", "Storgt. 5", "Storgade 5"],
    );
    check("ring vag 12", &["Ringvägen 12", "Ringv. 12", "Ringveien 12", "Ringvej 12", "RINGVÄGEN 12"]);
    check("aleksanterin katu 5", &["Aleksanterinkatu 5", "Aleksanterink. 5", "Aleksanterin katu 5"]);
    check_apart(&[
        ("Storgatan 5", "Storgatan 6"),
        ("Storgatan 5", "Storvägen 5"),
        ("ul. Długa 5 m. 12", "ul. Długa 5"),
        ("ul. Długa 5", "ul. Krótka 5"),
        ("Kerkstraat 9a", "Kerkstraat 9b"),
        ("Birkenweg 3", "Birkenstraße 3"),
    ]);
    check_text("they were running. 5 people", &["runnin gata 5"], &["running 5"]);
}

#[test]
fn portuguese_and_turkish() {
    check(
        "rue das flores 10",
        &["R. das Flores, 10", "Rua das Flores nº 10", "Rua das Flores n.º 10", "R das Flores 10"],
    );
    check(
        "rue das flores south north",
        &["Rua das Flores, s/n", "R. das Flores S/N", "Rua das Flores s/nº", "Rua das Flores SN"],
    );
    check("travessa do sol 2 unit 3", &["Trav. do Sol 2, apto 3", "Travessa do Sol, 2 ap. 3"]);
    check("avenue paulista 100", &["Av. Paulista, 100", "Avenida Paulista 100"]);
    check(
        "moda mahalle bahariye cadde 12 5",
        &[
            "Moda Mah. Bahariye Cad. No:12 D:5",
            "Moda Mahallesi, Bahariye Caddesi No: 12/5",
            "Moda Mah Bahariye Cad 12 Daire 5",
        ],
    );
    check("ihlamur sokak 3", &["Ihlamur Sok. No:3", "Ihlamur Sk. 3", "Ihlamur Sokak 3"]);
    check("ihlamur sokak 3 floor 2", &["Ihlamur Sok. No:3 Kat:2", "Ihlamur Sokak 3, kat 2"]);
    check_apart(&[
        ("Rua das Flores, s/n", "Rua das Flores, 10"),
        ("Rua das Flores, s/n", "Rua das Flores"),
        ("Moda Cad. No:12 D:5", "Moda Cad. No:12 D:6"),
        ("Moda Cad. 5", "Moda Sok. 5"),
    ]);
}
