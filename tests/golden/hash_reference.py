"""A second implementation of docs/formats/hash.md in Python: the oracle of the crate edm-hash.

It is written from that page alone, with `cryptography`, `hashlib`, `hmac` and `unicodedata`,
and shares no code and no table with the Rust side. `unicodedata` has no scripts, so they are
derived from character names, which suffices for the characters in the vectors.
"""

import datetime
import hashlib
import hmac
import pathlib
import re
import struct
import unicodedata
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.cmac import CMAC

FOLDING_VERSION = 1
TYPES = {
    "text": 1, "digits": 2, "email": 3, "name": 4, "ssn": 5, "card": 6, "phone": 7, "date": 8, "iban": 9, "address": 10,
}
ORDERS = {"": 0, "ymd": 1, "dmy": 2, "mdy": 3}


@dataclass(frozen=True)
class Rule:
    """How a value is reduced to its canonical form."""

    type: str = "text"
    width: int = 0
    case_sensitive: bool = False
    fold_diacritics: bool = False
    delimiters: tuple = field(default=())
    country: str = ""
    order: str = ""

    def option(self):
        """Returns the number for the type's only option in the rule bytes."""
        if self.type == "phone":
            return int.from_bytes(self.country.lower().encode(), "little")
        return ORDERS[self.order] if self.type == "date" else self.width

    def folded_delimiters(self):
        """Returns the ignored delimiters as they enter the rule: mapped, sorted, distinct."""
        return sorted({map_character(delimiter) for delimiter in self.delimiters} - {""})

    def rule_bytes(self):
        delimiters = self.folded_delimiters()
        flags = (self.case_sensitive, self.fold_diacritics)
        head = struct.pack("<BHBBH", TYPES[self.type], self.option(), *flags, len(delimiters))
        return head + b"".join(struct.pack("<I", ord(d)) for d in delimiters)

    def digest(self):
        return hashlib.sha256(self.rule_bytes() + struct.pack("<H", FOLDING_VERSION)).digest()


# Folding

def _characters(*ranges):
    return {chr(c) for r in ranges for c in (range(r[0], r[1] + 1) if isinstance(r, tuple) else [r])}


HYPHENS = _characters((0x2010, 0x2015), 0x2212, 0xFE58, 0xFE63, 0xFF0D, 0x2043, 0x058A, 0x1806)
APOSTROPHES = _characters(0x2018, 0x2019, 0x201B, 0x02BC, 0x02B9, 0x02BB, 0x2032, 0x0060, 0x00B4, 0xFF07)
NOTHING = _characters(
    0xAD, 0x34F, 0x61C, (0x180B, 0x180F), (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x2064), (0x2066, 0x2069),
    (0xFE00, 0xFE0F), 0xFEFF, (0xE0100, 0xE01EF),
)
LINE_FEEDS = _characters(0x0B, 0x0C, 0x85, 0x2028, 0x2029)
LETTERS_WITHOUT_STROKE = {
    "ø": "o", "đ": "d", "ł": "l", "ħ": "h", "ŧ": "t", "ı": "i", "ð": "d", "æ": "ae", "œ": "oe", "þ": "th", "ß": "ss",
    "Ø": "O", "Đ": "D", "Ł": "L", "Ħ": "H", "Ŧ": "T", "Ð": "D", "Æ": "AE", "Œ": "OE", "Þ": "TH", "ẞ": "SS",
}


def decompose(text):
    return unicodedata.normalize("NFKD", text)


def map_character(character):
    if character in HYPHENS:
        return "-"
    if character in APOSTROPHES:
        return "'"
    if character in NOTHING:
        return ""
    if character in LINE_FEEDS:
        return "\n"
    category = unicodedata.category(character)
    if category == "Zs":
        return " "
    if category == "Nd":
        return str(unicodedata.decimal(character))
    return character


def map_characters(text):
    return "".join(map(map_character, text))


def is_diacritic(character):
    """Category Mn and script Inherited, Hebrew or Arabic, except the voicing marks of Kana."""
    if unicodedata.category(character) != "Mn" or character in "\u3099\u309a":
        return False
    code = ord(character)
    inherited = 0x0300 <= code <= 0x036F or code in (0x0485, 0x0486) or 0x064B <= code <= 0x0655 or code == 0x0670
    inherited = inherited or 0x1AB0 <= code <= 0x1ACE or 0x1DC0 <= code <= 0x1DFF or 0x20D0 <= code <= 0x20F0
    hebrew = 0x0591 <= code <= 0x05C7 or code == 0xFB1E
    arabic = 0x0610 <= code <= 0x061A or 0x0656 <= code <= 0x065F or 0x06D6 <= code <= 0x06ED
    return inherited or hebrew or arabic


