"""The labelled set: tables of people, and texts about them and others, all from one seed."""

import random
import unicodedata
from dataclasses import dataclass

from faker import Faker
from locales import LOCALES
from people import IDENTIFIERS, Town
from texts import BESIDE_ADDRESS, REACH, Author

KINDS = (("email", 26), ("chat", 20), ("log", 20), ("table", 18), ("letter", 16))
# The share of people in texts who are in no table.
STRANGERS = 0.3


@dataclass
class LabelledSet:
    seed: int
    # Locale name to the people of its table.
    tables: dict
    texts: list

    def person(self, locale, row):
        people = self.tables[locale]
        return people[row - 1] if 1 <= row <= len(people) else None


def labelled_set(seed, text_count, people_count):
    used = set()
    towns = {locale.name: Town(locale, seed, used) for locale in LOCALES}
    tables = {name: town.table(people_count) for name, town in towns.items()}
    authors, strangers = {}, {}
    for locale in LOCALES:
        faker = Faker(locale.name)
        faker.seed_instance(f"{seed}/{locale.name}/words")
        authors[locale.name] = Author(random.Random(f"{seed}/{locale.name}/texts"), locale, faker)
        town = towns[locale.name]
        strangers[locale.name] = [town.stranger(person) for person in tables[locale.name][:people_count // 2]]
    draws = random.Random(f"{seed}/set")
    kinds, weights = zip(*KINDS)
    texts = []
    for number in range(text_count):
        name = LOCALES[number % len(LOCALES)].name
        kind = draws.choices(kinds, weights)[0]
        count = draws.randint(3, 12) if kind == "table" else draws.choice((1, 1, 2, 3))
        people = [draws.choice(strangers[name] if draws.random() < STRANGERS else tables[name]) for _ in range(count)]
        texts.append(getattr(authors[name], kind)(people))
    return LabelledSet(seed, tables, texts)


def counts(planted):
    """Returns whether a value is long enough to be evidence (docs/matching.md): three letters,
    four digits, or two characters of a script without spaces."""
    cell = planted.person.cells[planted.column]
    digits, letters = sum(c.isdigit() for c in cell), sum(c.isalpha() for c in cell)
    wide = sum(unicodedata.name(c, "").startswith(("CJK", "HIRAGANA", "KATAKANA")) for c in cell)
    return digits >= 4 or letters >= 3 or wide >= 2


def expected_of(text):
    """Returns the planted values that must be found: identifiers of the table's people with
    another value of the person nearby, and the values near such an identifier."""
    def near(own, other):
        distance = max(own.start, other.start) - min(own.end, other.end)
        together = distance <= REACH or (own.row is not None and own.row == other.row)
        return own is not other and own.person is other.person and together
    of_tables = [planted for planted in text.planted if planted.person.row is not None]
    def stands(own, other):
        """A value without a promise proves nothing. But in a sentence without a promise as a
        whole, one proves the other."""
        return other.supported or own.form == other.form == BESIDE_ADDRESS
    def proven(own):
        return any(near(own, other) and stands(own, other) and counts(other) for other in of_tables)
    identifiers = [planted for planted in of_tables if planted.column in IDENTIFIERS and proven(planted)]
    # If several people share a telephone number, the evidence of one is shown, so no evidence is
    # required near it.
    anchors = [own for own in identifiers if not (own.column == "phone" and own.person.shares_phone)]
    facts = [
        own for own in of_tables
        if own.column not in IDENTIFIERS and any(near(own, anchor) and stands(own, anchor) for anchor in anchors)
    ]
    return identifiers + facts


def expected(labelled):
    """Yields every text with the planted values that must be found in it."""
    for text in labelled.texts:
        yield text, expected_of(text)
