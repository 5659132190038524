"""Spellings of values in texts, and which of them the rules of docs/matching.md promise to find.

A spelling is drawn for each planted value and recorded with it. So the expected findings
follow from what was written, and never from reading the text again. Spellings without a
promise are rare (`RARE`), count as misses, and are listed.
"""

import unicodedata
from dataclasses import dataclass

# One planted value in this many has a spelling without a promise, if the column has one.
RARE = 150


@dataclass(frozen=True)
class Form:
    """One spelling of a value. `lines`: it contains a line break, so tables and logs cannot have
    it."""

    name: str
    text: str
    supported: bool = True
    lines: bool = False
    # What is directly before and after the value and not part of it.
    before: str = ""
    after: str = ""


def groups(text, sizes, joint):
    parts, at = [], 0
    for size in sizes:
        parts.append(text[at:at + size])
        at += size
    return joint.join(part for part in parts + [text[at:]] if part)


def plain(text):
    return "".join(c for c in text if c.isalnum())


def broken(text):
    """Replaces the middle space of the text by a line break."""
    spaces = [at for at, character in enumerate(text) if character == " "]
    if not spaces:
        return None
    at = spaces[len(spaces) // 2]
    return text[:at] + "\n" + text[at + 1:]


def number_forms(locale, text, lines=False):
    """What may be done to any number; `lines`: the rules allow it to continue on the next line."""
    out = [Form("dash of another kind", text.replace("-", "\u2011"))] if "-" in text else []
    if " " in text:
        out += [Form("no-break spaces", text.replace(" ", "\u00a0")),
                Form("broken over two lines", broken(text), supported=lines, lines=True)]
    if locale.digits:
        out.append(Form("the script's own digits", text.translate(locale.digits)))
    return out


def account(locale, facts):
    own = facts["account"]
    shown = f"{own[:4]}-{own[4:]}"
    out = [Form("as in the table", own), Form("as in the table", own), Form("with a hyphen", shown), Form("in two groups", f"{own[:4]} {own[4:]}"),
           Form("behind a number sign", own, before="#"),
           Form("behind its label without a space", own, before=locale.words[1]),
           Form("with dots, which the column does not ignore", f"{own[:2]}.{own[2:5]}.{own[5:]}", supported=False)]
    if own[0] == "0":
        out += [Form("without leading zeros", own.lstrip("0"))] * 3
    return out + number_forms(locale, shown)


def national(locale, facts):
    own, bare = facts["national"], plain(facts["national"])
    sizes, *joints = locale.national_groups
    out = [Form("as in the table", own), Form("as in the table", own), Form("without delimiters", bare)]
    out += [Form(f"in groups joined by {joint!r}", groups(bare, sizes, joint)) for joint in joints if joint and len(sizes) > 1]
    if any(c.isalpha() for c in bare):
        out.append(Form("in lower case", own.lower()))
    if bare.isdigit():
        out.append(Form("behind its label without a space", bare, before=locale.words[0]))
    out.append(Form("with slashes, which the column does not ignore", groups(bare, sizes if len(sizes) > 1 else (4, 4), "/"), supported=False))
    return out + number_forms(locale, own)


def card(locale, facts):
    own = facts["card"]
    sizes = (4, 6, 5) if len(own) == 15 else (4, 4, 4, 4)
    spaced = groups(own, sizes, " ")
    out = [Form("in groups", spaced), Form("in groups", spaced), Form("compact", own), Form("with hyphens", groups(own, sizes, "-"))]
    out += [Form("with dots", groups(own, sizes, ".")), Form("in groups joined by ' - '", groups(own, sizes, " - "))]
    return out + number_forms(locale, spaced, lines=True)


def iban(locale, facts):
    own = facts["iban"]
    spaced = groups(own, (4,) * 9, " ")
    out = [Form("in groups of four", spaced), Form("in groups of four", spaced), Form("compact", own), Form("in lower case", own.lower()),
           Form("with hyphens", groups(own, (4,) * 9, "-")), Form("behind IBAN and a colon", own, before="IBAN:")]
    return out + [form for form in number_forms(locale, spaced, lines=True) if form.name != "the script's own digits"]


def phone(locale, facts):
    rule, parts = locale.phone, facts["phone"].split("/")
    area, rest, bare = parts[0], parts[1:], "".join(parts)
    trunk = rule.trunk if rule.code != "1" else ""
    international = [Form("international", f"+{rule.code} {' '.join(parts)}"), Form("international, hyphens", f"+{rule.code}-{'-'.join(parts)}"),
                     Form("international, compact", f"+{rule.code}{bare}"), Form("00 in front", f"00{rule.code} {' '.join(parts)}"),
                     Form("as a link", f"+{rule.code}-{'-'.join(parts)}", before="tel:"),
                     Form("with an extension", f"+{rule.code} {' '.join(parts)}", after=" ext. 12")]
    own = f"{trunk}{area}"
    home = [Form("national", f"{own} {' '.join(rest)}"), Form("national", f"{own} {' '.join(rest)}"), Form("national, hyphens", f"{own}-{'-'.join(rest)}"),
            Form("national, area in brackets", f"({own}) {' '.join(rest)}"), Form("national, dots", f"{own}.{'.'.join(rest)}"),
            Form("national, slash behind the area", f"{own}/{' '.join(rest)}"), Form("national, compact", f"{trunk}{bare}")]
    if trunk and trunk == "0":
        international.append(Form("international with (0)", f"+{rule.code} (0){' '.join(parts)}"))
    if rule.code == "1":
        home += [Form("national with 1 in front", f"1-{'-'.join(parts)}"), Form("national, area in brackets", f"({area}) {'-'.join(rest)}")]
    return international + home + number_forms(locale, f"{own} {' '.join(rest)}", lines=True)


def email(locale, facts):
    own = facts["email"]
    return [Form("as in the table", own), Form("as in the table", own), Form("in capitals", own.upper()), Form("as a link", own, before="mailto:"),
            Form("in angle brackets", own, before="<", after=">"), Form("before a full stop", own, after="."),
            Form("at and dot in words", own.replace("@", " (at) ").replace(".", " dot "), supported=False)]


def name_forms(own):
    out = [Form("as in the table", own)] * 3
    if own.upper() != own:
        out += [Form("in capitals", own.upper()), Form("in lower case", own.lower())]
    if unicodedata.normalize("NFD", own) != own:
        bare = "".join(c for c in unicodedata.normalize("NFD", own) if unicodedata.category(c) != "Mn")
        out += [Form("decomposed accents", unicodedata.normalize("NFD", own))]
        if bare.isascii():
            out += [Form("without accents", bare)]
    if any(c in own for c in "äöüÄÖÜß"):
        umlauts = {"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss"}
        out.append(Form("umlauts as two letters", "".join(umlauts.get(c, c) for c in own), supported=not any(c in own for c in "äöüÄÖÜ")))
    if "'" in own:
        out.append(Form("typographic apostrophe", own.replace("'", "\u2019")))
    if "-" in own:
        out.append(Form("space for hyphen", own.replace("-", " ")))
    if " " in own:
        out += [Form("no-break space", own.replace(" ", "\u00a0")), Form("broken over two lines", broken(own), lines=True)]
    if own.isascii():
        out.append(Form("full-width letters", "".join(chr(ord(c) + 0xFEE0) if c.isalpha() else c for c in own)))
    return out


def full_name(locale, facts):
    out = name_forms(facts["full"])
    first, last = facts["first"], facts["last"]
    if locale.family_first:
        # A space between the parts of a name is part of the value.
        spaced = locale.name_joint == " "
        return out + [Form("without a space", last + first, supported=not spaced), Form("with a space", f"{last} {first}", supported=spaced),
                      Form("with an ideographic space", f"{last}\u3000{first}", supported=spaced)]
    out += [Form("last name first, with a comma", f"{last}, {first}")] * 2
    out += [Form("in two columns of a page", f"{first}  {last}"),
            Form("last name first, without a comma", f"{last} {first}", supported=False), Form("with a middle initial", f"{first} K. {last}", supported=False)]
    return out


def first_name(locale, facts):
    return name_forms(facts["first"])


def last_name(locale, facts):
    out = name_forms(facts["last"])
    return out if not facts["last"].isascii() else [*out, Form("with a possessive s", facts["last"], after="'s")]


def figures(locale, born, year, padded):
    own = {"d": f"{born.day:02}" if padded else str(born.day), "m": f"{born.month:02}" if padded else str(born.month), "y": year}
    return locale.joint.join(own[part] for part in locale.order)


def birthday(locale, facts):
    born = facts["born"]
    year = str(born.year)
    out = [Form("as in the table", figures(locale, born, year, True)), Form("figures without zeros", figures(locale, born, year, False)),
           Form("ISO", born.isoformat()), Form("ISO with midnight", f"{born.isoformat()}T00:00:00"), Form("ISO, compact", born.strftime("%Y%m%d")),
           Form("figures with dots", figures(locale, born, year, True).replace(locale.joint, ".")),
           Form("figures with hyphens", figures(locale, born, year, True).replace(locale.joint, "-"))]
    if locale.order != "ymd":
        out.append(Form("year in two digits", figures(locale, born, year[2:], True)))
    if locale.digits:
        out.append(Form("the script's own digits", figures(locale, born, year, True).translate(locale.digits)))
    for number, pattern in enumerate(locale.written):
        months = locale.months
        words = {"d": str(born.day), "y": year, "m": months[born.month - 1] if months else "", "n": months[born.month - 1][:3] if months else ""}
        if not months:
            words["m"] = str(born.month)
        elif "th" in pattern:
            suffix = "th" if 10 < born.day < 20 else {1: "st", 2: "nd", 3: "rd"}.get(born.day % 10, "th")
            pattern = pattern.replace("{d}th", "{d}" + suffix)
        text, supported = pattern.format(**words), locale.written_supported
        out.append(Form(f"month in words {number + 1}" if months else "with signs for year, month and day", text, supported))
        if months:
            out.append(Form("month in words, broken over two lines", broken(text), supported, lines=True))
    return out


def address(locale, facts):
    street, city = facts["street"], facts["city"]
    if locale.family_first:
        whole = city + street
        out = [Form("as in the table", whole)] * 3
        if locale.name == "ja_JP":
            numerals = "一二三四五六七八九"
            at = street.index("丁目") - 1
            block, house = street[at + 3:].removesuffix("号").split("番")
            # A town whose name ends with a numeral would merge with a number after it.
            apart = street[at - 1] not in numerals
            out += [Form("chōme-ban-gō as figures", f"{city}{street[:at]}{numerals.index(street[at]) + 1}-{block}-{house}", supported=apart)] * 2
        return out
    whole = f"{street}, {city}"
    out = [Form("as in the table", whole)] * 3 + [Form("in capitals", whole.upper()), Form("street and city on two lines", f"{street}\n{city}", lines=True),
           Form("without the comma", f"{street} {city}")]
    for word, short in locale.streets:
        if word in street:
            out += [Form("street abbreviated", whole.replace(word, short, 1), supported=locale.streets_supported)] * 2
    return out


def city(locale, facts):
    own = facts["city"]
    return [Form("as in the table", own)] * 2 + ([Form("in capitals", own.upper())] if own.upper() != own else [])


MAKERS = {
    "account": account, "national": national, "card": card, "iban": iban, "phone": phone, "email": email, "fullName": full_name,
    "firstName": first_name, "lastName": last_name, "birthday": birthday, "address": address, "city": city,
}


def drawn(draws, locale, facts, column, lines=False):
    """Draws a spelling of a person's value; only with `lines` may it contain a line break."""
    all_forms = [form for form in MAKERS[column](locale, facts) if lines or not form.lines]
    rare = [form for form in all_forms if not form.supported]
    # Each kind of value has the same share of rare spellings, however many it has.
    if rare and draws.randrange(RARE) == 0:
        return draws.choice(rare)
    return draws.choice([form for form in all_forms if form.supported])