def fold(text, case_sensitive=False, fold_diacritics=False):
    text = map_characters(decompose(text))
    if not case_sensitive:
        text = text.casefold()
    text = decompose(text)
    if fold_diacritics:
        text = "".join(LETTERS_WITHOUT_STROKE.get(c, c) for c in text if not is_diacritic(c))
    return unicodedata.normalize("NFC", text)


# Atoms and gaps

CLUSTER_NAMES = (
    "CJK UNIFIED IDEOGRAPH", "CJK COMPATIBILITY IDEOGRAPH", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO", "THAI CHARACTER",
    "LAO LETTER", "LAO VOWEL SIGN", "KHMER LETTER", "KHMER INDEPENDENT VOWEL", "MYANMAR LETTER",
)


def character_class(character):
    category = unicodedata.category(character)
    if character in "0123456789":
        return "digit"
    if character in "\u30fc\uff70":
        return "cluster"
    if category.startswith("L"):
        return "cluster" if unicodedata.name(character, "").startswith(CLUSTER_NAMES) else "letter"
    if category.startswith("M"):
        return "mark"
    if category in ("Nl", "No"):
        return "letter"
    return {" ": "space", "\t": "tab", "\r": "break", "\n": "break"}.get(character, "other")


def atoms_of(text):
    """Returns the atoms as (start, end): digit runs, runs of letters and marks, clusters with
    their marks."""
    atoms, at = [], 0
    while at < len(text):
        kind, start = character_class(text[at]), at
        at += 1
        if kind == "digit":
            while at < len(text) and character_class(text[at]) == "digit":
                at += 1
        elif kind in ("letter", "mark"):
            while at < len(text) and character_class(text[at]) in ("letter", "mark"):
                at += 1
        elif kind == "cluster":
            while at < len(text) and character_class(text[at]) == "mark":
                at += 1
        else:
            continue
        atoms.append((start, at))
    return atoms


def canonical_gap(gap, delimiters):
    if not gap or all(c in delimiters for c in gap):
        return ""
    plain = re.sub(r"(\r\n|\r|\n)[ >]*", "\n", gap)
    return re.sub(r"[ \t\r\n]+", " ", plain)


# Canonical form of a value

ABSENT = None


class Refused(Exception):
    """The cell is not a value of the column's type."""


# The list belongs to the page, as a separate file.
USUAL_PLACEHOLDERS = (
    (pathlib.Path(__file__).parents[2] / "crates/edm-model/src/usual_placeholders.txt").read_text(encoding="utf-8").splitlines()
)


def _may_be_name(word):
    return all(character_class(c) in ("letter", "cluster") for c in word)


def is_placeholder(cell, rule, key=False):
    """Tests a cell for the default placeholders. In a column of names, a word of letters is a
    name, and in a key column numbers of nines are values."""
    words = " ".join(fold(cell, fold_diacritics=rule.fold_diacritics).split())
    for word in USUAL_PLACEHOLDERS:
        is_left_out = rule.type == "name" and _may_be_name(word)
        if not is_left_out and fold(word, fold_diacritics=rule.fold_diacritics) == words:
            return True
    folded = fold(cell).strip()
    digits = [c for c in folded if character_class(c) == "digit"]
    if any(character_class(c) in ("letter", "cluster") for c in folded):
        return False
    if digits and (set(digits) == {"0"} or (set(digits) == {"9"} and len(digits) >= 2 and not key)):
        return True
    return sorted(re.split(r"[^0-9]+", folded)) == ["01", "01", "1900"]


