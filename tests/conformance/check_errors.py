"""Errors as Microsoft's SDK reads them, for every status that a request can cause here
(docs/api/errors.md)."""

import datetime

import httpx
from checks import check, equal, true
from graph_client import graph_client
from kiota_abstractions.base_request_configuration import RequestConfiguration
from msgraph_beta.generated.models.exact_match_data_store import ExactMatchDataStore
from msgraph_beta.generated.models.exact_match_session import ExactMatchSession
from msgraph_beta.generated.models.o_data_errors.o_data_error import ODataError
from harness import refused, store_draft, stores_query

NOBODY = "00000000-dead-4bad-8bad-00000000beef"
CLIENT_REQUEST = "5f1c2f0e-8d57-4c6a-9a52-0b7f3a1d9e44"


def shape(answer, status):
    """Checks a raw error; returns its code."""
    equal(answer.status_code, status, "status")
    true(answer.headers["content-type"].startswith("application/json"), f"content-type {answer.headers['content-type']}")
    equal(set(answer.json()), {"error"}, "the body")
    error = answer.json()["error"]
    true(set(error) <= {"code", "message", "target", "details", "innerError"}, f"properties {sorted(error)}")
    true(error["code"] and error["message"], "a code and a message")
    inner = error["innerError"]
    equal(inner["request-id"], answer.headers["request-id"], "request-id")
    datetime.datetime.fromisoformat(inner["date"])
    return error["code"]


@check("errors: 400, 404, 405, 409, 413, 415 and 401 have one shape")
async def every_status(harness):
    store = (await harness.stores.post(store_draft("errors"))).id
    stores, session = "/exactMatchDataStores", f"/exactMatchDataStores/{store}/sessions"
    made = await harness.store(store).sessions.post(ExactMatchSession())
    json_type = {"content-type": "application/json"}
    cases = [
        (400, "invalidJson", "POST", stores, {"content": b"{", "headers": json_type}),
        (400, "invalidRequest", "POST", session, {"json": {"totalBlockCount": "Integer"}}),
        (400, "invalidQuery", "GET", f"{stores}?$nonsense=1", {}),
        (401, "unauthenticated", "GET", stores, {"headers": {"authorization": "Bearer nobody"}}),
        (404, "resourceNotFound", "GET", f"{stores}/{NOBODY}", {}),
        (404, "unknownPath", "GET", "/exactMatchDataStore", {}),
        (404, "unknownPath", "POST", f"{session}/{made.id}/commits", {}),
        (405, "methodNotAllowed", "PUT", f"{stores}/{store}", {"json": {}}),
        (405, "methodNotAllowed", "DELETE", stores, {}),
        (405, "methodNotAllowed", "GET", f"{session}/{made.id}/commit", {}),
        (409, "nameConflict", "POST", stores, {"json": {"displayName": "errors", "columns": [{"name": "a", "isSearchable": True}]}}),
        (409, "uploadIncomplete", "POST", f"{session}/{made.id}/commit", {}),
        (413, "bodyTooLarge", "POST", stores, {"content": b" " * (4 * 1024 * 1024 + 1), "headers": json_type}),
        (415, "unsupportedMediaType", "POST", stores, {"content": b"<a/>", "headers": {"content-type": "application/xml"}}),
    ]
    for status, code, method, path, parts in cases:
        answer = await harness.http.request(method, path, **parts)
        equal(shape(answer, status), code, f"{method} {path}: code")
        if status == 405:
            true(answer.headers.get("allow"), f"{method} {path}: Allow")
        if status == 401:
            true(answer.headers["www-authenticate"].startswith("Bearer") and "claims=" not in answer.headers["www-authenticate"],
                 answer.headers["www-authenticate"])
    await harness.store(store).delete()


@check("errors: paths outside the service are JSON as well")
async def outside(harness):
    async with httpx.AsyncClient(base_url=harness.server.origin, headers={"authorization": f"Bearer {harness.server.token}"}) as raw:
        for path in ("/", "/beta", "/beta/me", "/beta/$metadat", "/v1.0/users", "/x" * 3000):
            equal(shape(await raw.get(path), 404), "unknownPath", f"{path[:20]}: code")


@check("errors: the SDK reads code, message, target, details and innerError")
async def read_by_the_sdk(harness):
    store = (await harness.stores.post(store_draft("read errors"))).id
    made = await harness.store(store).sessions.post(ExactMatchSession(total_block_count=4))
    configuration = RequestConfiguration()
    configuration.headers.add("client-request-id", CLIENT_REQUEST)
    error = await refused(harness.session(made.id, store).commit.post(configuration), 409, "uploadIncomplete")
    equal([(d.code, d.target) for d in error.error.details], [("missingBlocks", "0-3")], "details")
    true("blocks" in error.error.details[0].message, "a message of the detail")
    inner = error.error.inner_error
    equal((inner.client_request_id, harness.sent.answer_headers["client-request-id"]), (CLIENT_REQUEST, CLIENT_REQUEST), "client-request-id")
    age = datetime.datetime.now(datetime.timezone.utc) - inner.date.replace(tzinfo=datetime.timezone.utc)
    true(abs(age) < datetime.timedelta(hours=1), f"innerError.date is {age} ago")
    equal(str(error), f"{error.error.message} (status 409)", "what a caller prints")
    draft = store_draft("bad columns")
    draft.columns[1].name = draft.columns[0].name
    target = (await refused(harness.stores.post(draft), 400, "invalidColumns")).error.target
    true(target and target.startswith("columns"), f"target {target}")
    await harness.store(store).delete()


@check("errors: nothing of the SDK's own is needed to read them: no error lands in additional_data")
async def no_leftovers(harness):
    error = await refused(harness.store(NOBODY).get(), 404)
    equal((error.additional_data, error.error.additional_data), ({}, {}), "additional_data")
    equal(error.error.inner_error.additional_data, {}, "additional_data of innerError")


@check("errors: 401 without claims is raised at once")
async def unauthenticated(harness):
    stranger = graph_client(harness.server.origin, "nobody", harness.recorder)
    before = len(harness.recorder.exchanges)
    await refused(stranger.data_classification.exact_match_data_stores.get(), 401, "unauthenticated")
    equal(len(harness.recorder.exchanges) - before, 1, "requests")


@check("errors: 403 names the role that is needed")
async def forbidden(harness):
    reader = await harness.token("Read")
    client = graph_client(harness.server.origin, reader, harness.recorder).data_classification
    before = (await client.exact_match_data_stores.get(stores_query(count=True, top=1))).odata_count
    error = await refused(client.exact_match_data_stores.post(store_draft("not allowed")), 403, "accessDenied")
    true("ExactMatch.Admin" in error.error.message, error.error.message)
    equal(await harness.stores.count.get(), before, "stores")


@check("errors: a failed call leaves the client usable")
async def usable(harness):
    for call in (lambda: harness.store(NOBODY).get(), lambda: harness.stores.post(ExactMatchDataStore())):
        try:
            await call()
        except ODataError:
            pass
    true((await harness.stores.get()).value is not None, "a list")
