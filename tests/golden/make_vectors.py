"""Makes the golden vectors of edm-hash and edm-block: crates/<crate>/tests/golden/*.json.

    python tests/golden/make_vectors.py          writes the files
    python tests/golden/make_vectors.py --check  computes them again and compares with the committed ones

hash_reference.py and block_reference.py compute the values, and generation_reference.py opens
the committed generations; they are written from docs/formats. A changed vector needs a new algorithm version and is never an edit.
"""

import hashlib
import json
import struct
import sys
import unicodedata
import uuid
from pathlib import Path

import generation_reference
from block_reference import BlockWriter, Column
from hash_reference import (
    Refused, Rule, atoms_of, canonical, cmac, fold, folded_atoms, name_of, hash_value, hkdf, name_summary, row_check, row_key, rule_key, shapes_of,
    vocabulary_key, vocabulary_tag,
)

CRATES = Path(__file__).resolve().parents[2] / "crates"
FOLDER = CRATES / "edm-hash/tests/golden"
UNICODE = "14.0.0"
SALT = "k3v9" * 16
SALTS = [SALT, "0123456789abcdefghijklmnopqrstuvwxyz" * 2, "Salz mit Ümläuten und 日本語 " * 3]
STORE = uuid.UUID("6f1c2f0e-8d57-4c6a-9a52-0b7f3a1d9e44")
SESSION = uuid.UUID("b84d3f36-3f36-4b84-8d3f-363f4db8363f")

TEXT = Rule()
RULES = [
    TEXT,
    Rule(case_sensitive=True),
    Rule(fold_diacritics=True),
    Rule(case_sensitive=True, fold_diacritics=True),
    Rule(delimiters=("-",)),
    Rule(delimiters=(" ", "-", ".", "–")),
    Rule(delimiters=("#", "-"), case_sensitive=True),
    Rule(type="digits"),
    Rule(type="digits", width=9, delimiters=("-", " ")),
    Rule(type="email"),
    Rule(type="name"),
    Rule(type="name", fold_diacritics=True),
    Rule(type="ssn"),
    Rule(type="card"),
    Rule(type="phone"),
    Rule(type="phone", country="US"),
    Rule(type="date"),
    Rule(type="date", order="ymd"),
    Rule(type="date", order="dmy"),
    Rule(type="date", order="mdy"),
    Rule(type="iban"),
    Rule(type="iban", case_sensitive=True),
    Rule(type="address"),
]

FOLDED_TEXTS = [
    "", " ", "Langer", "LANGER", "isaiah.langer@example.org", "123-45-6789", "123‐45‑6789", "123–45—6789", "123−45﹣6789",
    "O’Brien", "OʼBrien", "O`Brien", "O´Brien", "O′Brien", "Straße", "STRASSE", "STRAẞE", "ﬁnance oﬃce", "Ångström",
    "Å", "Å", "ÅNGSTRÖM", "naïve café", "Zoë", "Łódź", "Þórður", "Øresund", "œuvre", "Æsir", "đakovo ĦAL", "İstanbul",
    "ISTANBUL ıstanbul", "ΣΊΣΥΦΟΣ", "ς Σ σ", "ΐ ΰ", "ᾳ ᾼ ὖ", "Иванов ЁЖИК", "Київ Ґалаґан", "Њујорк", "ЙОТА", "山田太郎", "髙橋", "ﾔﾏﾀﾞ",
    "ヤマダ ガ", "プ゜", "각 각", "김철수", "ＡＢＣ１２３", "①②③", "½ ⅓", "１２３－４５", "٣٤٥ ۱۲۳", "१२३", "๑๒๓", "𝟙𝟚𝟛 𝕬𝖇", "x²",
    "a\u00adb", "a\u200bb\u200dc", "\u202eabc\u202c", "\ufeffabc", "❤️ 👩‍👩‍👧", "👍🏽 ok", "a\u00a0b\u2003c\u3000d", "a\u2028b\u000bc\u0085d",
    "tab\tand\r\nline", "ﷺ", "ﻻ", "שָׁלוֹם", "مُحَمَّد", "ngoại Việt Nam", "Tiếng", "ǅ Ǆ ǆ", "ŉ", "ẚ", "ŀ", "℡ ℀", "㎏ ㍿", "ﬆ", "ᵃᵇ", "q\u0307\u0323", "q\u0323\u0307",
    "\u0344", "\u0345α", "\u1e9e", "\u2126 \u212a", "ⅷ Ⅷ", "…", "‚„", "‘quoted’ “double”", "100%", "a\u034fb", "\U000e0100x", "ꭰ Ꭰ", "ა Ა", "𐐀𐐨",
]

