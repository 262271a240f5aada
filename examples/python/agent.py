"""An agent: logs in with the id of a login request, which the site has handed to it.

Usage: agent.py REQUEST_ID. Reads LIME_API_BASE and LIME_AGENT_TOKEN from the environment.
"""

import asyncio
import sys

from lime_agents import LimeAgent, LimeError


async def main(request_id: str) -> None:
    async with LimeAgent() as agent:
        profile = await agent.get_profile()
        print(f"I am {profile.display_name}, agent {profile.agent_id}")
        # Fetches the challenge, solves it, and sends the nonce. The site gets the passport, the agent never
        # sees it.
        result = await agent.login(request_id)
        print(f"site {result.site_id} has been told: {result.status}")


if len(sys.argv) != 2:
    sys.exit("usage: agent.py REQUEST_ID")
try:
    asyncio.run(main(sys.argv[1]))
except LimeError as error:
    sys.exit(f"error: {error}")
