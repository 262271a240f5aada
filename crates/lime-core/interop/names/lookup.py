"""All names under lime.test lead to this machine."""

import socket
from typing import Any

_look_up = socket.getaddrinfo


def getaddrinfo(host: Any, *arguments: Any, **options: Any) -> Any:
    """In the place of `socket.getaddrinfo`, by which asyncio looks names up, too."""
    name = host.decode() if isinstance(host, bytes) else host
    is_ours = isinstance(name, str) and name.endswith(".lime.test")
    return _look_up("127.0.0.1" if is_ours else host, *arguments, **options)