CELLS = {
    "text": [
        "Langer", "van der Berg", "van\nder  Berg", "P.O. Box 255", "Wasco1982", "fOo#1234", "FOO-1234", "123-45-6789", "123456789",
        "  padded  ", "(parenthesised)", "\"quoted\"", "a, b", "a\r\n> b", "a \t b", "O'Brien", "O’Brien", "Zoë", "Zoe\u0308", "ZOE", "", "   ",
        "---", "NULL", "n/a", "#N/A", "Unknown", "None", "NaN", "(null)", "#REF!",
        "not  provided", "\\N", "Entfällt", "Nullify", "none of it", "0000", "000-00-0000", "9", "99", "999-99-9999", "0", "1900-01-01", "01/01/1900", "1900",
        "山田太郎", "山田 太郎", "김철수", "Иванов", "é1é", "1st", "x²", "50 %", "C++", "👍 ok 👍", "a" * 200, " ".join(["word"] * 64),
        " ".join(["word"] * 65), "1 2 3 4 5 6 7 8 9",
    ],
    "digits": [
        "123456789", "123-45-6789", "000123456", "123 45 6789", " 42 ", "٣٤٥", "12345678.0", "1.2E+15", "12a", "", "---", "0000", "1234567890",
        "0001234567890", "0123456789",
    ],
    "email": [
        "isaiah.langer@example.org", "<mailto:Ada+x@Example.ORG>", " .ada@example.org. ", "ada@localhost", "a@b@c.org", "Ada <ada@example.org>",
        "jane@bücher.example", "jane@xn--bcher-kva.example", "Jane@XN--BCHER-KVA.Example", "jane@BÜCHER.example", "jane@bu\u0308cher.example",
        "jane@mail.xn--mnchen-3ya.xn--p1ai", "jane@mail.münchen.рф", "jane@xn--fsqu00a.xn--0zwm56d", "jane@例子.测试", "jane@xn--zckzah.jp",
        "jane@xn--strae-oqa.example", "jane@straße.example", "jane@xn--e1afmkfd.xn--80akhbyknj4f", "jane@xn--mgbh0fb.xn--kgbechtv",
        "jane@xn--abc-.example", "jane@xn--.example", "jane@xn---.example", "jane@xn--99999999.example", "jane@xn--a.example", "jane@xn--b--c.example",
        "jane@axn--bcher-kva.example", "jane@xn--bücher-kva.example", "xn--bcher-kva@example.org", "jane@xn--" + "a" * 60 + "-kva.example", "",
    ],
    "name": [
        "Langer", "O'Brien", "O Brien", "O-Brien", "O’Brien", "Smith-Jones", "Smith Jones", "Langer, Isaiah", "Langer ,Isaiah", "J. R. Tolkien",
        "van der Berg", "Ana·María", "a, b, c", "a (b)", "Zoë", "山田太郎", "O'", "3rd", "Null", "None", "(null)",
        "n/a", "not provided", "",
        "OBryan", "O’BRYAN", "Anna-Lena Meyer", "Annalena Meyer", "Meyer, Anna Lena", "山田　太郎", "Robin_Fenwick", "Dr. Robin Fenwick",
        "Prof. Dr. Fenwick, Robin", "Robin Fenwick, Ph.D.", "Robin Fenwick M.D.", "Robin Fenwick Jr.", "Robin Fenwick, Jr.", "Fenwick Jr., Robin",
        "Fenwick, Robin, III", "Robin Fenwick II, MD", "Sr. Garcia", "Garcia Sr.", "Jr.", "Dr", "Elizabeth (Lisa) Vega", "Elizabeth “Lisa” Vega",
        "Elizabeth 'Lisa' Vega", "Elizabeth Vega (Lisa)", "Elizabeth (Lisa Vega", "Anna / Annie Vega", "Smith & Sons", "Jörg Müller", "Joerg Mueller",
        "Søren Åse", "Soeren Aase", "Bauer", "Quelle", "Isaac", "ÇELİK YILMAZ", "Çelik Yılmaz", "İpek Işık", "van der Berg, Jan", "Michael Herr",
        "Robin James Fenwick", "Dr. Robin J. Fenwick Jr.", "Fenwick, Robin James Lee", "Jan Willem van der Berg", "Jan van der Berg",
        "Ana María García López Núñez", "Ana María García López Núñez Ruiz", "Jean-Luc É. Picard", "Élodie E\u0301mile Roy", "Anna Mary-Jane O'Neil",
    ],
    "ssn": [
        "123-45-6789", "123 45 6789", "123.45.6789", "123456789", " 123‑45‑6789 ", "１２３－４５－６７８９", "١٢٣٤٥٦٧٨٩", "1456789", "12456789",
        "900-11-2222", "666-45-6789", "000-45-6789", "123-00-6789", "123-45-0000", "145678", "1234567890", "123-45 6789",
        "123/45/6789", "123 - 45 - 6789", "123--45--6789", "123. 45. 6789", "123  45  6789", "123 45  6789", "1 2 3 4 5 6 7 8 9",
        "1.2.3.4.5.6.7.8.9", "1|2|3|4|5|6|7|8|9", "1 2 3 - 4 5 - 6 7 8 9", "1,2,3,4,5,6,7,8,9", "123456789.0", "000-00-0000", "999-99-9999", "",
    ],
    "card": [
        "4111111111111111", "4111 1111 1111 1111", "4111-1111-1111-1111", "3782 822463 10005", "3056 930902 5904", "5018 8738 0695 6042 304",
        "4222222222222", "４１１１ １１１１ １１１１ １１１１", "4111 1111 1111 1112", "4111 1111-1111 1111", "4111.1111.1111.1111",
        "4111/1111/1111/1111", "41111111 11111111", "4111  1111  1111  1111", "4111 1111  1111 1111", "4111 - 1111 - 1111 - 1111",
        "4111 -- 1111-1111- 1111", "4111\u00a0- 1111 - 1111 - 1111", "4 111111111111111", "4222 2222 2222 2", "4 1 11111111111111",
        "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", "4|1|1|1|1|1|1|1|1|1|1|1|1|1|1|1", "4111   1111   1111   1111", "4111,1111,1111,1111", "2222 2222 2222 2222", "41111111116",
        "4.11111111111111E+15", "0000 0000 0000 0000", "",
    ],
    "date": [
        "1960-05-05", "1960/5/5", "1960.05.13", "19600505", "13/05/1960", "05/13/1960", "05/05/1960", "03/04/1960", "3.4.60", "13.5.60",
        "03-04-05", "60-05-13", "5 May 1960", "May 5, 1960", "5-May-1960", "Thursday, 5 May 1960", "1960-05-05T00:00:00",
        "1960-05-05 00:00:00.000", "1960-05-05T00:00:00Z", "1960-05-05T10:20:30", "2000-02-29", "1900-02-29", "1960-13-01", "31/04/1960",
        "0999-01-01", "１３／０５／１９６０", "1960‐05‐05", "1900-01-01", "22041", "soon", "",
        "4 Mar '82", "Mar 4, ’82", "4. März 1982", "4 de marzo de 1982", "1982. március 4.", "4 maart 1982", "4e maart 1982", "4 марта 1982 г.",
        "4-го марта 1982", "4 marca 1982 r.", "4 березня 1982", "4 Mart 1982", "4. maaliskuuta 1982", "4. března 1982", "4 martie 1982",
        "4 Μαρτίου 1982", "4 ΜΑΡΤΙΟΣ 1982", "4 مارس 1982", "٤ مارس ١٩٨٢", "31 września 1982", "4 Foo 1982", "1982年3月4日", "1982년 3월 4일", "1982年3月4号",
        "昭和57年3月4日", "昭和５７年３月４日", "S57.3.4", "s57/3/4", "昭57-3-4", "令和元年5月1日", "平成元年1月8日", "昭和64年1月7日", "昭和64年1月8日",
        "大正15年12月25日", "T15.12.26", "明治5年12月31日", "明治6年1月1日", "平成31年5月1日", "民國71年3月4日", "X57.3.4",
        "04031982", "03041982", "13051960", "05131960", "19820304", "04031882", "32131982",
    ],
    "iban": [
        "DE89370400440532013000", "DE89 3704 0044 0532 0130 00", "DE89-3704-0044-0532-0130-00", "DE89.3704.0044.0532.0130.00",
        "DE89/3704/0044/0532/0130/00", "DE89 - 3704 - 0044  0532--0130.00", "DE89,3704,0044,0532,0130,00", "DE89   370400440532013000", "IBANDE89370400440532013000", "IBAN: DE89 3704 0044 0532 0130 00",
        "GB82 WEST 1234 5698 7654 32", "NO93 8601 1117 947", "FR14 2004 1010 0505 0001 3M02 606", "MT84MALT011000012345MTLCAST001S",
        "ＤＥ８９３７０４００４４０５３２０１３０００", "DE89370400440532013001", "DE8937040044053201300", "XX89370400440532013000", "",
    ],
}


