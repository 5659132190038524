use super::*;

/// Checks whether the digits between the first two `*` are a part of a longer token.
fn check(cases: &[(&str, bool)]) {
    for (marked, expected) in cases {
        let parts: Vec<&str> = marked.split('*').collect();
        let [front, digits, behind] = parts[..] else { panic!("{marked:?} marks one place") };
        let span = ZoneSpan::new(front.len(), front.len() + digits.len());
        assert_eq!(hold(&[front, digits, behind].concat(), span), *expected, "{marked}");
    }
}

#[test]
fn parts_of_tokens() {
    check(&[
        ("550e8400-e29b-41d4-a716-*446655440000*", true),
        ("*12345678*-e29b-41d4-a716-4466554400ab", true),
        ("trace-550E8400-E29B-41D4-A716-*446655440000*-x", true),
        ("urn:uuid:*12345678*-1234-1234-1234-123456789012", true),
        ("9abc-*12345678*-00-11", true),
        ("00:9a:*123456*:11", true),
        ("*12345678* 9abcdef0 00000000 00000000", true),
        ("00:1b:44:11:*33:44*", true),
        ("*41-11-11-11-11-11*", true),
        ("001b.*3456*.3ab7", true),
        ("*192.168.100.200*", true),
        ("10.0.0.*254*:80", true),
        ("fe80::*1234*", true),
        ("2001:0db8:0:0:0:0:0:*1234*", true),
        ("1.2.3.*4567890*", true),
        ("*12345678*.1.2", true),
        ("v1.2.3+*20250101*", true),
        ("pkg_1.20.3-*12345678*.deb", true),
        ("0.*12345678*", true),
        ("*0.3125550187*", true),
        ("= -.*12345678*", true),
        (".*12345678*E-2", true),
        ("12:00:00,*123456*", true),
        ("2024-01-02T03:04:05.*123456789*Z", true),
        ("*2024-01-02* 03:04", true),
        ("2024/01/02_03:04+*0100* ok", true),
        ("*1748503543012*.25", true),
        ("[*1748503543*.123456]", true),
        ("Zm9vYmFyQmF6/*12345678*+cXV4MTIz", true),
        ("eyJhbGciOiJIUzI1NiJ9_*12345678*-aB1c", true),
    ]);
}

#[test]
fn values_of_their_own() {
    check(&[
        ("?id=550&acct=*12345678*&x=1", false),
        ("https://x.example/accounts/*12345678*/view", false),
        ("https://docs.example.com/d/1BxiMVs0XRA5nFMdKvBdBZjg/*12345678*", false),
        ("/a1B2/*12345678*", false),
        ("acc-*12345678*-2024-11", false),
        ("AC-*12345678*-01", false),
        ("2024-*12345678*-01-02", false),
        ("report.*12345678*.pdf", false),
        ("no. *12345678*.", false),
        ("*77100123*.0", false),
        ("*202.555.0143*", false),
        ("*300.168.100.200*", false),
        ("1.2-*12345678*", false),
        ("12:00:00,*12345678*,Langer", false),
        ("12:00:00 *12345678*", false),
        ("2024-01-02 *12345678*", false),
        ("*4111 1111 1111 1111*", false),
        ("*4111-1111-1111-1111*", false),
        ("*900-12-3456*", false),
        ("*1748503543012*. Next", false),
        ("*27485035430*.25", false),
        ("/Guests/JohnDoe2/*12345678*/Report", false),
        ("some_longer_name_of_a_thing_*12345678*", false),
        ("1:2:*3456*:5", false),
        ("\u{e9}.*12345678*", false),
        ("**", false),
    ]);
}

#[test]
fn nothing_further_away_matters() {
    let far = |count: usize| format!("9abc-00-{}-*12345678*", ["11"; 64].concat().get(..count).unwrap_or(""));
    check(&[(&far(110), true), (&far(122), false)]);
}
