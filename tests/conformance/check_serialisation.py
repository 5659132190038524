"""How Microsoft's SDK writes bodies and URLs, and that the server can read them."""

import datetime
import uuid

from checks import check, equal, true
from kiota_abstractions.base_request_configuration import RequestConfiguration
from msgraph_beta.generated.models.exact_match_data_store import ExactMatchDataStore
from msgraph_beta.generated.models.exact_match_session import ExactMatchSession
from msgraph_beta.generated.models.sensitive_type import SensitiveType
from msgraph_beta.generated.models.sensitive_type_scope import SensitiveTypeScope
from harness import refused, sessions_query, store_draft, stores_query

AGENT = "33333333-3333-4333-8333-333333333333"


class Kept:
    """The store that these checks share."""

    store = None


async def fresh(harness, name):
    return await harness.stores.post(store_draft(name, description="made by the serialisation checks"))


@check("serialisation: a body without @odata.type creates")
async def untyped(harness):
    Kept.store = (await fresh(harness, "serialised")).id
    true(b"@odata.type" not in harness.sent.body, "no @odata.type is sent")
    equal(harness.sent.status, 201, "status")


@check("serialisation: a body with @odata.type creates as well")
async def typed(harness):
    draft = store_draft("typed")
    draft.odata_type = "#microsoft.graph.exactMatchDataStore"
    for column in draft.columns:
        column.odata_type = "#microsoft.graph.exactDataMatchStoreColumn"
    made = await harness.stores.post(draft)
    true(b"#microsoft.graph.exactDataMatchStoreColumn" in harness.sent.body, "@odata.type is sent")
    await harness.store(made.id).delete()


@check("serialisation: PATCH of a whole fetched store changes nothing but what was changed")
async def whole_store(harness):
    store = await harness.store(Kept.store).get()
    store.description = "sent back"
    changed = await harness.store(Kept.store).patch(store)
    true({"id", "@odata.type", "columns", "displayName"} <= set(harness.sent.json()), f"the whole object: {harness.sent.body}")
    equal((changed.description, changed.display_name), ("sent back", store.display_name), "the store")


@check("serialisation: PATCH of a whole fetched session leaves what is read-only")
async def whole_session(harness):
    made = await harness.store(Kept.store).sessions.post(ExactMatchSession(file_name="f", upload_agent_id=AGENT))
    session = await harness.session(made.id, Kept.store).get()
    session.state, session.remaining_job_count, session.checksum = "Completed", 7, "a checksum"
    changed = await harness.session(made.id, Kept.store).patch(session)
    sent = harness.sent.json()
    true({"id", "@odata.type", "creationDateTime", "state", "dataUploadURI"} <= set(sent), f"the whole object: {sorted(sent)}")
    equal((changed.state, changed.remaining_job_count, changed.checksum), ("UploadInProgress", session.total_job_count, "a checksum"),
          "state, remainingJobCount and checksum")
    equal(changed.creation_date_time, session.creation_date_time, "creationDateTime")
    await harness.session(made.id, Kept.store).cancel.post()


@check("serialisation: None on a fetched object is sent as null and clears")
async def null_clears(harness):
    store = await harness.store(Kept.store).get()
    store.description = None
    changed = await harness.store(Kept.store).patch(store)
    equal(harness.sent.json().get("description", "absent"), None, "what is sent")
    equal((changed.description, changed.display_name), (None, store.display_name), "the store")
    equal((await harness.store(Kept.store).get()).description, None, "the store read again")


@check("serialisation: a store created with sessions makes both")
async def deep_insert(harness):
    draft = store_draft("deep")
    draft.sessions = [ExactMatchSession(file_name="first.csv"), ExactMatchSession(file_name="second.csv")]
    made = await harness.stores.post(draft)
    equal([s["fileName"] for s in harness.sent.json()["sessions"]], ["first.csv", "second.csv"], "what is sent")
    listed = await harness.store(made.id).sessions.get()
    equal(sorted(s.file_name for s in listed.value), ["first.csv", "second.csv"], "sessions of the store")
    await harness.store(made.id).delete()


