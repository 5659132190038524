"""Microsoft's Graph SDK, pointed at a server on loopback."""

import json
from dataclasses import dataclass

import httpx
from kiota_abstractions.authentication import AccessTokenProvider, AllowedHostsValidator, BaseBearerTokenAuthenticationProvider
from msgraph_beta import GraphRequestAdapter, GraphServiceClient
from msgraph_core import GraphClientFactory


class StaticToken(AccessTokenProvider):
    """Returns the same token for every request."""

    def __init__(self, token):
        self._token = token

    async def get_authorization_token(self, uri, additional_authentication_context=None):
        return self._token

    def get_allowed_hosts_validator(self):
        return AllowedHostsValidator([])


@dataclass
class Exchange:
    """One request as sent, retries by the SDK included, and its response."""

    method: str
    target: str
    headers: dict
    body: bytes
    status: int
    answer_headers: dict

    def json(self):
        return json.loads(self.body)


class Recorder(httpx.AsyncBaseTransport):
    """A transport below the SDK's middleware that records requests and responses."""

    def __init__(self):
        self._inner = httpx.AsyncHTTPTransport()
        self.exchanges = []

    async def handle_async_request(self, request):
        headers = {name.lower(): value for name, value in request.headers.items()}
        body = await request.aread()
        answer = await self._inner.handle_async_request(request)
        answer_headers = {name.lower(): value for name, value in answer.headers.items()}
        target = request.url.raw_path.decode()
        self.exchanges.append(Exchange(request.method, target, headers, body, answer.status_code, answer_headers))
        return answer

    async def aclose(self):
        await self._inner.aclose()


def graph_client(origin, token, recorder=None):
    """Returns the SDK's client. A recorder records what it sends."""
    transport = recorder and GraphClientFactory.create_with_default_middleware(
        client=httpx.AsyncClient(transport=recorder, timeout=60)
    )
    adapter = GraphRequestAdapter(BaseBearerTokenAuthenticationProvider(StaticToken(token)), client=transport)
    adapter.base_url = f"{origin}/beta"
    return GraphServiceClient(request_adapter=adapter)
