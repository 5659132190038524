"""Compares findings with planted values, by position."""

import html
import quopri
import re
import unicodedata
from collections import Counter, defaultdict
from dataclasses import dataclass, field

from labelled_set import expected
from people import IDENTIFIERS
from texts import Text

RECOMMENDED = 75
# A name may be found as a whole or in parts: any of these sets of columns is accepted.
INSTEAD = {
    "fullName": ({"fullName"}, {"firstName", "lastName"}), "firstName": ({"firstName"}, {"fullName"}), "lastName": ({"lastName"}, {"fullName"}),
}


@dataclass
class Share:
    found: int = 0
    planted: int = 0

    def add(self, found):
        self.planted += 1
        self.found += bool(found)

    @property
    def percent(self):
        return 100 * self.found / self.planted if self.planted else 100.0


@dataclass
class Case:
    """An error of detection, short enough to read."""

    what: str
    locale: str
    kind: str
    column: str
    form: str
    excerpt: str
    cell: str


@dataclass
class Measured:
    supported: Share = field(default_factory=Share)
    everything: Share = field(default_factory=Share)
    identifiers: Share = field(default_factory=Share)
    # (column, locale) to the share of promised spellings and of all.
    by_type: dict = field(default_factory=lambda: defaultdict(Share))
    by_type_all: dict = field(default_factory=lambda: defaultdict(Share))
    by_kind: dict = field(default_factory=lambda: defaultdict(Share))
    # (column, spelling without a promise) to its share.
    rare_forms: dict = field(default_factory=lambda: defaultdict(Share))
    # People with an identifier and another value near it, found at the recommended confidence.
    people: Share = field(default_factory=Share)
    matches: int = 0
    misses: list = field(default_factory=list)
    cross_row: list = field(default_factory=list)
    false_positives: list = field(default_factory=list)
    by_column: Counter = field(default_factory=Counter)


def units(text, start, end):
    return text.encode("utf-16-le")[2 * start:2 * end].decode("utf-16-le", errors="replace")


def excerpt(text: Text, start, end, around=40):
    length = len(text.body.encode("utf-16-le")) // 2
    return units(text.body, max(0, start - around), min(length, end + around)).replace("\n", "⏎")


def plain(piece):
    """Folds with Python's library, for words that happen to be a person's name."""
    decoded = quopri.decodestring(piece.encode()).decode(errors="replace") if "=" in piece else html.unescape(piece)
    decoded = re.sub(r"\\u([0-9a-f]{4})", lambda found: chr(int(found[1], 16)), decoded)
    bare = "".join(c for c in unicodedata.normalize("NFKD", decoded) if unicodedata.category(c) != "Mn")
    return bare.casefold()


def overlaps(a, b):
    return a.start < b.end and b.start < a.end


def measure(labelled, found):
    """Returns the measures; `found` has the matches of each text, in order."""
    out = Measured()
    holders = defaultdict(set)
    for locale, people in labelled.tables.items():
        for person in people:
            for column in IDENTIFIERS:
                holders[(locale, column, person.cells[column])].add(person.row)
    for (text, wanted), matches in zip(expected(labelled), found):
        out.matches += len(matches)
        recall(out, holders, text, wanted, matches)
        for match in matches:
            precision(out, labelled, text, match)
    return out


def recall(out, holders, text, wanted, matches):
    people = defaultdict(bool)
    for planted in wanted:
        row = planted.person.row
        rows = holders[(text.locale, planted.column, planted.person.cells[planted.column])] if planted.column in IDENTIFIERS else {row}
        own = [match for match in matches if match.locale == text.locale and not rows.isdisjoint(match.rows)]
        there = {reported.column for match in own for reported in [match.primary, *match.evidences] if overlaps(reported, planted)}
        # Two columns may contain the same value, of which one is reported.
        cells = planted.person.cells
        there |= {planted.column for column in there if cells[column] == cells[planted.column]}
        hit = any(columns <= there for columns in INSTEAD.get(planted.column, ({planted.column},)))
        key = (planted.column, text.locale)
        # Finding a spelling without a promise is luck.
        out.everything.add(hit and planted.supported)
        out.by_type_all[key].add(hit and planted.supported)
        if planted.column in IDENTIFIERS:
            out.identifiers.add(hit and planted.supported)
        if planted.supported:
            out.supported.add(hit)
            out.by_type[key].add(hit)
            out.by_kind[text.kind].add(hit)
            people[row] |= any(match.confidence >= RECOMMENDED for match in own)
        else:
            out.rare_forms[(planted.column, planted.form)].add(hit)
        if not hit and planted.supported:
            shown = excerpt(text, planted.start, planted.end)
            out.misses.append(Case("miss", text.locale, text.kind, planted.column, planted.form, shown, planted.person.cells[planted.column]))
    for certain in people.values():
        out.people.add(certain)


def precision(out, labelled, text, match):
    people = [person for person in (labelled.person(match.locale, row) for row in match.rows) if person]
    rows = [person.cells for person in people]
    def is_of(reported, cells):
        """By value: a value equal to this cell was planted there, or the text repeats the cell."""
        cell = cells[reported.column]
        there = [planted for planted in text.planted if overlaps(reported, planted)] if match.locale == text.locale else []
        same = any(cell in (planted.person.cells[reported.column], planted.person.cells[planted.column]) for planted in there)
        return same or plain(units(text.body, reported.start, reported.end)) == plain(cell)
    def case(what, reported, cell):
        planted = next((p for p in text.planted if overlaps(reported, p)), None)
        form = f"{planted.column}: {planted.form}" if planted else "nothing was planted there"
        return Case(what, match.locale, text.kind, reported.column, form, excerpt(text, reported.start, reported.end), cell)
    if not rows or not any(is_of(match.primary, cells) for cells in rows):
        out.false_positives.append(case("false positive", match.primary, rows[0][match.primary.column] if rows else "no such row"))
        return
    if not any(all(is_of(reported, cells) for reported in match.evidences) for cells in rows):
        wrong = next(reported for reported in match.evidences if not is_of(reported, rows[0]))
        out.cross_row.append(case("cross-row", wrong, rows[0][wrong.column]))


@dataclass
class PeerMeasured:
    """The result of a search without rows: recall on the same planted values, and hits on values
    that are not in the table."""

    recall: Share = field(default_factory=Share)
    identifiers: Share = field(default_factory=Share)
    hits: int = 0
    false_positives: int = 0
    identifier_false_positives: int = 0
    texts: int = 0


def measure_peer(labelled, found, chosen):
    """`found` has the spans (start, end, whether it is an identifier's value) of each selected
    text, in UTF-16 units."""
    out = PeerMeasured(texts=len(chosen))
    wanted = list(expected(labelled))
    for index, spans in zip(chosen, found):
        text, planted_there = wanted[index]
        for planted in planted_there:
            hit = any(start < planted.end and planted.start < end for start, end, _ in spans)
            whole = any(start <= planted.start and planted.end <= end for start, end, _ in spans)
            out.recall.add(whole)
            if planted.column in IDENTIFIERS:
                out.identifiers.add(hit and whole)
        for start, end, identifier in spans:
            out.hits += 1
            mine = any(start < p.end and p.start < end for p in text.planted if p.person.row is not None)
            out.false_positives += not mine
            out.identifier_false_positives += identifier and not mine
    return out
