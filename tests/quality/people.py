"""The people of a locale: those of the table, and others who share everything with one of them
except the numbers."""

import datetime
import random
import unicodedata

from faker import Faker

FIRST_DAY = datetime.date(1935, 1, 1)
DAYS = 25_000
# The columns in the order of the table; whether they are searchable; and whether people outside the
# table share their values.
COLUMNS = (
    "account", "national", "card", "iban", "phone", "email", "fullName", "firstName", "lastName", "birthday", "address", "city",
)
IDENTIFIERS = ("account", "national", "card", "iban", "phone", "email")
FACTS = ("fullName", "firstName", "lastName", "birthday", "address", "city")
# The share of the table's people who share their telephone number with another.
HOUSEHOLD = 0.05
LETTERS = "ABCDEFGHJKLMNPRSTVWXYZ"


class Person:
    """`row` is the number of the record in the table, from 1; `None` for people who are not in
    it."""

    def __init__(self, row, cells, facts):
        self.row, self.cells, self.facts = row, cells, facts
        # Whether another person of the table has the same telephone number.
        self.shares_phone = False


def draw(random, pattern):
    """Fills a pattern: `#` is a digit, `@` a letter."""
    def one(character):
        return random.choice("0123456789") if character == "#" else random.choice(LETTERS) if character == "@" else character
    return "".join(one(character) for character in pattern)


def luhn(digits):
    """Appends the check digit of a payment card."""
    total = sum(sum(divmod(int(d) * (2 - i % 2), 10)) for i, d in enumerate(reversed(digits)))
    return digits + str(-total % 10)


def card_number(random):
    prefix, length = random.choice((("400000", 16), ("411111", 16), ("555555", 16), ("222300", 16), ("3782", 15)))
    return luhn(prefix + draw(random, "#" * (length - len(prefix) - 1)))


def ascii_word(text):
    """Returns Latin letters for an e-mail address; names in other scripts have none."""
    folded = unicodedata.normalize("NFD", text.lower().replace("ß", "ss").replace("ł", "l"))
    return "".join(c for c in folded if c.isascii() and c.isalpha())


