"""Look-up, classification and redaction with the uploaded data."""

import uuid

from checks import check, equal, true
from msgraph_beta.generated.data_classification.classify_exact_matches.classify_exact_matches_post_request_body import (
    ClassifyExactMatchesPostRequestBody,
)
from msgraph_beta.generated.data_classification.exact_match_data_stores.item.lookup.lookup_post_request_body import (
    LookupPostRequestBody,
)
from msgraph_beta.generated.models.content_classification import ContentClassification
from msgraph_beta.generated.models.match_location import MatchLocation
from harness import person, refused

ROW = 12_345  # from 0; on the wire, the first record after the header is 1
SSN, NAME, BORN = person(ROW)
OTHER_NAME = person(ROW + 1)[1]


async def classify(harness, text, **options):
    body = ClassifyExactMatchesPostRequestBody(text=text, content_classifications=options.pop("candidates", []), **options)
    return await harness.graph.data_classification.classify_exact_matches.post(body)


def utf16(text):
    return len(text.encode("utf-16-le")) // 2


@check("lookup finds the row of a value, in any way of writing it")
async def lookup(harness):
    async def rows(values, names=()):
        body = LookupPostRequestBody(key="ssn", values=values, result_column_names=list(names))
        return (await harness.store().lookup.post(body)).value
    found = await rows([SSN])
    true(len(found) == 1 and f'"row":{ROW + 1}' in found[0].replace(" ", ""), f"one row, {ROW + 1}: {found}")
    true(all(value not in found[0] for value in (SSN, NAME, BORN)), "no cell in the answer")
    equal(await rows([SSN.replace("-", "")]), found, "the same without hyphens")
    equal(await rows(["123-45-6789"]), [], "an unknown value")
    named = await rows([SSN], ["dob"])
    true('"dob"' in named[0] and "lastName" not in named[0], f"only the asked column: {named}")


@check("lookup refuses a column that is unknown or not searchable")
async def bad_lookup(harness):
    for key, names, code in (("dob", [], "columnNotSearchable"), ("salary", [], "unknownColumn"), ("ssn", ["salary"], "unknownColumn")):
        body = LookupPostRequestBody(key=key, values=[SSN], result_column_names=names)
        await refused(harness.store().lookup.post(body), 400, code)


@check("the store's sensitive type is listed")
async def sensitive_type(harness):
    listed = await harness.graph.data_classification.sensitive_types.get()
    mine = [t for t in listed.value if t.name == "patients"]
    equal(len(mine), 1, "types of the store")
    uuid.UUID(mine[0].id)
    equal(mine[0].classification_method.value, "exactDataMatch", "classificationMethod")
    harness.type_id = mine[0].id


@check("a record in a text: confidence 85, row, evidence, offsets in UTF-16")
async def found(harness):
    text = f"👩‍⚕️ Bonjour, {NAME}’s number is {SSN}, born {BORN}."
    result = await classify(harness, text, sensitive_type_ids=[harness.type_id])
    equal((len(result.classification), result.errors or []), (1, []), "types and errors")
    hit = result.classification[0]
    equal((str(hit.id), hit.display_name, hit.confidence, hit.unique_count), (harness.type_id, "patients", 85, 1), "the type")
    equal(len(hit.matches), 1, "matches")
    match = hit.matches[0]
    expected = (SSN, utf16(text[:text.index(SSN)]), len(SSN), 85)
    equal((match.id_match, match.offset, match.length, match.confidence), expected, "the match")
    evidence = [(e.match, e.offset, e.length, e.additional_data["columnName"]) for e in match.evidences]
    equal(evidence, [(NAME, utf16(text[:text.index(NAME)]), len(NAME), "lastName"),
                     (BORN, utf16(text[:text.index(BORN)]), len(BORN), "dob")], "the evidence")
    equal(match.additional_data["columnName"], "ssn", "columnName")
    equal([int(row) for row in match.additional_data["rows"]], [ROW + 1], "rows")
    equal([str(s) for s in match.additional_data["rowSessionIds"]], [harness.session_id], "rowSessionIds")


@check("a value beside another row's name is not counted as a record")
async def other_row(harness):
    result = await classify(harness, f"{OTHER_NAME} gave the number {SSN}.")
    match = result.classification[0].matches[0]
    equal((match.id_match, match.confidence), (SSN, 65), "the match")
    true(not [e for e in match.evidences or [] if e.match == OTHER_NAME and e.additional_data["counted"]], "no counted evidence")


@check("numbers of the same form that stand in no row are not found")
async def near_misses(harness):
    last = int(SSN[-1])
    near = [f"{SSN[:-1]}{(last + step) % 10}" for step in range(1, 10)] + [f"{SSN}-0001", f"1-{SSN}", "078-05-1120"]
    result = await classify(harness, f"{NAME}, {BORN}: " + "; ".join(near))
    equal(result.classification or [], [], "classification")


@check("candidates from the caller narrow the search")
async def candidates(harness):
    text = f"{NAME} {BORN} {SSN}"
    def at(offset, length):
        location = [MatchLocation(offset=offset, length=length)]
        return [ContentClassification(sensitive_type_id=str(uuid.uuid4()), unique_count=1, confidence=75, matches=location)]
    equal(len((await classify(harness, text, candidates=at(text.index(SSN), len(SSN)))).classification), 1, "overlapping")
    equal((await classify(harness, text, candidates=at(0, len(NAME)))).classification or [], [], "elsewhere")


@check("an unknown sensitive type is an entry in errors")
async def unknown_type(harness):
    unknown = str(uuid.uuid4())
    result = await classify(harness, f"{NAME} {BORN} {SSN}", sensitive_type_ids=[unknown, harness.type_id])
    equal([e.code for e in result.errors], ["sensitiveTypeNotFound"], "errors")
    equal(len(result.classification), 1, "the known type is still looked for")


@check("timeoutInMs must be a positive number, as text or not")
async def timeouts(harness):
    equal(len((await classify(harness, SSN, timeout_in_ms="5000")).classification), 1, "a good one")
    for bad in ("0", "-1", "soon"):
        await refused(classify(harness, SSN, timeout_in_ms=bad), 400)
    answer = await harness.http.post("/classifyExactMatches", json={"text": SSN, "timeoutInMs": 5000})
    equal(answer.status_code, 200, "a number")


@check("redaction masks the record and leaves the rest")
async def redact(harness):
    text = f"Dear {NAME}, your number {SSN} ({BORN}) is safe."
    answer = await harness.http.post("/redactExactMatches", json={"text": text, "replacement": "mask"})
    equal(answer.status_code, 200, "status")
    redacted = answer.json()["text"]
    true(SSN not in redacted and "Dear " in redacted and "is safe." in redacted, "the number is gone, the rest stays")
    equal(len(redacted), len(text), "length")
