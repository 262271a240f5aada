"""An MCP server: takes the tokens that LIME Core has issued for its own URL, and no others.

Usage: server.py URL, such as http://mcp.lime.test:9000/mcp. Reads LIME_BASE_URL, the issuer, from the environment.
"""

import asyncio
import os
import sys
from typing import Any
from urllib.parse import urlsplit

import jwt
from mcp.server import MCPServer
from mcp.server.auth.middleware.auth_context import get_access_token
from mcp.server.auth.provider import AccessToken
from mcp.server.auth.settings import AuthSettings
from mcp.server.transport_security import TransportSecuritySettings

REQUIRED = ["exp", "iat", "iss", "aud", "sub", "client_id", "jti"]


class Verifier:
    """Verifies tokens by the issuer's public keys, which are fetched once in five minutes."""

    def __init__(self, issuer: str, url: str) -> None:
        self.issuer, self.url = issuer, url
        self.keys = jwt.PyJWKClient(f"{issuer}/api/v1/core/.well-known/jwks.json", lifespan=300)

    async def verify_token(self, token: str) -> AccessToken | None:
        try:
            claims = await asyncio.to_thread(self.claims, token)
        except jwt.PyJWTError:
            return None
        return AccessToken(
            token=token,
            client_id=claims["client_id"],
            subject=claims["sub"],
            scopes=claims.get("scope", "").split(),
            expires_at=claims["exp"],
            resource=self.url,
            claims=claims,
        )

    def claims(self, token: str) -> dict[str, Any]:
        if jwt.get_unverified_header(token).get("typ") != "at+jwt":
            raise jwt.InvalidTokenError("no access token")
        key = self.keys.get_signing_key_from_jwt(token)
        # Where `aud` is a list, one of it has to be this server's URL.
        return jwt.decode(
            token, key, algorithms=["RS256"], issuer=self.issuer, audience=self.url, options={"require": REQUIRED}
        )


def main(url: str) -> None:
    issuer, place = os.environ["LIME_BASE_URL"], urlsplit(url)
    server = MCPServer(
        "LIME example",
        token_verifier=Verifier(issuer, url),
        # Publishes the metadata of RFC 9728, by which clients find the issuer.
        auth=AuthSettings(issuer_url=issuer, resource_server_url=url, validate_token_resource=True),
    )

    @server.tool()
    def whoami() -> str:
        """Tells the agent who it is."""
        token = get_access_token()
        return token.subject if token and token.subject else ""

    server.run(
        "streamable-http",
        port=place.port or 9000,
        streamable_http_path=place.path,
        transport_security=TransportSecuritySettings(allowed_hosts=[place.netloc]),
    )


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
