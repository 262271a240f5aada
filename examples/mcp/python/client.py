"""An agent: calls a tool of an MCP server with a token from LIME Core. For versions 1.30 and 2 of the SDK.

Usage: client.py URL [SECONDS]. With SECONDS it calls the tool again after that time, with a new token if the first has
expired. Reads LIME_BASE_URL, LIME_AGENT_ID and LIME_AGENT_TOKEN from the environment.
"""

import asyncio
import os
import sys

try:
    import httpx2 as httpx  # with version 2 of the SDK
except ImportError:
    import httpx
from mcp import ClientSession
from mcp.client.auth.extensions.client_credentials import ClientCredentialsOAuthProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import OAuthClientInformationFull, OAuthToken


class InMemory:
    """Keeps tokens as long as this process lives."""

    tokens: OAuthToken | None = None
    client: OAuthClientInformationFull | None = None

    async def get_tokens(self) -> OAuthToken | None:
        return self.tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self.tokens = tokens

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return self.client

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self.client = client_info


async def main(url: str, seconds: float | None) -> None:
    auth = ClientCredentialsOAuthProvider(
        server_url=url,
        storage=InMemory(),
        client_id=os.environ["LIME_AGENT_ID"],
        client_secret=os.environ["LIME_AGENT_TOKEN"],
        # Without it, the MCP server decides who is sent the agent's token.
        issuer=os.environ["LIME_BASE_URL"],
    )
    async with (
        httpx.AsyncClient(auth=auth, timeout=30) as http,
        streamable_http_client(url, http_client=http) as (read, write, *_),
        ClientSession(read, write) as session,
    ):
        await session.initialize()
        await call(session)
        if seconds is not None:
            await asyncio.sleep(seconds)
            await call(session)


async def call(session: ClientSession) -> None:
    result = await session.call_tool("whoami", {})
    print(f"the server knows me as agent {result.content[0].text}", flush=True)


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    asyncio.run(main(sys.argv[1], float(sys.argv[2]) if len(sys.argv) == 3 else None))