def rule_json(rule):
    return {
        "type": rule.type, "width": rule.width, "caseSensitive": rule.case_sensitive, "foldDiacritics": rule.fold_diacritics,
        "delimiters": list(rule.delimiters),
    } | {name: value for name, value in (("country", rule.country), ("order", rule.order)) if value}


def folding():
    cases = [
        {
            "text": text,
            "insensitive": fold(text), "sensitive": fold(text, case_sensitive=True),
            "insensitiveFolded": fold(text, fold_diacritics=True),
            "sensitiveFolded": fold(text, case_sensitive=True, fold_diacritics=True),
        }
        for text in FOLDED_TEXTS
    ]
    ranges = assigned_ranges()
    return {"unicode": UNICODE, "cases": cases, "sweeps": [sweep_json(case, ranges) for case in (False, True)]}


def assigned_ranges():
    """Returns the assigned characters of Unicode 14 without surrogates and private use, as
    inclusive ranges."""
    if unicodedata.unidata_version != UNICODE:
        committed = json.loads((FOLDER / "folding.json").read_text())
        return [tuple(r) for r in committed["sweeps"][0]["ranges"]]
    ranges = []
    for code in range(0x110000):
        if unicodedata.category(chr(code)) in ("Cn", "Cs", "Co"):
            continue
        if ranges and ranges[-1][1] == code - 1:
            ranges[-1] = (ranges[-1][0], code)
        else:
            ranges.append((code, code))
    return ranges