@check("serialisation: a deep insert before anybody wrote columns")
async def deep_insert_without_columns(harness):
    made = await harness.stores.post(ExactMatchDataStore(display_name="x", sessions=[ExactMatchSession(file_name="f")]))
    equal(harness.sent.json(), {"displayName": "x", "sessions": [{"fileName": "f"}]}, "what is sent")
    equal((made.columns, [s.file_name for s in made.sessions]), ([], ["f"]), "what is made")
    await harness.store(made.id).delete()


@check("serialisation: a deep insert that fails makes neither")
async def deep_insert_fails(harness):
    before = await harness.stores.count.get()
    draft = store_draft("deep that fails")
    draft.sessions = [ExactMatchSession(file_name="fine"), ExactMatchSession(file_name="bad", additional_data={"rowsPerBlock": "many"})]
    await refused(harness.stores.post(draft), 400)
    equal(await harness.stores.count.get(), before, "stores")


@check("serialisation: unknown properties are accepted and dropped")
async def unknown_properties(harness):
    draft = store_draft("unknown properties")
    draft.additional_data = {"colour": "blue", "nested": {"a": [1]}}
    made = await harness.stores.post(draft)
    equal(harness.sent.json()["colour"], "blue", "what is sent")
    true("colour" not in made.additional_data and "nested" not in made.additional_data, "they are not given back")
    await harness.store(made.id).delete()


@check("serialisation: unknown properties of answers reach the caller, ids converted")
async def extensions(harness):
    made = await harness.store(Kept.store).sessions.post(ExactMatchSession(additional_data={"updateMode": "replace", "allowShrink": True}))
    equal(made.additional_data["updateMode"], "replace", "updateMode")
    equal(made.additional_data["allowShrink"], True, "allowShrink")
    true(isinstance(made.additional_data["expirationDateTime"], datetime.datetime), "expirationDateTime is a date")
    uuid.UUID(str(made.additional_data["keyId"]))
    await harness.session(made.id, Kept.store).cancel.post()


@check("serialisation: dates with six digits and without an offset are accepted")
async def dates(harness):
    aware = datetime.datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=datetime.timezone.utc)
    naive = datetime.datetime(2026, 1, 2)
    draft = ExactMatchSession(creation_date_time=aware, start_date_time=naive)
    made = await harness.store(Kept.store).sessions.post(draft)
    sent = harness.sent.json()
    equal((sent["creationDateTime"], sent["startDateTime"]), ("2026-01-02T03:04:05.678901+00:00", "2026-01-02T00:00:00"), "what is sent")
    true(made.creation_date_time > aware and made.start_date_time is None, "the server's own dates")
    changed = await harness.session(made.id, Kept.store).patch(draft)
    equal(changed.creation_date_time, made.creation_date_time, "creationDateTime after a PATCH")
    await harness.session(made.id, Kept.store).cancel.post()


@check("serialisation: dates in a $filter: aware, naive, and of seven digits")
async def dates_in_filters(harness):
    total = await harness.store(Kept.store).sessions.count.get()
    true(total > 0, "there are sessions")
    for moment, expected in (("2026-01-02T03:04:05.678901Z", total), ("2026-01-02T00:00:00", total), ("2026-01-02", total),
                             ("2026-01-02T03:04:05.1234567Z", total), ("2999-01-02T03:04:05%2B01:00", 0), ("2999-12-31T23:59:59.9999999Z", 0)):
        answer = await harness.http.get(f"/exactMatchDataStores/{Kept.store}/sessions/$count?$filter=creationDateTime gt {moment}")
        equal((answer.status_code, answer.text), (200, str(expected)), moment)


@check("serialisation: an id with every odd character is escaped, arrives, and is 404")
async def odd_id(harness):
    await refused(harness.store("a b/c'é%$").get(), 404, "resourceNotFound")
    equal(harness.sent.target, "/beta/dataClassification/exactMatchDataStores/a%20b%2Fc%27%C3%A9%25%24", "target")


@check("serialisation: a query with quotes, parentheses, semicolons and commas")
async def odd_query(harness):
    odd = "it's (a; b, c) & d+e %"
    made = await harness.stores.post(store_draft(odd))
    quoted = odd.replace("'", "''")
    page = await harness.stores.get(stores_query(filter=f"displayName eq '{quoted}'", select=["id", "displayName"]))
    true("%27it%27%27s%20%28a%3B%20b%2C%20c%29%20%26%20d%2Be%20%25%27" in harness.sent.target, harness.sent.target)
    equal([(s.id, s.display_name) for s in page.value], [(made.id, odd)], "the page")
    await harness.store(made.id).delete()


