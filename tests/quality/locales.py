"""The twelve locales: the formats of each country's numbers, its date order, and a few words of
its language.

Numbers are random within the country's format and refer to no real person. Telephone numbers
are next to the ranges that regulators reserve for fiction.
"""

from dataclasses import dataclass

ARABIC_DIGITS = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
FULL_WIDTH_DIGITS = str.maketrans("0123456789", "０１２３４５６７８９")


@dataclass(frozen=True)
class Phone:
    """A country's telephone numbers: `#` is any digit; the groups are of the national
    significant number."""

    country: str
    code: str
    trunk: str
    # One is drawn for each person; `/` separates groups, and the first is the area code.
    numbers: tuple


@dataclass(frozen=True)
class Locale:
    name: str
    # The data type of the national number, the characters that the column ignores, and how the
    # number is drawn and written.
    national_type: str
    national_ignored: str
    # `#` is a digit, `@` a letter; the spelling of the table.
    national: str
    # Other spellings: groups of characters and their separator.
    national_groups: tuple
    phone: Phone
    # The order of day, month and year in the table and in numeric dates, and their separator.
    order: str
    joint: str
    # Months as texts write them with `{d}`, `{m}` and `{y}`; and whether the rules know the
    # language.
    months: tuple
    written: tuple
    written_supported: bool
    # Words for: national number, account, card, phone, born, name, address, from, with; and, if
    # they are not IBAN and E-Mail, these.
    words: tuple
    digits: dict = None
    # Whether the family name comes first, and the separator of the parts in the table.
    family_first: bool = False
    name_joint: str = " "
    iban_locale: str = ""
    # Street words with abbreviations, and whether the rules know them.
    streets: tuple = ()
    streets_supported: bool = True


EN = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December")
DE = ("Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember")
FR = ("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre")
ES = ("enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre")
PT = ("janeiro", "fevereiro", "março", "abril", "maio", "junho", "julho", "agosto", "setembro", "outubro", "novembro", "dezembro")
IT = ("gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno", "luglio", "agosto", "settembre", "ottobre", "novembre", "dicembre")
PL = ("stycznia", "lutego", "marca", "kwietnia", "maja", "czerwca", "lipca", "sierpnia", "września", "października", "listopada", "grudnia")
RU = ("января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа", "сентября", "октября", "ноября", "декабря")
AR = ("يناير", "فبراير", "مارس", "أبريل", "مايو", "يونيو", "يوليو", "أغسطس", "سبتمبر", "أكتوبر", "نوفمبر", "ديسمبر")