def canonical(cell, rule, tokens_max=64):
    """Returns the canonical form or ABSENT, or raises Refused."""
    if is_placeholder(cell, rule):
        return ABSENT
    folded = fold(cell, rule.case_sensitive, rule.fold_diacritics)
    delimiters = set(rule.folded_delimiters())
    atoms = atoms_of(folded)
    if not atoms:
        return ABSENT
    if rule.type == "digits":
        return _canonical_digits(folded.strip(), rule.width, delimiters)
    if rule.type == "name":
        if len(atoms) > tokens_max:
            raise Refused
        return name_of(folded, atoms, rule).form
    if rule.type == "email":
        return _canonical_email(folded, rule)
    if rule.type in TYPED_CELLS:
        # Only white space and ignored characters surround a value; no vector ignores a character
        # inside one.
        return TYPED_CELLS[rule.type](folded.lower().strip(" \t\r\n"), rule)
    if rule.type != "text":
        raise ValueError(f"no reference for the type {rule.type}")
    if len(atoms) > tokens_max:
        raise Refused
    parts = [folded[slice(*atoms[0])]]
    for before, after in zip(atoms, atoms[1:]):
        parts += [canonical_gap(folded[before[1]:after[0]], delimiters), folded[slice(*after)]]
    return "".join(parts)


def _canonical_digits(trimmed, width, delimiters):
    if any(character_class(c) != "digit" and c not in delimiters for c in trimmed):
        raise Refused
    digits = "".join(c for c in trimmed if character_class(c) == "digit")
    if width:
        digits = digits.lstrip("0").rjust(width, "0")
        if len(digits) > width:
            raise Refused
    return digits


# Names: the rules M1 to M14 by regular expressions over a whole cell

NAME_TABLE = [
    line.split("\t")
    for line in (pathlib.Path(__file__).parents[2] / "crates/edm-hash/src/value/name/name_words.tsv").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]
TITLES, DEGREES, SUFFIXES, PARTICLES = (
    {word: form for kind, form, words in NAME_TABLE if kind == wanted for word in words.split(" ")}
    for wanted in ("title", "degree", "suffix", "particle")
)
NICKNAMES = ["()", "[]", '""', "“”", "„“", "„”", "«»", "''"]
# A private character stands for a joint, another for a comma, so that they can be told in one string.
JOINT, COMMA = "\ue000", "\ue001"


class NameForm:
    """A name: its words in order, each with whether a joint parts it from the one before, and its form."""

    def __init__(self, words, suffix="", signs=None, shorter=()):
        """`shorter` has the words of each alternative form."""
        self.words, self.suffix = words, suffix
        self.shorter = shorter
        self.form = "".join((signs[at] if signs else "") + word for at, (_, word) in enumerate(words))
        self.form += f",{suffix}" if suffix else ""

    def alternatives(self):
        return ["\1" + "".join(words) + (f",{self.suffix}" if self.suffix else "") for words in self.shorter]

    def vocabulary(self):
        words = [word for _, word in self.words] + ([self.suffix] if self.suffix else [])
        if len(words) < 2:
            return set()
        found = set(words) | {self.form.split(",")[0][:6]} | {word for words in self.shorter for word in words}
        if len(words) < 3:
            return found
        letters = [character_class(word[0]) in ("letter", "mark") for _, word in self.words]
        for at in range(1, len(self.words)):
            joins = lambda place: place < len(self.words) and self.words[place][0] and letters[place - 1] and letters[place]
            if joins(at):
                pair = self.words[at - 1][1] + self.words[at][1]
                found.add(pair)
                if joins(at + 1) and len(self.words[at - 1][1]) <= 3 and len(self.words[at][1]) <= 3:
                    found.add(pair + self.words[at + 1][1])
        return found


def _name_word(atom, rule):
    """Rules M1 and M2."""
    if character_class(atom[0]) not in ("letter", "mark"):
        return atom
    atom = re.sub("([iI])\u0307", r"\1", atom.replace("ı", "i").replace("İ", "I"))
    if rule.fold_diacritics:
        atom = re.sub(r"(?<![aeiouyq])(?:([aou])e|(a)a)", lambda found: found[0][0], atom, flags=re.IGNORECASE)
    return atom


def _name_key(atom):
    return re.sub("([iI])\u0307", r"\1", atom.replace("ı", "i").replace("İ", "I")).lower()


def folded_atoms(cell, rule):
    folded = fold(cell, rule.case_sensitive, rule.fold_diacritics)
    return folded, atoms_of(folded)


