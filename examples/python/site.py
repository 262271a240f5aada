"""A site's backend: makes a login request, waits for an agent to answer it, and says who has come in.

Reads LIME_API_BASE and LIME_SITE_TOKEN from the environment.
"""

import asyncio
import sys

from lime_sites import LimeError, LimeSite


async def main() -> None:
    # It opens the site's event stream at once, for which it needs a running loop.
    async with LimeSite() as site:
        answers: asyncio.Queue[tuple[str, str | None]] = asyncio.Queue()

        @site.on_login
        async def on_login(request_id: str, passport: str | None) -> None:
            await answers.put((request_id, passport))

        request = await site.create_login_request()
        print(f"login request {request.request_id}, open until {request.expires_at:%H:%M:%S} UTC", flush=True)

        # All events of the site come here, and those of the last minute once more: the id tells which is
        # which.
        request_id, passport = await answers.get()
        while request_id != request.request_id:
            request_id, passport = await answers.get()
        if passport is None:
            sys.exit("nobody came: the request has expired")

        verified = await site.verify_passport(passport, expected_request_id=request.request_id)
        print(f"agent {verified.claims['agent_id']} of user {verified.claims['user_id']} has logged in")


try:
    asyncio.run(main())
except LimeError as error:
    sys.exit(f"error: {error}")
