"""The two pages of Graph's documentation on which this service is based: their bodies, literally
and through the SDK."""

import datetime

from checks import check, equal, true
from msgraph_beta.generated.models.exact_match_session import ExactMatchSession
from msgraph_beta.generated.models.exact_match_session_base import ExactMatchSessionBase
from harness import refused, store_draft

PAGE_000 = {
    "@odata.type": "#microsoft.graph.exactMatchSession",
    "creationDateTime": "2017-01-01T00:02:38.3339201+00:00",
    "startDateTime": "2016-12-31T23:57:39.2677321+00:00",
    "lastUpdatedDateTime": "2016-12-31T23:58:15.2250773+00:00",
    "completionDateTime": "2016-12-31T23:58:05.4513555+00:00",
    "error": {
        "@odata.type": "microsoft.graph.classificationError", "code": "Code value", "message": "Message value", "target": "Target value",
        "innerError": {"@odata.type": "microsoft.graph.classificationInnerError", "errorDateTime": "2017-01-01T00:02:25.6061378+00:00",
                       "clientRequestId": "Client Request Id value", "activityId": "Activity Id value"},
        "details": [{"@odata.type": "microsoft.graph.classifcationErrorBase"}],
    },
    "datastoreId": "Datastore Id value", "uploadAgentId": "Upload Agent Id value", "fields": ["Fields value"],
    "fileName": "File Name value", "checksum": "Checksum value", "dataUploadURI": "Data Upload URI value",
    "remainingBlockCount": 3, "totalBlockCount": 15, "state": "State value",
    "uploadCompletionDateTime": "2017-01-01T00:02:05.8475063+00:00",
    "processingCompletionDateTime": "2017-01-01T00:01:57.0595644+00:00",
    "rowsPerBlock": 12, "totalJobCount": 13, "remainingJobCount": 1, "salt": "Salt value",
}
# The properties that a client may set.
SETTABLE = ("uploadAgentId", "fields", "fileName", "checksum", "totalBlockCount", "rowsPerBlock", "salt")

PAGE_002 = {
    "@odata.type": "#microsoft.graph.exactMatchSessionBase",
    "completionDateTime": "String (timestamp)", "creationDateTime": "String (timestamp)",
    "error": {"@odata.type": "microsoft.graph.classificationError"},
    "lastUpdatedDateTime": "String (timestamp)", "startDateTime": "String (timestamp)", "dataStoreId": "String",
    "processingCompletionDateTime": "String (timestamp)", "remainingBlockCount": "Integer", "remainingJobCount": "Integer",
    "state": "String", "totalBlockCount": "Integer", "totalJobCount": "Integer", "uploadCompletionDateTime": "String (timestamp)",
}


class Kept:
    store = None


def made_by_the_server(session, store):
    """Checks that no read-only property came from a page."""
    equal((session["state"], session["dataStoreId"], session["error"]), ("UploadInProgress", store, None), "state, store and error")
    equal(session["datastoreId"], store, "the store in its older spelling")
    true(session["dataUploadURI"].startswith("http") and session["creationDateTime"] > "2026", "dataUploadURI and creationDateTime")
    equal([session[f"{name}DateTime"] for name in ("completion", "uploadCompletion", "processingCompletion")], [None] * 3, "dates of ends")


@check("page 000: its body, literally, makes a session with all of its properties")
async def page_000(harness):
    Kept.store = (await harness.stores.post(store_draft("pages"))).id
    for suffix in ("sessions", "sessions/$ref"):
        path = f"/exactMatchDataStores/{Kept.store}/{suffix}"
        answer = await harness.http.post(path, json=PAGE_000, headers={"prefer": "handling=strict"})
        equal(answer.status_code, 201, f"status of {suffix}: {answer.text[:200]}")
        equal(answer.headers.get("preference-applied"), "handling=strict", "what was preferred")
        true("edm-ignored-properties" not in answer.headers, "nothing of the page is unknown")
        session = answer.json()
        missing = [name for name in PAGE_000 if name not in session]
        equal(missing, [], "properties that are missing")
        equal({name: session[name] for name in SETTABLE}, {name: PAGE_000[name] for name in SETTABLE}, "what a client may set")
        equal(session["remainingBlockCount"], 15, "remainingBlockCount")
        made_by_the_server(session, Kept.store)
        equal(answer.headers["location"].rsplit("/", 1)[1], session["id"], "Location")