def name_of(folded, atoms, rule):
    """Reads a whole cell."""
    delimiters = set(rule.folded_delimiters())
    light = set(" \t\r\n'-.\u00b7\u30fb_") | delimiters
    texts = [folded[slice(*atom)] for atom in atoms]
    plain = [re.sub(r"(\r\n|\r|\n)[ >]*", "\n", folded[before[1]:after[0]]) for before, after in zip(atoms, atoms[1:])]
    behind = folded[atoms[-1][1]:]
    kinds = []
    for gap in plain:
        signs = re.sub(r"[ \t\r\n]", "", gap)
        kinds.append("" if not gap else JOINT if all(c in light for c in gap) else COMMA if re.fullmatch(r"\.*,", signs) else signs)
    # Parts of atoms, without nicknames.
    parts, at, readable = [[0]], 0, True
    while at < len(kinds):
        end = _nickname_end(texts, plain, kinds, behind, at)
        if end is not None:
            at = end + 1
            if at == len(texts):
                break
            parts[-1].append(at)
            continue
        if kinds[at] == COMMA:
            parts.append([])
        elif kinds[at] not in ("", JOINT):
            readable = False
        at += 1
        parts[-1].append(at)
    left, suffix = [], ""
    for part in parts:
        kept, own = list(part), ""
        while kept:
            key = _name_key(texts[kept[-1]])
            dotted = [
                count for count in (2, 3)
                if kept[-1] == len(texts) - 1 and len(kept) >= count and all(plain[n] == "." for n in range(kept[-1] + 1 - count, kept[-1]))
                and "".join(_name_key(texts[n]) for n in kept[-count:]) in DEGREES
            ]
            if key in SUFFIXES:
                own = SUFFIXES[key]
                kept.pop()
            elif key in DEGREES:
                kept.pop()
            elif dotted:
                del kept[-dotted[0]:]
            else:
                break
        suffix = suffix or own
        while kept and _name_key(texts[kept[0]]) in TITLES:
            kept.pop(0)
        left += [kept] if kept else []
    if not left and len(parts) == 1:
        left, suffix = parts, ""
    if not readable or len(left) not in (1, 2):
        words = [(n > 0 and kinds[n - 1] == JOINT, _name_word(text, rule)) for n, text in enumerate(texts)]
        signs = [""] + ["" if kind == JOINT else re.sub(r"[ \t\r\n]", "", gap) for kind, gap in zip(kinds, plain)]
        return NameForm(words, signs=signs)
    order = [n for part in reversed(left) for n in part]
    touching = lambda place: order[place - 1] + 1 == order[place] and plain[order[place - 1]] == ""
    words = [_name_word(texts[n], rule) for n in order]
    free = []
    for place, n in enumerate(order):
        if place > 0 and order[place - 1] + 1 == n and not re.search(r"[ \t\r\n,]", plain[n - 1]):
            free[-1].append(place)
        else:
            free.append([place])
    if len(left) == 2:
        family = next((number for number, word in enumerate(free) if word[0] == len(left[1])), 0)
    else:
        family = len(free) - 1
        while family > 1 and _name_key(texts[order[free[family - 1][0]]]) in PARTICLES:
            family -= 1
    shorter = _shorter([[words[place] for place in word] for word in free], family)
    return NameForm([(place > 0 and not touching(place), word) for place, word in enumerate(words)], suffix, shorter=shorter)


def _shorter(free, family):
    """Returns the words of a name without its middle names, and with their initials."""
    middle = free[1:family]
    if not 1 <= len(middle) <= 3:
        return []
    front, back = free[0], [word for words in free[family:] for word in words]
    initials = [_initial(word[0]) for word in middle]
    forms = [front + back]
    if initials != ["".join(word) for word in middle]:
        forms.append(front + initials + back)
    return forms


def _initial(word):
    end = next((at for at, c in enumerate(word) if at > 0 and character_class(c) != "mark"), len(word))
    return word[:end]


def _nickname_end(texts, plain, kinds, behind, at):
    opening = plain[at].lstrip(" \t\n")
    closing = [pair[1] for pair in NICKNAMES if pair[0] == opening and opening != plain[at]]
    for end in range(at + 1, min(at + 4, len(texts))):
        if not closing or texts[end].isascii() and texts[end].isdigit():
            return None
        rest = behind if end == len(texts) - 1 else plain[end]
        white = r"[ \t\r\n]*" if end == len(texts) - 1 else r"[ \t\n]+"
        if any(re.fullmatch(re.escape(sign) + white, rest) for sign in closing):
            return end
        if end == len(texts) - 1 or kinds[end] not in ("", JOINT):
            return None
    return None


