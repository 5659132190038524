"""Data stores and upload agents through Microsoft's SDK."""

import httpx
from checks import check, equal, true
from graph_client import graph_client
from msgraph_beta.generated.models.exact_match_upload_agent import ExactMatchUploadAgent
from harness import COLUMNS, refused, store_draft, stores_query

UNKNOWN = "00000000-dead-4bad-8bad-00000000beef"


@check("create, read and list an upload agent")
async def agent(harness):
    made = await harness.agents.post(ExactMatchUploadAgent(description="conformance agent"))
    true(made.id and made.creation_date_time, "the agent has an id and a creation date")
    harness.agent_id = made.id
    read = await harness.agents.by_exact_match_upload_agent_id(made.id).get()
    equal(read.description, "conformance agent", "description")
    listed = await harness.agents.get()
    true(any(a.id == made.id for a in listed.value), "the agent is in the list")
    equal(await harness.agents.count.get(), len(listed.value), "$count")


@check("create a data store")
async def create(harness):
    made = await harness.stores.post(store_draft("patients", description="made by the conformance suite"))
    harness.store_id = made.id
    equal(made.display_name, "patients", "displayName")
    equal([c.name for c in made.columns], [c.name for c in COLUMNS], "column names")
    equal([c.is_searchable for c in made.columns], [c.searchable for c in COLUMNS], "isSearchable")
    equal(made.columns[0].ignored_delimiters, ["-"], "ignoredDelimiters")
    equal(made.data_last_updated_date_time, None, "dataLastUpdatedDateTime before any data")
    equal((made.additional_data.get("generation"), made.additional_data.get("rowCount")), (0, 0), "generation and rowCount")


@check("read a data store, whole and selected")
async def read(harness):
    whole = await harness.store().get()
    equal((whole.id, whole.description), (harness.store_id, "made by the conformance suite"), "the store")
    listed = await harness.stores.get(stores_query(select=["id", "displayName"], filter="displayName eq 'patients'"))
    equal([(s.id, s.display_name, s.description, s.columns) for s in listed.value],
          [(harness.store_id, "patients", None, None)], "selected properties")


@check("list with $filter, $orderby, $top, $skip and $count")
async def listing(harness):
    for name in ("zebra", "alpha", "it's"):
        await harness.stores.post(store_draft(name))
    page = await harness.stores.get(stores_query(orderby=["displayName desc"], top=2, skip=1, count=True))
    equal([s.display_name for s in page.value], ["patients", "it's"], "names")
    equal(page.odata_count, 4, "@odata.count counts beyond the page")
    equal(await harness.stores.count.get(), 4, "/$count")
    quoted = await harness.stores.get(stores_query(filter="displayName eq 'it''s' or startswith(displayName,'zeb')", count=True))
    equal(sorted(s.display_name for s in quoted.value), ["it's", "zebra"], "filtered names")
    equal(quoted.odata_count, 2, "@odata.count of the filter")


@check("follow @odata.nextLink through every page")
async def paging(harness):
    names, query = [], stores_query(headers={"Prefer": "odata.maxpagesize=1"}, orderby=["displayName"])
    page = await harness.stores.get(query)
    while True:
        equal(len(page.value), 1, "stores on a page")
        names += [s.display_name for s in page.value]
        if not page.odata_next_link:
            break
        true(page.odata_next_link.startswith(harness.server.origin), "nextLink is absolute and leads to this server")
        true(len(names) < 10, "paging ends")
        page = await harness.stores.with_url(page.odata_next_link).get(stores_query(headers={"Prefer": "odata.maxpagesize=1"}))
    equal(names, ["alpha", "it's", "patients", "zebra"], "names over the pages")


@check("PATCH with the whole object sent back")
async def patch(harness):
    store = await harness.store().get()
    store.description = "changed"
    changed = await harness.store().patch(store)
    equal((changed.description, changed.display_name), ("changed", "patients"), "the patched store")
    equal((await harness.store().get()).description, "changed", "the store read again")


@check("a name in use is refused with 409")
async def duplicate(harness):
    await refused(harness.stores.post(store_draft("PATIENTS")), 409, "nameConflict")


@check("columns that cannot be are refused with 400")
async def bad_columns(harness):
    draft = store_draft("bad")
    for column in draft.columns:
        column.is_searchable = False
    await refused(harness.stores.post(draft), 400)
    typed = store_draft("typed")
    typed.columns[0].additional_data = {"dataType": "fingerprint"}
    await refused(harness.stores.post(typed), 400)
    equal(await harness.stores.count.get(), 4, "stores after the refusals")


@check("an unknown id is 404, in Graph's error shape")
async def not_found(harness):
    error = await refused(harness.store(UNKNOWN).get(), 404)
    inner = error.error.inner_error
    true(inner is not None and inner.date is not None and inner.request_id, "innerError has date and request-id")
    headers = {name.lower(): value for name, value in dict(error.response_headers).items()}
    equal(headers.get("request-id"), inner.request_id, "request-id header")


@check("client-request-id is given back")
async def client_request_id(harness):
    wanted = "6f1c2f0e-8d57-4c6a-9a52-0b7f3a1d9e44"
    answer = await harness.http.get(f"/exactMatchDataStores/{UNKNOWN}", headers={"client-request-id": wanted})
    equal(answer.headers.get("client-request-id"), wanted, "header")
    equal(answer.json()["error"]["innerError"]["client-request-id"], wanted, "innerError")


@check("query options that do not exist are 400")
async def bad_queries(harness):
    for query in ("$search=x", "$nonsense=1", "$top=-1", "$filter=displayName eq", "$select=salary", "$orderby=salary"):
        answer = await harness.http.get(f"/exactMatchDataStores?{query}")
        equal(answer.status_code, 400, query)
        true(answer.json()["error"]["code"], "a code")


@check("bad JSON is 400")
async def bad_json(harness):
    for body in (b"{", b"[]", b"{\"displayName\": 7}", b"\xff\xfe", b""):
        answer = await harness.http.post("/exactMatchDataStores", content=body, headers={"content-type": "application/json"})
        equal(answer.status_code, 400, repr(body))
        true(answer.json()["error"]["message"], "a message")


@check("no token and a wrong token are 401 with WWW-Authenticate")
async def unauthenticated(harness):
    async with httpx.AsyncClient() as stranger:
        answer = await stranger.get(f"{harness.server.origin}/beta/dataClassification/exactMatchDataStores")
    equal(answer.status_code, 401, "status without a token")
    true(answer.headers.get("www-authenticate", "").startswith("Bearer"), "WWW-Authenticate: Bearer")
    wrong = graph_client(harness.server.origin, "not-a-token")
    await refused(wrong.data_classification.exact_match_data_stores.get(), 401)


@check("delete a data store")
async def delete(harness):
    listed = await harness.stores.get()
    for store in listed.value:
        if store.id != harness.store_id:
            await harness.store(store.id).delete()
            await refused(harness.store(store.id).get(), 404)
    equal(await harness.stores.count.get(), 1, "stores that are left")