@check("page 000: the same through the SDK")
async def page_000_sdk(harness):
    values = {name: value for name, value in PAGE_000.items() if name not in ("@odata.type", "error", "dataUploadURI")}
    date = datetime.datetime(2017, 1, 1, 0, 2, 38, 333920, tzinfo=datetime.timezone.utc)
    draft = ExactMatchSession(
        odata_type="#microsoft.graph.exactMatchSession", creation_date_time=date, start_date_time=date, last_updated_date_time=date,
        completion_date_time=date, upload_agent_id=values["uploadAgentId"], fields=values["fields"], file_name=values["fileName"],
        checksum=values["checksum"], data_upload_u_r_i="Data Upload URI value", remaining_block_count=3, total_block_count=15,
        state="State value", upload_completion_date_time=date, processing_completion_date_time=date, rows_per_block=12,
        total_job_count=13, remaining_job_count=1, salt="Salt value", additional_data={"datastoreId": "Datastore Id value"},
    )
    made = await harness.store(Kept.store).sessions.post(draft)
    equal((made.upload_agent_id, made.fields, made.file_name, made.checksum, made.salt),
          ("Upload Agent Id value", ["Fields value"], "File Name value", "Checksum value", "Salt value"), "what a client may set")
    equal((made.total_block_count, made.remaining_block_count, made.rows_per_block, made.state), (15, 15, 12, "UploadInProgress"), "the session")


@check("page 000: a reference instead of a session is refused")
async def reference(harness):
    answer = await harness.http.post(f"/exactMatchDataStores/{Kept.store}/sessions/$ref", json={"@odata.id": "https://graph.microsoft.com/beta/x"})
    equal((answer.status_code, answer.json()["error"]["code"]), (400, "notSupported"), "status and code")


@check("page 002: its literal \"Integer\" in a property that a client may set is 400 with target")
async def page_002_literal(harness):
    answer = await harness.http.post(f"/exactMatchDataStores/{Kept.store}/sessions", json=PAGE_002)
    error = answer.json()["error"]
    equal((answer.status_code, error["code"], error.get("target")), (400, "invalidRequest", "totalBlockCount"), "status, code and target")


@check("page 002: what a client may not set is never looked at")
async def page_002_read_only(harness):
    body = {name: value for name, value in PAGE_002.items() if name != "totalBlockCount"}
    answer = await harness.http.post(f"/exactMatchDataStores/{Kept.store}/sessions", json=body)
    equal(answer.status_code, 201, f"status: {answer.text[:200]}")
    made_by_the_server(answer.json(), Kept.store)


@check("page 002: with values of the declared types, through the SDK")
async def page_002_sdk(harness):
    date = datetime.datetime(2017, 1, 1, tzinfo=datetime.timezone.utc)
    base = ExactMatchSessionBase(
        completion_date_time=date, creation_date_time=date, last_updated_date_time=date, start_date_time=date, data_store_id="String",
        processing_completion_date_time=date, remaining_block_count=1, remaining_job_count=2, state="String", total_block_count=3,
        total_job_count=4, upload_completion_date_time=date,
    )
    equal(base.odata_type, "#microsoft.graph.exactMatchSessionBase", "the base class brings its type")
    made = await harness.store(Kept.store).sessions.post(base)
    equal((harness.sent.status, made.total_block_count, made.state, made.data_store_id), (201, 3, "UploadInProgress", Kept.store), "the session")
    true(isinstance(made, ExactMatchSession), type(made).__name__)
    await harness.store(Kept.store).delete()
    await refused(harness.store(Kept.store).get(), 404)
