"""Verifies tokens with the official SDK for MCP servers: `verify.py ORIGIN DOMAIN`, JSON of name to token on stdin."""

import json
import sys

from lime_mcp_server import TokenVerifier

origin, domain = sys.argv[1:]
with TokenVerifier(expected_domain=domain, base_url=origin) as verifier:
    verifier.warmup(raise_on_failure=True)
    results = {name: verifier.verify(token) for name, token in json.load(sys.stdin).items()}
answers = {
    name: {
        "is_valid": result.is_valid,
        "error": result.error,
        "agent_id": result.agent_id,
        "domain": result.domain,
        "claims": result.claims,
    }
    for name, result in results.items()
}
json.dump(answers, sys.stdout)