class Town:
    """Draws people; equal seeds draw equal ones. All towns share `used`: a number in national
    format does not say its country, so no two may be equal."""

    def __init__(self, locale, seed, used):
        self.locale, self.random = locale, random.Random(f"{seed}/{locale.name}")
        self.faker = Faker(locale.name)
        self.faker.seed_instance(self.random.getrandbits(32))
        self.banks = Faker(locale.iban_locale or locale.name)
        self.banks.seed_instance(self.random.getrandbits(32))
        self.used = used

    def unique(self, make):
        """Identifiers are unique, inside and outside the table."""
        while True:
            value = make()
            plain = "".join(c for c in value.lower() if c.isalnum()).lstrip("0")
            if plain not in self.used:
                self.used.add(plain)
                return value

    def facts(self):
        locale, draws = self.locale, self.random
        first, last = " ".join(self.faker.first_name().split()), " ".join(self.faker.last_name().split())
        parts = (last, first) if locale.family_first else (first, last)
        born = FIRST_DAY + datetime.timedelta(days=draws.randrange(DAYS))
        city = " ".join(self.faker.city().split())
        return {"first": first, "last": last, "full": locale.name_joint.join(parts), "born": born, "city": city,
                "street": self.street(), "house": draws.randrange(1, 400)}

    def street(self):
        draws, locale = self.random, self.locale
        if locale.name == "ja_JP":
            numbers = [draws.randrange(1, n) for n in (9, 40, 20)]
            return f"{self.faker.town()}{'一二三四五六七八九'[numbers[0] - 1]}丁目{numbers[1]}番{numbers[2]}号"
        if locale.name == "zh_CN":
            return f"{self.faker.last_name()}{draws.choice('东西南北')}路{draws.randrange(1, 400)}号"
        name, number = self.faker.last_name(), draws.randrange(1, 400)
        word = draws.choice(locale.streets)[0] if locale.streets else ""
        if locale.name.startswith("en"):
            return f"{number} {name} {word}"
        if locale.name == "fr_FR":
            return f"{number} {word} {name}"
        if locale.name == "de_DE":
            return f"{name}{word} {number}"
        return " ".join(part for part in (word, name, str(number)) if part) if locale.name == "pl_PL" else f"{word} {name}, {number}".strip()

    def identifiers(self, facts):
        draws, locale = self.random, self.locale
        return {
            "account": self.unique(lambda: draw(draws, draws.choice(("03", "08", "3#", "4#", "5#", "6#", "8#")) + "######")),
            "national": self.unique(lambda: draw(draws, locale.national)),
            "card": self.unique(lambda: card_number(draws)),
            "iban": self.unique(self.banks.iban),
            "phone": self.unique(lambda: draw(draws, draws.choice(locale.phone.numbers))),
            "email": self.unique(lambda: self.address_of(facts)),
        }

    def address_of(self, facts):
        draws = self.random
        words = [word for word in (ascii_word(facts["first"]), ascii_word(facts["last"])) if word]
        local = draws.choice(".-_").join(words) or f"user.{self.locale.name[:2]}"
        return f"{local}{draws.randrange(10_000)}@{draws.choice(('example.org', 'example.com', 'mail.example.net'))}"

    def table(self, count):
        """Returns the table's people, in the order of its records."""
        people = []
        for row in range(1, count + 1):
            facts = self.facts()
            own = self.identifiers(facts)
            other = self.random.choice(people) if people and self.random.random() < HOUSEHOLD else None
            if other:
                own["phone"], other.shares_phone = other.facts["phone"], True
            facts.update(own)
            people.append(Person(row, cells_of(self.locale, facts), facts))
            people[-1].shares_phone = other is not None
        return people

    def stranger(self, person):
        """Returns a person who is in no table: like the given one, but with other numbers, half
        of them off by one digit."""
        facts = dict(person.facts)
        fresh = self.identifiers(facts)
        for column in ("account", "national", "phone"):
            if self.random.random() < 0.5:
                fresh[column] = self.unique(lambda column=column: one_digit_off(self.random, facts[column]))
        facts.update(fresh)
        return Person(None, cells_of(self.locale, facts), facts)


def one_digit_off(draws, value):
    """Changes one digit, but not the first two, so that the required prefix stays."""
    places = [at for at, character in enumerate(value) if character.isdigit()][2:]
    at = draws.choice(places)
    return value[:at] + str((int(value[at]) + draws.randrange(1, 10)) % 10) + value[at + 1:]


def cells_of(locale, facts):
    """Returns the record with the table's spelling."""
    born, phone, card = facts["born"], facts["phone"].replace("/", ""), facts["card"]
    figures = {"d": f"{born.day:02}", "m": f"{born.month:02}", "y": str(born.year)}
    return {
        "account": facts["account"], "national": facts["national"],
        "card": " ".join(card[at:at + 4] for at in range(0, len(card), 4)), "iban": facts["iban"],
        "phone": f"+{locale.phone.code}{phone}", "email": facts["email"], "fullName": facts["full"],
        "firstName": facts["first"], "lastName": facts["last"], "birthday": locale.joint.join(figures[part] for part in locale.order),
        "address": f"{facts['street']}, {facts['city']}" if not locale.family_first else facts["city"] + facts["street"],
        "city": facts["city"],
    }


def columns_of(locale):
    """Returns the store's columns in the format of the wire."""
    def column(name, data_type, ignored="", **options):
        made = {"name": name, "isSearchable": name in IDENTIFIERS, "dataType": data_type, "foldDiacritics": data_type in ("name", "address")}
        if ignored:
            made["ignoredDelimiters"] = list(ignored)
        if options:
            made["dataTypeOptions"] = options
        return made
    return [
        column("account", "digits", " -", width=8), column("national", locale.national_type, locale.national_ignored),
        column("card", "card"), column("iban", "iban"), column("phone", "phone", country=locale.phone.country),
        column("email", "email"), column("fullName", "name"), column("firstName", "name"), column("lastName", "name"),
        column("birthday", "date", order=locale.order), column("address", "address"), column("city", "text"),
    ]