@check("serialisation: $filter spelled %24filter, and + for a space")
async def escaped_dollar(harness):
    answer = await harness.http.get("/exactMatchDataStores?%24filter=displayName+eq+'serialised'&%24count=true")
    equal((answer.status_code, answer.json()["@odata.count"]), (200, 1), "status and count")


@check("serialisation: Prefer: odata.maxpagesize arrives and is followed")
async def prefer(harness):
    page = await harness.stores.get(stores_query(headers={"Prefer": "odata.maxpagesize=1"}))
    equal((harness.sent.headers["prefer"], len(page.value)), ("odata.maxpagesize=1", 1), "the page")


@check("serialisation: Prefer: return=minimal is answered 204, which the SDK reads as nothing")
async def minimal(harness):
    configuration = RequestConfiguration()
    configuration.headers.add("Prefer", "return=minimal")
    changed = await harness.store(Kept.store).patch(ExactMatchDataStore(description="quietly"), configuration)
    equal((harness.sent.status, changed), (204, None), "the answer")
    equal(harness.sent.answer_headers.get("preference-applied"), "return=minimal", "Preference-Applied")
    equal((await harness.store(Kept.store).get()).description, "quietly", "the store")
    made = await harness.store(Kept.store).sessions.post(ExactMatchSession(), configuration)
    equal((harness.sent.status, made), (204, None), "the answer to a POST")
    location = harness.sent.answer_headers["location"]
    equal(harness.sent.answer_headers.get("odata-entityid"), location, "OData-EntityId")
    await harness.session(location.rsplit("/", 1)[1], Kept.store).cancel.post()


@check("serialisation: a list of flags is not sent, and the scope is read")
async def flags(harness):
    rule = {"dataStoreId": Kept.store, "recommendedConfidence": 75, "patterns": [{"confidence": 75, "primary": "ssn"}]}
    draft = SensitiveType(name="flags", additional_data={"exactMatch": rule})
    draft.scope = [SensitiveTypeScope.FullDocument, SensitiveTypeScope.PartialDocument]
    made = await harness.service.sensitive_types.post(draft)
    true("scope" not in harness.sent.json(), "scope is not sent")
    raw = (await harness.http.get(f"/sensitiveTypes/{made.id}")).json()
    equal(raw["scope"], "fullDocument,partialDocument", "scope on the wire")
    true(made.scope, f"scope as the SDK reads it: {made.scope}")
    await harness.service.sensitive_types.by_sensitive_type_id(made.id).delete()


@check("serialisation: bodies are neither compressed nor chunked, and answers are JSON in UTF-8")
async def framing(harness):
    made = await harness.stores.post(store_draft("Straße 東京 😀"))
    true("transfer-encoding" not in harness.sent.headers and "content-encoding" not in harness.sent.headers, "framing")
    equal(int(harness.sent.headers["content-length"]), len(harness.sent.body), "Content-Length")
    equal(made.display_name, "Straße 東京 😀", "displayName")
    await harness.store(made.id).delete()


@check("serialisation: dataStoreId and its older spelling are accepted and answered, the path decides")
async def older_spelling(harness):
    made = await harness.store(Kept.store).sessions.post(
        ExactMatchSession(data_store_id="elsewhere", additional_data={"datastoreId": "elsewhere too"}))
    equal(made.data_store_id, Kept.store, "dataStoreId")
    equal(str(made.additional_data["datastoreId"]), Kept.store, "the older spelling, which the SDK does not know")
    for spelling in ("dataStoreId", "datastoreId"):
        page = await harness.store(Kept.store).sessions.get(
            sessions_query(filter=f"{spelling} eq '{Kept.store}' and id eq '{made.id}'", select=["id", spelling], orderby=[spelling]))
        selected = [(s.id, s.data_store_id or str(s.additional_data.get("datastoreId"))) for s in page.value]
        equal(selected, [(made.id, Kept.store)], f"$filter, $select and $orderby by {spelling}")
        equal([s.data_store_id is None for s in page.value], [spelling == "datastoreId"], "$select answers the one that it names")
    await harness.store(Kept.store).delete()