def sweep_json(case_sensitive, ranges):
    """Returns one SHA-256 over LE32(length) and the UTF-8 of every folded character, in
    ascending order."""
    digest = hashlib.sha256()
    for first, last in ranges:
        for code in range(first, last + 1):
            folded = fold(chr(code), case_sensitive=case_sensitive).encode()
            digest.update(struct.pack("<I", len(folded)) + folded)
    return {"caseSensitive": case_sensitive, "ranges": [list(r) for r in ranges], "sha256": digest.hexdigest()}


def keys():
    return [
        {
            "salt": salt, "rule": rule_json(rule), "ruleBytes": rule.rule_bytes().hex(), "ruleDigest": rule.digest().hex(),
            "ruleKey": rule_key(salt, rule).hex(), "vocabularyKey": vocabulary_key(salt, rule).hex(),
        }
        for salt in SALTS for rule in RULES
    ] + [
        {"salt": salt, "storeId": str(STORE), "sessionId": str(SESSION), "rowKey": row_key(salt, STORE, SESSION).hex()}
        for salt in SALTS
    ]


def cmacs():
    """AES-256-CMAC for every length around block boundaries."""
    key = hkdf(SALT, b"edm/v1/cell", TEXT.digest())
    values = ["x" * length for length in (0, 1, 8, 15, 16, 17, 31, 32, 33, 48, 64, 255, 4096)]
    return {"key": key.hex(), "cases": [{"value": value, "cmac": cmac(key, value.encode()).hex()} for value in values]}


def cells():
    """From a cell to its hash. `refused` covers cells that a type refuses and those with too
    many atoms."""
    cases = []
    for rule in RULES:
        for cell in CELLS.get(rule.type, []):
            case = {"rule": rule_json(rule), "cell": cell}
            try:
                form = canonical(cell, rule)
                case |= {"canonical": form, "hash": None if form is None else hash_value(SALT, rule, form).hex()}
                if rule.type == "name" and form is not None:
                    others = name_of(*folded_atoms(cell, rule), rule).alternatives()
                    case["alternatives"] = [hash_value(SALT, rule, other).hex() for other in others]
            except Refused:
                case |= {"refused": True, "canonical": None, "hash": None}
            cases.append(case)
    return {"salt": SALT, "cases": cases}


def rows():
    key = row_key(SALT, STORE, SESSION)
    hashed = [hash_value(SALT, TEXT, value) for value in ("langer", "123-45-6789")]
    places = [(0, 0), (0, 1), (0, 3), (0, 4), (1, 0), (255, 7), (256, 0), (65_536, 255), (4_000_000_000 - 1, 128)]
    return {
        "salt": SALT, "storeId": str(STORE), "sessionId": str(SESSION),
        "cases": [
            {"hash": h.hex(), "row": row, "column": column, "check": row_check(key, h, row, column)}
            for h in hashed for row, column in places
        ],
    }


