"""An MCP server that lets in agents with tokens from LIME: `server.py ORIGIN DOMAIN`. Prints its port once it listens."""

import asyncio
import socket
import sys

import uvicorn
from lime_mcp_server import TokenVerifier
from mcp.server.auth.middleware.auth_context import get_access_token
from mcp.server.auth.provider import AccessToken
from mcp.server.auth.settings import AuthSettings
from mcp.server.fastmcp import FastMCP
from mcp.server.transport_security import TransportSecuritySettings


class LimeTokens:
    """The official verifier, in the terms of the `mcp` package."""

    def __init__(self, verifier: TokenVerifier) -> None:
        self._verifier = verifier

    async def verify_token(self, token: str) -> AccessToken | None:
        result = await self._verifier.verify_async(token)
        claims = result.valid_claims
        if claims is None:
            return None
        return AccessToken(
            token=token,
            client_id=claims["sub"],
            scopes=[],
            expires_at=claims["exp"],
            subject=claims["sub"],
            claims=dict(claims),
        )


def server(origin: str, domain: str, port: int) -> FastMCP:
    mcp = FastMCP(
        "interop",
        auth=AuthSettings(
            issuer_url=origin,
            resource_server_url=f"http://{domain}:{port}/mcp",
            # The verifier sees to it that a token is for this domain.
            validate_token_resource=False,
        ),
        token_verifier=LimeTokens(TokenVerifier(expected_domain=domain, base_url=origin)),
        transport_security=TransportSecuritySettings(allowed_hosts=[f"{domain}:{port}"]),
        log_level="ERROR",
    )

    @mcp.tool()
    def add(a: int, b: int) -> int:
        """Adds two numbers."""
        return a + b

    @mcp.tool()
    def whoami() -> str:
        """Tells the agent who it is."""
        token = get_access_token()
        return token.client_id if token else "nobody"

    return mcp


def main() -> None:
    origin, domain = sys.argv[1:]
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        app = server(origin, domain, port).streamable_http_app()
        # From here on the system queues connections.
        print(port, flush=True)
        asyncio.run(uvicorn.Server(uvicorn.Config(app, log_level="error")).serve(sockets=[listener]))


main()
