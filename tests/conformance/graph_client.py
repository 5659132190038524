"""Microsoft's Graph SDK, pointed at a server on loopback."""

from kiota_abstractions.authentication import AccessTokenProvider, AllowedHostsValidator, BaseBearerTokenAuthenticationProvider
from msgraph_beta import GraphRequestAdapter, GraphServiceClient


class StaticToken(AccessTokenProvider):
    """Hands out one token for every request."""

    def __init__(self, token):
        self._token = token

    async def get_authorization_token(self, uri, additional_authentication_context=None):
        return self._token

    def get_allowed_hosts_validator(self):
        return AllowedHostsValidator([])


def graph_client(origin, token):
    adapter = GraphRequestAdapter(BaseBearerTokenAuthenticationProvider(StaticToken(token)))
    adapter.base_url = f"{origin}/beta"
    return GraphServiceClient(request_adapter=adapter)