def _canonical_email(folded, rule):
    cell = re.sub(r"(?i)^mailto:", "", folded.strip(" \t\r\n<>")).strip(" \t\r\n<>")
    local, sign, domain = cell.partition("@")
    word = lambda c: character_class(c) in ("letter", "mark", "digit", "cluster")
    whole = all(word(c) or c in "._+-%'=#&~!$*/?^{|}" for c in local) and all(word(c) or c in "-." for c in domain)
    while local and not word(local[0]):
        local = local[1:]
    while domain and not word(domain[-1]):
        domain = domain[:-1]
    if not sign or not whole or not local or "." not in domain or not word(local[-1]) or not word(domain[0]):
        raise Refused
    return f"{local}@{'.'.join(_email_label(label, rule) for label in domain.split('.'))}"


def _email_label(label, rule):
    """Returns the characters that punycode represents, folded, or the label."""
    if len(label.encode()) > 63 or not label.isascii() or not label.lower().startswith("xn--"):
        return label
    try:
        own = label[4:].encode().decode("punycode")
        own.encode()
    except UnicodeError:
        return label
    own = fold(own, rule.case_sensitive, rule.fold_diacritics) if not own.isascii() else ""
    word = lambda c: character_class(c) in ("letter", "mark", "digit", "cluster")
    is_label = own and word(own[0]) and word(own[-1]) and all(word(c) or c == "-" for c in own)
    return own if is_label else label


# Typed columns: cells in the forms that regular expressions and `datetime` can parse

