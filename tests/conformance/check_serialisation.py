"""How Microsoft's SDK writes bodies and URLs, and that the server can read them."""

import datetime
import uuid

from checks import check, equal, true
from kiota_abstractions.base_request_configuration import RequestConfiguration
from msgraph_beta.generated.models.exact_match_data_store import ExactMatchDataStore
from msgraph_beta.generated.models.exact_match_session import ExactMatchSession
from msgraph_beta.generated.models.sensitive_type import SensitiveType
from msgraph_beta.generated.models.sensitive_type_scope import SensitiveTypeScope
from world import refused, sessions_query, store_draft, stores_query

AGENT = "33333333-3333-4333-8333-333333333333"


class Kept:
    """The store that these checks share."""

    store = None


async def fresh(world, name):
    return await world.stores.post(store_draft(name, description="made by the serialisation checks"))


@check("serialisation: a body without @odata.type creates")
async def untyped(world):
    Kept.store = (await fresh(world, "serialised")).id
    true(b"@odata.type" not in world.sent.body, "no @odata.type is sent")
    equal(world.sent.status, 201, "status")


@check("serialisation: a body with @odata.type creates as well")
async def typed(world):
    draft = store_draft("typed")
    draft.odata_type = "#microsoft.graph.exactMatchDataStore"
    for column in draft.columns:
        column.odata_type = "#microsoft.graph.exactDataMatchStoreColumn"
    made = await world.stores.post(draft)
    true(b"#microsoft.graph.exactDataMatchStoreColumn" in world.sent.body, "@odata.type is sent")
    await world.store(made.id).delete()


@check("serialisation: PATCH of a whole fetched store changes nothing but what was changed")
async def whole_store(world):
    store = await world.store(Kept.store).get()
    store.description = "sent back"
    changed = await world.store(Kept.store).patch(store)
    true({"id", "@odata.type", "columns", "displayName"} <= set(world.sent.json()), f"the whole object: {world.sent.body}")
    equal((changed.description, changed.display_name), ("sent back", store.display_name), "the store")


@check("serialisation: PATCH of a whole fetched session leaves what is read-only")
async def whole_session(world):
    made = await world.store(Kept.store).sessions.post(ExactMatchSession(file_name="f", upload_agent_id=AGENT))
    session = await world.session(made.id, Kept.store).get()
    session.state, session.remaining_job_count, session.checksum = "Completed", 7, "a checksum"
    changed = await world.session(made.id, Kept.store).patch(session)
    sent = world.sent.json()
    true({"id", "@odata.type", "creationDateTime", "state", "dataUploadURI"} <= set(sent), f"the whole object: {sorted(sent)}")
    equal((changed.state, changed.remaining_job_count, changed.checksum), ("UploadInProgress", session.total_job_count, "a checksum"),
          "state, remainingJobCount and checksum")
    equal(changed.creation_date_time, session.creation_date_time, "creationDateTime")
    await world.session(made.id, Kept.store).cancel.post()


@check("serialisation: None on a fetched object is sent as null and clears")
async def null_clears(world):
    store = await world.store(Kept.store).get()
    store.description = None
    changed = await world.store(Kept.store).patch(store)
    equal(world.sent.json().get("description", "absent"), None, "what is sent")
    equal((changed.description, changed.display_name), (None, store.display_name), "the store")
    equal((await world.store(Kept.store).get()).description, None, "the store read again")


@check("serialisation: a store created with sessions makes both")
async def deep_insert(world):
    draft = store_draft("deep")
    draft.sessions = [ExactMatchSession(file_name="first.csv"), ExactMatchSession(file_name="second.csv")]
    made = await world.stores.post(draft)
    equal([s["fileName"] for s in world.sent.json()["sessions"]], ["first.csv", "second.csv"], "what is sent")
    listed = await world.store(made.id).sessions.get()
    equal(sorted(s.file_name for s in listed.value), ["first.csv", "second.csv"], "sessions of the store")
    await world.store(made.id).delete()