LOCALES = (
    Locale("en_US", "ssn", "", "9##-4#-1###", ((3, 2, 4), " ", "."),
           Phone("US", "1", "1", ("202/555/####", "415/555/####", "617/555/####", "713/555/####", "808/555/####")), "mdy", "/",
           EN, ("{m} {d}, {y}", "{d} {m} {y}", "{m} {d}th, {y}", "{n} {d}, {y}"), True,
           ("SSN", "Account", "Card", "Phone", "born", "Name", "Address", "from", "with"), iban_locale="en_GB",
           streets=(("Street", "St."), ("Avenue", "Ave"), ("Road", "Rd."), ("Drive", "Dr."))),
    Locale("en_GB", "text", " -", "QQ ## ## ## C", ((2, 2, 2, 2, 1), "", "-", " "),
           Phone("GB", "44", "0", ("20/7946/####", "161/496/####", "7700/900/###")), "dmy", "/",
           EN, ("{d} {m} {y}", "{d}th {m} {y}", "{d} {n} {y}"), True,
           ("NI number", "Account", "Card", "Tel", "born", "Name", "Address", "from", "with"),
           streets=(("Street", "St"), ("Road", "Rd"), ("Lane", "Ln"), ("Avenue", "Ave."))),
    Locale("de_DE", "digits", " ", "## ### ### ###", ((2, 3, 3, 3), "", " "),
           Phone("DE", "49", "0", ("30/23125/####", "69/90009/####", "89/99998/####", "171/39200/###")), "dmy", ".",
           DE, ("{d}. {m} {y}", "{d}. {n}. {y}"), True,
           ("Steuer-ID", "Konto", "Karte", "Telefon", "geboren", "Name", "Anschrift", "von", "mit"),
           streets=(("straße", "str."), ("platz", "pl."))),
    Locale("fr_FR", "digits", " .", "# ## ## ## ### ### ##", ((1, 2, 2, 2, 3, 3, 2), "", "."),
           Phone("FR", "33", "0", ("1/99/00/##/##", "2/61/91/##/##", "4/65/71/##/##", "6/39/98/##/##")), "dmy", "/",
           FR, ("{d} {m} {y}", "{d} {m} {y}"), True,
           ("NIR", "Compte", "Carte", "Téléphone", "né le", "Nom", "Adresse", "de", "avec"),
           streets=(("avenue", "av."), ("boulevard", "bd"))),
    Locale("es_ES", "text", " .-", "########@", ((2, 3, 3, 1), "", "."),
           Phone("ES", "34", "", ("912/34/##/##", "934/56/##/##", "612/34/##/##")), "dmy", "/",
           ES, ("{d} de {m} de {y}", "{d} {m} {y}"), True,
           ("NIF", "Cuenta", "Tarjeta", "Teléfono", "nacido el", "Nombre", "Dirección", "de", "con"),
           streets=(("Calle", "C/"), ("Avenida", "Avda."))),
    Locale("pt_BR", "digits", ".- ", "###.###.###-##", ((3, 3, 3, 2), "", " "),
           Phone("BR", "55", "0", ("11/5550/####", "21/5550/####", "11/95550/####")), "dmy", "/",
           PT, ("{d} de {m} de {y}",), True,
           ("CPF", "Conta", "Cartão", "Telefone", "nascido em", "Nome", "Endereço", "de", "com"),
           streets=(("Avenida", "Av."), ("Rua", "R."))),
    Locale("it_IT", "text", " ", "@@@@@@##@##@###@", ((3, 3, 5, 5), " ", " "),
           Phone("IT", "39", "", ("06/5550/####", "02/5550/####", "320/555/####")), "dmy", "/",
           IT, ("{d} {m} {y}",), True,
           ("Codice fiscale", "Conto", "Carta", "Telefono", "nato il", "Nome", "Indirizzo", "da", "con"),
           streets=(("Piazza", "P.za"), ("Viale", "V.le"))),
    Locale("pl_PL", "digits", "", "###########", ((11,), "", ""),
           Phone("PL", "48", "", ("22/555/##/##", "12/555/##/##", "600/555/###")), "dmy", ".",
           PL, ("{d} {m} {y}", "{d} {m} {y} r."), True,
           ("PESEL", "Konto", "Karta", "Telefon", "ur.", "Nazwisko", "Adres", "od", "z"),
           streets=(("ulica", "ul."), ("aleja", "al."))),
    Locale("ru_RU", "digits", "- ", "###-###-### ##", ((3, 3, 3, 2), "", "-"),
           Phone("RU", "7", "8", ("495/555/##/##", "812/555/##/##", "916/555/##/##")), "dmy", ".",
           RU, ("{d} {m} {y}", "{d} {m} {y} г."), True,
           ("СНИЛС", "Счёт", "Карта", "Телефон", "родился", "Имя", "Адрес", "от", "с"),
           streets=(("улица", "ул."), ("проспект", "пр."))),
    Locale("ja_JP", "digits", " -", "#### #### ####", ((4, 4, 4), "", "-"),
           Phone("JP", "81", "0", ("3/5550/####", "6/5550/####", "90/5550/####")), "ymd", "/",
           (), ("{y}年{m}月{d}日",), True,
           ("個人番号", "口座", "カード", "電話", "生年月日", "氏名", "住所", "から", "と", "国際口座番号", "メール"),
           digits=FULL_WIDTH_DIGITS, family_first=True, iban_locale="en_GB"),
    Locale("zh_CN", "text", " -", "######19##########", ((6, 8, 4), "", " "),
           Phone("CN", "86", "0", ("10/5550/####", "21/5550/####")), "ymd", "-",
           (), ("{y}年{m}月{d}日",), True,
           ("身份证", "账户", "银行卡", "电话", "生日", "姓名", "地址", "来自", "和", "国际账号", "邮箱"),
           digits=FULL_WIDTH_DIGITS, family_first=True, name_joint="", iban_locale="de_DE"),
    Locale("ar_SA", "digits", "", "1#########", ((10,), "", ""),
           Phone("SA", "966", "0", ("11/555/####", "12/555/####", "50/555/####")), "dmy", "/",
           AR, ("{d} {m} {y}",), True,
           ("رقم الهوية", "حساب", "بطاقة", "هاتف", "تاريخ الميلاد", "الاسم", "العنوان", "من", "مع"),
           digits=ARABIC_DIGITS, iban_locale="fr_FR"),
)