def passes_luhn(digits):
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits))]
    return sum(value // 10 + value % 10 for value in doubled) % 10 == 0


def sign_of(gap):
    """Returns the sign of a gap without line breaks, where the column ignores nothing."""
    if gap in ("", " ", "  "):
        return gap[:1]
    found = re.fullmatch(r" ?(--?|\.\.?|//?) ?", gap)
    return found[1][0] if found else None


def numbers_and_signs(cell):
    """Returns the groups of digits of a cell and the signs between them."""
    parts = re.split(r"([0-9]+)", cell)
    return parts[1::2], [sign_of(gap) for gap in parts[2:-1:2]], parts[0] == parts[-1] == ""


def spelled_digits(cell):
    """Returns the digits of a number that is written digit by digit."""
    found = re.fullmatch(r"[0-9](?:[- ./|\u2502_\[\]()]{1,3}[0-9]){5,}", cell)
    return re.sub(r"[^0-9]", "", cell) if found else None


def _canonical_ssn(cell, _):
    if re.fullmatch(r"[0-9]{7,8}", cell):
        cell = cell.rjust(9, "0")
    groups, signs, whole = numbers_and_signs(cell)
    alike = len(set(signs)) == 1 and signs[0] and not re.search(r"(?<=[0-9])  (?=[0-9])", cell)
    if whole and [len(group) for group in groups] == [3, 2, 4] and alike:
        cell = "".join(groups)
    found = re.fullmatch(r"([0-9]{3})([0-9]{2})([0-9]{4})", spelled_digits(cell) or cell)
    if not found or found[1] in ("000", "666") or found[2] == "00" or found[3] == "0000":
        raise Refused
    return "".join(found.groups())


def _canonical_card(cell, _):
    groups, signs, whole = numbers_and_signs(cell)
    single = sum(len(group) == 1 for group in groups)
    is_grouped = whole and single <= 1 and len(set(signs)) <= 1 and all(signs)
    digits = "".join(groups) if is_grouped else spelled_digits(cell) or ""
    if not 12 <= len(digits) <= 19 or len(set(digits)) == 1 or not passes_luhn(digits):
        raise Refused
    return digits


IBAN_LENGTHS = {"de": 22, "gb": 22, "no": 15, "fr": 27, "mt": 31}


def _canonical_iban(cell, _):
    number = re.sub(r"^iban[ :.-]+", "", cell)
    parts = re.split(r"([a-z]+|[0-9]+)", number)
    joined = parts[0] == parts[-1] == "" and None not in map(sign_of, parts[2:-1:2])
    form = "".join(parts[1::2]) if joined and len(parts[1]) == 2 else ""
    number = "".join(str(int(character, 36)) for character in form[4:] + form[:4])
    if len(form) != IBAN_LENGTHS.get(form[:2]) or not form[2:4].isdigit() or int(number) % 97 != 1:
        raise Refused
    return form


# The words belong to the page, as a separate file.
DATE_WORDS = [
    line.split("\t")
    for line in (pathlib.Path(__file__).parents[2] / "crates/edm-hash/src/value/date/date_words.tsv").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]


def _date_words(*kinds):
    return {word: form for kind, form, words in DATE_WORDS if kind in kinds for word in words.split(" ")}


MONTHS = {word: int(form) for word, form in _date_words("month").items()}
ERAS = {word: form.split(" ") for word, form in _date_words("era", "short").items()}
ORDINAL_SUFFIXES = "(?:st|nd|rd|th|er|o|a|e|ste|-го|-е)?"
YEAR = "(?P<year>[0-9]{4}|'?[0-9]{2})"
WORDED_DATES = (
    rf"(?P<day>[0-9]{{1,2}}){ORDINAL_SUFFIXES}[ .-]{{0,2}}(?:de |of )?(?P<month>[^\W\d_]+)[ .,-]{{0,2}}(?:de )?{YEAR}",
    rf"(?P<month>[^\W\d_]+)[ .-]{{0,2}}(?P<day>[0-9]{{1,2}}){ORDINAL_SUFFIXES}(?:, | ){YEAR}",
    rf"{YEAR}[ .-]{{1,2}}(?P<month>[^\W\d_]+)[ -]?(?P<day>[0-9]{{1,2}})",
)
ERA = (
    r"(?P<era>[^\W\d_]+?)\.?(?P<year>[0-9]{1,2}|元)"
    r"(?: ?年 ?(?P<month>[0-9]{1,2}) ?月 ?(?P<day>[0-9]{1,2}) ?[日号號]|(?P<sign>[-/. ])(?P<month2>[0-9]{1,2})(?P=sign)(?P<day2>[0-9]{1,2}))"
)


def _day(year, month, day):
    """Returns the form of a day of the calendar, or None."""
    try:
        made = datetime.date(year, month, day)
    except ValueError:
        return None
    return made.isoformat() if 1000 <= year <= 2999 else None


def _full_year(written):
    written = written.lstrip("'")
    return int(written) + (0 if len(written) == 4 else 2000 if int(written) < 30 else 1900)


def _canonical_date(cell, rule):
    cell = re.sub(r"(t| )00:00(:00(\.0+)?)?(z|\+00:00)?$", "", cell)
    # A word of years, or a full stop, adds nothing.
    cell = re.sub(r" ?(?:" + "|".join(_date_words("year")) + r")\.?$", "", cell).removesuffix(".")
    weekday, comma, rest = cell.partition(", ")
    if comma and fold(weekday, fold_diacritics=True) in _date_words("weekday"):
        cell = rest
    found = re.fullmatch(r"([0-9]{1,2})([-/. ])([0-9]{1,2})\2([0-9]{4}|[0-9]{2})", cell)
    if found:
        return _numeric_date(found[1], int(found[3]), found[4], rule.order)
    form = _compact_date(cell, rule.order) if re.fullmatch(r"[0-9]{8}", cell) else _written_date(cell)
    if form is None:
        raise Refused
    return form


def _compact_date(digits, order):
    year_first = _day(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    one, other, year = int(digits[:2]), int(digits[2:4]), int(digits[4:])
    if year_first or order not in ("dmy", "mdy") or not 1900 <= year <= 2099:
        return year_first
    return _day(year, other, one) if order == "dmy" else _day(year, one, other)


def _written_date(cell):
    found = re.fullmatch(r"([0-9]{4})([-/.])([0-9]{1,2})\2([0-9]{1,2})", cell)
    if found:
        return _day(int(found[1]), int(found[3]), int(found[4]))
    found = re.fullmatch(r"([0-9]{4}) ?[年년] ?([0-9]{1,2}) ?[月월] ?([0-9]{1,2}) ?[日号號일]", cell)
    if found:
        return _day(int(found[1]), int(found[2]), int(found[3]))
    for pattern in WORDED_DATES:
        found = re.fullmatch(pattern, cell)
        month = MONTHS.get(fold(found["month"], fold_diacritics=True)) if found else None
        if month:
            return _day(_full_year(found["year"]), month, int(found["day"]))
    found = re.fullmatch(ERA, cell)
    if not found or found["era"] not in ERAS:
        return None
    before, first, last = ERAS[found["era"]]
    year = 1 if found["year"] == "元" else int(found["year"])
    form = _day(int(before) + year, int(found["month"] or found["month2"]), int(found["day"] or found["day2"]))
    return form if form and first <= form <= last else None


def _numeric_date(first, second, third, order):
    year_first = None
    year = int(third) if len(third) == 4 else int(third) + (2000 if int(third) < 30 else 1900)
    if len(first) == len(third) == 2:
        year_first = _day(int(first) + (2000 if int(first) < 30 else 1900), second, int(third))
    readings = {"dmy": _day(year, second, int(first)), "mdy": _day(year, int(first), second)}
    if order == "ymd" and year_first:
        return year_first
    chosen = {form for form in readings.values() if form}
    if len(chosen) == 2 and order in readings:
        return readings[order]
    if len(chosen) != 1:
        raise Refused
    return chosen.pop()


TYPED_CELLS = {"ssn": _canonical_ssn, "card": _canonical_card, "iban": _canonical_iban, "date": _canonical_date}


# Keys and hashes

def hkdf(secret, *info_fields):
    """HKDF-SHA256 of a text or bytes without an extract salt, 32 bytes: one round of expand."""
    info = b"".join(struct.pack("<I", len(f)) + f for f in info_fields)
    secret = secret.encode() if isinstance(secret, str) else secret
    pseudorandom_key = hmac.new(bytes(32), secret, hashlib.sha256).digest()
    return hmac.new(pseudorandom_key, info + b"\x01", hashlib.sha256).digest()


def rule_key(salt, rule):
    return hkdf(salt, b"edm/v1/cell", rule.digest())


def vocabulary_key(salt, rule):
    return hkdf(salt, b"edm/v1/vocabulary", rule.digest())


def row_key(salt, store_id, session_id):
    return hkdf(salt, b"edm/v3/row", store_id.bytes, session_id.bytes)


def cmac(key, value):
    mac = CMAC(algorithms.AES(key))
    mac.update(value)
    return mac.finalize()


def hash_value(salt, rule, canonical_form):
    return cmac(rule_key(salt, rule), canonical_form.encode())


def vocabulary_tag(salt, rule, atom):
    return struct.unpack("<I", cmac(vocabulary_key(salt, rule), atom.encode())[:4])[0]


def row_check(key, hashed, row, column):
    tweak = (row * 256 + column // 4).to_bytes(16, "little")
    block = bytes(a ^ b for a, b in zip(hashed, tweak))
    encryptor = Cipher(algorithms.AES(key), modes.ECB()).encryptor()
    encrypted = encryptor.update(block) + encryptor.finalize()
    return struct.unpack_from("<I", encrypted, 4 * (column % 4))[0] or 1


# Shapes

def name_summary(cell, rule):
    """Returns what a name adds to the summary of its rule: its shapes and its vocabulary."""
    name = name_of(*folded_atoms(cell, rule), rule)
    words = len(name.words) + bool(name.suffix)
    shapes = {(min(words, 2), len(name.form.encode()), shape_mask(name.form))}
    shapes |= {(2, len(form.encode()), shape_mask(form)) for form in name.alternatives()}
    signs = {c for form in [name.form, *name.alternatives()] for c in form if shape_mask(c) == SIGN}
    return shapes | {(0, ord(c), SIGN) for c in signs}, name.vocabulary()


KINDS_ATOMS = 8
SIGN = 64


def shapes_of(form, atoms):
    """Returns the summary of a text value in a block: its shape; with several atoms, which of
    the first are digits, and its signs."""
    shapes = {(len(atoms), len(form.encode()), shape_mask(form))}
    if len(atoms) > 1:
        shapes |= {(0, ord(c), SIGN) for c in form if shape_mask(c) == SIGN}
        kinds = "1" + "".join(str(int(atom.isascii() and atom.isdigit())) for atom in atoms[:KINDS_ATOMS])
        shapes.add((0, int(kinds, 2), 3))
    return shapes


def shape_mask(form):
    """Returns the classes of characters that occur in a canonical form."""
    bits = 0
    for c in form:
        if not c.isascii():
            bits |= 128
        elif c.isalpha():
            bits |= 1
        elif c.isdigit():
            bits |= 2
        else:
            bits |= {" ": 4, "-": 8, ".": 16, "/": 32}.get(c, 64)
    return bits
