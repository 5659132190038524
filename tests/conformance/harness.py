"""Shared by the checks: the server, the clients, and a table of fictitious people."""

import asyncio
import datetime
import json

import httpx
from block_reference import Column
from graph_client import Recorder, graph_client
from kiota_abstractions.base_request_configuration import RequestConfiguration
from msgraph_beta.generated.data_classification.exact_match_data_stores.exact_match_data_stores_request_builder import (
    ExactMatchDataStoresRequestBuilder,
)
from msgraph_beta.generated.data_classification.exact_match_data_stores.item.sessions.sessions_request_builder import (
    SessionsRequestBuilder,
)
from msgraph_beta.generated.models.exact_data_match_store_column import ExactDataMatchStoreColumn
from msgraph_beta.generated.models.exact_match_data_store import ExactMatchDataStore
from msgraph_beta.generated.models.o_data_errors.o_data_error import ODataError

# Many small blocks make many jobs, so that even a fast build can be observed in processing.
ROWS_PER_BLOCK = 300
BLOCKS = 900
COLUMNS = [Column("ssn", searchable=True, delimiters=("-",)), Column("lastName"), Column("dob")]
SYLLABLES = ["ka", "lo", "mer", "sti", "van", "dro", "pel", "ish", "tor", "ber", "nu", "wick", "gar", "zel"]
FIRST_DAY = datetime.date(1940, 1, 1)


def person(index):
    """Returns record `index`: reserved SSNs (9xx), fictitious names, birthdays over 60 years."""
    digits = f"9{index * 48_271 % 10**8:08}"
    parts = [SYLLABLES[index // 14**power % 14] for power in (0, 1, 2)]
    born = FIRST_DAY + datetime.timedelta(days=index * 7_919 % 21_900)
    return f"{digits[:3]}-{digits[3:5]}-{digits[5:]}", "".join(parts).capitalize(), born.isoformat()


def records(block):
    return [person(index) for index in range(block * ROWS_PER_BLOCK, (block + 1) * ROWS_PER_BLOCK)]


class Harness:
    """Filled in by the checks as they run. A check fails too if it needs the result of a failed
    one."""

    def __init__(self, server):
        self.server = server
        self.connect()
        self.secrets = []

    def connect(self):
        """Connects the clients to the server, which has another port after a restart."""
        self.recorder = Recorder()
        self.graph = graph_client(self.server.origin, self.server.token, self.recorder)
        self.http = httpx.AsyncClient(
            base_url=f"{self.server.origin}/beta/dataClassification",
            headers={"authorization": f"Bearer {self.server.token}"}, timeout=60,
        )

    async def token(self, role):
        """Creates a token with one role, as an operator does."""
        options = ["--data-dir", self.server.data_dir, "--name", f"conformance {role}", "--role", role, "--output", "json"]
        made = await asyncio.create_subprocess_exec(self.server.binary, "token", "create", *options, stdout=asyncio.subprocess.PIPE)
        said, _ = await made.communicate()
        secret = json.loads(said)["token"]
        self.secrets.append(secret)
        return secret

    @property
    def sent(self):
        """Returns the SDK's last request and its response."""
        return self.recorder.exchanges[-1]

    @property
    def service(self):
        return self.graph.data_classification

    @property
    def stores(self):
        return self.graph.data_classification.exact_match_data_stores

    @property
    def agents(self):
        return self.graph.data_classification.exact_match_upload_agents

    def store(self, store_id=None):
        return self.stores.by_exact_match_data_store_id(store_id or self.store_id)

    def session(self, session_id, store_id=None):
        return self.store(store_id).sessions.by_exact_match_session_id(session_id)


def store_draft(name, columns=None, description=None):
    return ExactMatchDataStore(
        display_name=name, description=description,
        columns=[
            ExactDataMatchStoreColumn(
                name=column.name, is_searchable=column.searchable, ignored_delimiters=list(column.delimiters),
                is_case_insensitive=True, additional_data={"isKey": True} if column.key else {},
            )
            for column in columns or COLUMNS
        ],
    )


def stores_query(headers=None, **options):
    parameters = ExactMatchDataStoresRequestBuilder.ExactMatchDataStoresRequestBuilderGetQueryParameters(**options)
    return with_headers(RequestConfiguration(query_parameters=parameters), headers)


def sessions_query(**options):
    parameters = SessionsRequestBuilder.SessionsRequestBuilderGetQueryParameters(**options)
    return RequestConfiguration(query_parameters=parameters)


def with_headers(configuration, headers):
    for name, value in (headers or {}).items():
        configuration.headers.add(name, value)
    return configuration


async def refused(call, status, code=None):
    """Awaits a call that must be refused; returns the error as the SDK reads it."""
    try:
        answer = await call
    except ODataError as error:
        if error.response_status_code != status:
            raise AssertionError(f"status {error.response_status_code}, not {status}: {error.message}") from error
        if error.error is None or not error.error.code or not error.error.message:
            raise AssertionError("the error has no code or no message") from error
        if code and error.error.code != code:
            raise AssertionError(f"code {error.error.code}, not {code}") from error
        return error
    raise AssertionError(f"accepted with {type(answer).__name__}, should be refused with {status}")