def vocabulary():
    """The summary of a rule's values in a block: their shapes, and the tags of the atoms of
    values with two or more atoms."""
    values = ["van der Berg", "P.O. Box 255", "Wasco1982", "single", "Berg van", "山田太郎"]
    cases = []
    for rule in (RULES[0], RULES[1], RULES[4]):
        tags, shapes = set(), set()
        for value in values:
            form = canonical(value, rule)
            atoms = [form[start:end] for start, end in atoms_of(form)]
            shapes |= shapes_of(form, atoms)
            tags |= {vocabulary_tag(SALT, rule, atom) for atom in atoms} if len(atoms) > 1 else set()
        cases.append({"rule": rule_json(rule), "values": values, "tags": sorted(tags), "shapes": sorted(shapes)})
    names = ["Jan van der Berg", "O'Bryan", "Langer", "Meyer, Anna-Lena", "Robin Fenwick Jr.", "Fenwick III", "山田 太郎", "Anna / Annie Vega", "Joerg Mueller", "9th"]
    for rule in (rule for rule in RULES if rule.type == "name"):
        tags, shapes = set(), set()
        for name in names:
            own, words = name_summary(name, rule)
            shapes |= own
            tags |= {vocabulary_tag(SALT, rule, word) for word in words}
        cases.append({"rule": rule_json(rule), "values": names, "tags": sorted(tags), "shapes": sorted(shapes)})
    return {"salt": SALT, "cases": cases}


def block():
    """One whole block: values, empty cells and placeholders, dates, several atoms, two rules."""
    columns = [Column("ssn", searchable=True, delimiters=("-",)), Column("lastName"), Column("dob")]
    surnames = ["Langer", "van der Berg", "O'Brien", "", "n/a", "P.O. Box 255", "Smith-Jones", "9th", "x"]
    cells = [
        [f"900-{index:02}-{1000 + index * 37}", surnames[index % len(surnames)], f"19{40 + index}-0{1 + index % 9}-1{index % 10}"]
        for index in range(21)
    ] + [["000-00-0000", "Unknown", "1900-01-01"], ["", "-", "31.12.1999"]]
    writer = BlockWriter(SALT, STORE, SESSION, columns)
    return {
        "salt": SALT, "storeId": str(STORE), "keyId": str(SESSION), "number": 3, "firstRow": 4711, "maximumNumberOfTokens": 64,
        "columns": [{"name": c.name, "searchable": c.searchable, "rule": rule_json(c.rule)} for c in columns],
        "records": cells, "planDigest": writer.plan.hex(), "block": writer.seal(3, 4711, cells).hex(),
    }


MAKERS = {"folding": folding, "keys": keys, "cmac": cmacs, "cells": cells, "rows": rows, "vocabulary": vocabulary}
PATHS = {name: FOLDER / f"{name}.json" for name in MAKERS}
MAKERS["block"], PATHS["block"] = block, CRATES / "edm-block/tests/golden/block.json"


def dump(value):
    """One case per line, so that a difference shows as one line."""
    def lines(items):
        return "[\n" + ",\n".join(json.dumps(item, ensure_ascii=True) for item in items) + "\n]"
    if isinstance(value, list):
        return lines(value) + "\n"
    parts = [f"{json.dumps(k)}: {lines(v) if isinstance(v, list) else json.dumps(v)}" for k, v in value.items()]
    return "{\n" + ",\n".join(parts) + "\n}\n"


def main(arguments):
    check = arguments == ["--check"]
    if arguments and not check:
        print(__doc__)
        return 2
    failed = 0
    for name, make in MAKERS.items():
        path, made = PATHS[name], dump(make())
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(made)
            print(f"wrote {path.relative_to(CRATES.parent)}")
        elif not path.is_file():
            failed += 1
            print(f"FAIL {name}: {path.name} is missing; run make_vectors.py")
        elif path.read_text() != made:
            failed += 1
            print(f"FAIL {name}: the committed file differs from what is computed")
        else:
            print(f"ok {name}")
    if check:
        wrong = generation_reference.check()
        print("ok generations" if not wrong else f"FAIL generations: {'; '.join(wrong)}")
        failed += bool(wrong)
        print(f"{len(MAKERS) + 1 - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
