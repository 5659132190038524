"""The labelled set: tables of people and texts about them and others, all from one seed."""

import random
from dataclasses import dataclass

from faker import Faker
from locales import LOCALES
from people import COLUMNS, Town
from texts import REACH, Author

KINDS = (("email", 26), ("chat", 20), ("log", 20), ("table", 18), ("letter", 16))
# Share of the people in texts who are in no table.
STRANGERS = 0.3


@dataclass
class LabelledSet:
    seed: int
    # Locale name → the people of its table.
    tables: dict
    texts: list

    def person(self, locale, row):
        people = self.tables[locale]
        return people[row - 1] if 1 <= row <= len(people) else None


def labelled_set(seed, text_count, people_count):
    towns = {locale.name: Town(locale, seed) for locale in LOCALES}
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


def identifies(planted):
    return planted.supported and planted.column in ("account", "national", "card", "iban", "phone", "email")


def is_expected(text, planted):
    """Says whether a planting must be found: it is of the table, and stands near an identifier of its person, or is one that has
    something else of its person near it."""
    if planted.person.row is None:
        return False
    def near(other):
        distance = max(planted.start, other.start) - min(planted.end, other.end)
        return distance <= REACH or (planted.row is not None and planted.row == other.row)
    others = [p for p in text.planted if p is not planted and p.person is planted.person and p.supported and near(p)]
    return any(identifies(other) for other in others) or (planted.column in IDENTIFIER_SET and bool(others))


IDENTIFIER_SET = frozenset(("account", "national", "card", "iban", "phone", "email"))


def expected(labelled):
    """Yields every text with the plantings that must be found in it."""
    for text in labelled.texts:
        yield text, [planted for planted in text.planted if is_expected(text, planted)]


__all__ = ["COLUMNS", "LabelledSet", "expected", "labelled_set"]