@check("serialisation: a deep insert before anybody wrote columns")
async def deep_insert_without_columns(world):
    made = await world.stores.post(ExactMatchDataStore(display_name="x", sessions=[ExactMatchSession(file_name="f")]))
    equal(world.sent.json(), {"displayName": "x", "sessions": [{"fileName": "f"}]}, "what is sent")
    equal((made.columns, [s.file_name for s in made.sessions]), ([], ["f"]), "what is made")
    await world.store(made.id).delete()


@check("serialisation: a deep insert that fails makes neither")
async def deep_insert_fails(world):
    before = await world.stores.count.get()
    draft = store_draft("deep that fails")
    draft.sessions = [ExactMatchSession(file_name="fine"), ExactMatchSession(file_name="bad", additional_data={"rowsPerBlock": "many"})]
    await refused(world.stores.post(draft), 400)
    equal(await world.stores.count.get(), before, "stores")


@check("serialisation: unknown properties are accepted and dropped")
async def unknown_properties(world):
    draft = store_draft("unknown properties")
    draft.additional_data = {"colour": "blue", "nested": {"a": [1]}}
    made = await world.stores.post(draft)
    equal(world.sent.json()["colour"], "blue", "what is sent")
    true("colour" not in made.additional_data and "nested" not in made.additional_data, "they are not given back")
    await world.store(made.id).delete()


@check("serialisation: unknown properties of answers reach the caller, ids converted")
async def extensions(world):
    made = await world.store(Kept.store).sessions.post(ExactMatchSession(additional_data={"updateMode": "replace", "allowShrink": True}))
    equal(made.additional_data["updateMode"], "replace", "updateMode")
    equal(made.additional_data["allowShrink"], True, "allowShrink")
    true(isinstance(made.additional_data["expirationDateTime"], datetime.datetime), "expirationDateTime is a date")
    uuid.UUID(str(made.additional_data["keyId"]))
    await world.session(made.id, Kept.store).cancel.post()


@check("serialisation: dates with six digits and without an offset are accepted")
async def dates(world):
    aware = datetime.datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=datetime.timezone.utc)
    naive = datetime.datetime(2026, 1, 2)
    draft = ExactMatchSession(creation_date_time=aware, start_date_time=naive)
    made = await world.store(Kept.store).sessions.post(draft)
    sent = world.sent.json()
    equal((sent["creationDateTime"], sent["startDateTime"]), ("2026-01-02T03:04:05.678901+00:00", "2026-01-02T00:00:00"), "what is sent")
    true(made.creation_date_time > aware and made.start_date_time is None, "the server's own dates")
    changed = await world.session(made.id, Kept.store).patch(draft)
    equal(changed.creation_date_time, made.creation_date_time, "creationDateTime after a PATCH")
    await world.session(made.id, Kept.store).cancel.post()


@check("serialisation: dates in a $filter: aware, naive, and of seven digits")
async def dates_in_filters(world):
    total = await world.store(Kept.store).sessions.count.get()
    true(total > 0, "there are sessions")
    for moment, expected in (("2026-01-02T03:04:05.678901Z", total), ("2026-01-02T00:00:00", total), ("2026-01-02", total),
                             ("2026-01-02T03:04:05.1234567Z", total), ("2999-01-02T03:04:05%2B01:00", 0), ("2999-12-31T23:59:59.9999999Z", 0)):
        answer = await world.http.get(f"/exactMatchDataStores/{Kept.store}/sessions/$count?$filter=creationDateTime gt {moment}")
        equal((answer.status_code, answer.text), (200, str(expected)), moment)


@check("serialisation: an id with every odd character is escaped, arrives, and is 404")
async def odd_id(world):
    await refused(world.store("a b/c'é%$").get(), 404, "resourceNotFound")
    equal(world.sent.target, "/beta/dataClassification/exactMatchDataStores/a%20b%2Fc%27%C3%A9%25%24", "target")


@check("serialisation: a query with quotes, parentheses, semicolons and commas")
async def odd_query(world):
    odd = "it's (a; b, c) & d+e %"
    made = await world.stores.post(store_draft(odd))
    quoted = odd.replace("'", "''")
    page = await world.stores.get(stores_query(filter=f"displayName eq '{quoted}'", select=["id", "displayName"]))
    true("%27it%27%27s%20%28a%3B%20b%2C%20c%29%20%26%20d%2Be%20%25%27" in world.sent.target, world.sent.target)
    equal([(s.id, s.display_name) for s in page.value], [(made.id, odd)], "the page")
    await world.store(made.id).delete()


