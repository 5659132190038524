"""Writes cases.tsv: numbers in many written forms and what the package `phonenumbers` (9.0.43) reads them as.

Columns: country, written form, number in E.164. Run it beside the file; it needs `pip install phonenumbers==9.0.43`.
Left out are forms that docs/formats/hash.md does not know: Argentina's 15, carrier codes.
"""

import phonenumbers as library

FORMATS = library.PhoneNumberFormat
KINDS = (library.PhoneNumberType.FIXED_LINE, library.PhoneNumberType.MOBILE)


def forms(region, number):
    """Yields the written forms of a number."""
    code, national = str(number.country_code), library.national_significant_number(number)
    yield library.format_number(number, FORMATS.E164)
    yield library.format_number(number, FORMATS.INTERNATIONAL)
    yield library.format_number(number, FORMATS.RFC3966) + ";ext=12"
    yield "00" + code + " " + national
    if region != "AR" or not national.startswith("9"):
        yield library.format_number(number, FORMATS.NATIONAL)
    if library.ndd_prefix_for_region(region, True) == "0" and not national.startswith("0"):
        yield f"+{code} (0){national[:2]}/{national[2:]}"
        yield f"0{national} ext. 7"


with open("cases.tsv", "w", encoding="utf-8", newline="\n") as out:
    for region in sorted(library.SUPPORTED_REGIONS - {"AC", "TA"}):
        written = set()
        for kind in KINDS:
            number = library.example_number_for_type(region, kind)
            if number is None:
                continue
            expected = library.format_number(number, FORMATS.E164)
            for form in forms(region, number):
                if form not in written:
                    written.add(form)
                    out.write(f"{region}\t{form}\t{expected}\n")