@check("serialisation: $filter spelled %24filter, and + for a space")
async def escaped_dollar(world):
    answer = await world.http.get("/exactMatchDataStores?%24filter=displayName+eq+'serialised'&%24count=true")
    equal((answer.status_code, answer.json()["@odata.count"]), (200, 1), "status and count")


@check("serialisation: Prefer: odata.maxpagesize arrives and is followed")
async def prefer(world):
    page = await world.stores.get(stores_query(headers={"Prefer": "odata.maxpagesize=1"}))
    equal((world.sent.headers["prefer"], len(page.value)), ("odata.maxpagesize=1", 1), "the page")


@check("serialisation: Prefer: return=minimal is answered 204, which the SDK reads as nothing")
async def minimal(world):
    configuration = RequestConfiguration()
    configuration.headers.add("Prefer", "return=minimal")
    changed = await world.store(Kept.store).patch(ExactMatchDataStore(description="quietly"), configuration)
    equal((world.sent.status, changed), (204, None), "the answer")
    equal(world.sent.answer_headers.get("preference-applied"), "return=minimal", "Preference-Applied")
    equal((await world.store(Kept.store).get()).description, "quietly", "the store")
    made = await world.store(Kept.store).sessions.post(ExactMatchSession(), configuration)
    equal((world.sent.status, made), (204, None), "the answer to a POST")
    location = world.sent.answer_headers["location"]
    equal(world.sent.answer_headers.get("odata-entityid"), location, "OData-EntityId")
    await world.session(location.rsplit("/", 1)[1], Kept.store).cancel.post()


@check("serialisation: a list of flags is not sent, and the scope is read")
async def flags(world):
    rule = {"dataStoreId": Kept.store, "recommendedConfidence": 75, "patterns": [{"confidence": 75, "primary": "ssn"}]}
    draft = SensitiveType(name="flags", additional_data={"exactMatch": rule})
    draft.scope = [SensitiveTypeScope.FullDocument, SensitiveTypeScope.PartialDocument]
    made = await world.service.sensitive_types.post(draft)
    true("scope" not in world.sent.json(), "scope is not sent")
    raw = (await world.http.get(f"/sensitiveTypes/{made.id}")).json()
    equal(raw["scope"], "fullDocument,partialDocument", "scope on the wire")
    true(made.scope, f"scope as the SDK reads it: {made.scope}")
    await world.service.sensitive_types.by_sensitive_type_id(made.id).delete()


@check("serialisation: bodies are neither compressed nor chunked, and answers are JSON in UTF-8")
async def framing(world):
    made = await world.stores.post(store_draft("Straße 東京 😀"))
    true("transfer-encoding" not in world.sent.headers and "content-encoding" not in world.sent.headers, "framing")
    equal(int(world.sent.headers["content-length"]), len(world.sent.body), "Content-Length")
    equal(made.display_name, "Straße 東京 😀", "displayName")
    await world.store(made.id).delete()


@check("serialisation: dataStoreId and its older spelling are accepted and answered, the path decides")
async def older_spelling(world):
    made = await world.store(Kept.store).sessions.post(
        ExactMatchSession(data_store_id="elsewhere", additional_data={"datastoreId": "elsewhere too"}))
    equal(made.data_store_id, Kept.store, "dataStoreId")
    equal(str(made.additional_data["datastoreId"]), Kept.store, "the older spelling, which the SDK does not know")
    for spelling in ("dataStoreId", "datastoreId"):
        page = await world.store(Kept.store).sessions.get(
            sessions_query(filter=f"{spelling} eq '{Kept.store}' and id eq '{made.id}'", select=["id", spelling], orderby=[spelling]))
        selected = [(s.id, s.data_store_id or str(s.additional_data.get("datastoreId"))) for s in page.value]
        equal(selected, [(made.id, Kept.store)], f"$filter, $select and $orderby by {spelling}")
        equal([s.data_store_id is None for s in page.value], [spelling == "datastoreId"], "$select answers the one that it names")
    await world.store(Kept.store).delete()
