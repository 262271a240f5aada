"""Processes that tests run against, stopped and looked at afterwards."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

# The SDKs read their settings from the environment, and httpx its proxies.
for name in [name for name in os.environ if name.startswith("LIME_")]:
    if not name.startswith("LIME_INTEROP_") and name not in ("LIME_CORE_BINARY", "LIME_KILLS", "LIME_LOGINS"):
        del os.environ[name]
os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1"
ROOT = Path(__file__).parents[3]
os.environ.setdefault("LIME_CORE_BINARY", str(ROOT / "target/debug/lime-core"))
os.environ.setdefault("LIME_INTEROP_MCP_PYTHON", str(ROOT / "target/interop/mcp/bin/python"))
os.environ.setdefault("LIME_INTEROP_VENVS", str(ROOT / "target/interop"))
os.environ.setdefault("LIME_INTEROP_RUST", str(ROOT / "target/debug"))

sys.path.insert(0, str(Path(__file__).parent / "names"))

import lookup  # noqa: E402
from core import Core  # noqa: E402
from mcp_servers import McpServer  # noqa: E402
from proxies import Proxy  # noqa: E402

StartCore = Callable[..., Core]
StartMcpServer = Callable[[str, str], McpServer]
StartProxy = Callable[[str, int, int], None]


@pytest.fixture
def start_core(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartCore]:
    """Starts Cores, and stops them after the test: in time, in order, without a panic, with no secret in the log."""

    def stop(core: Core) -> None:
        try:
            code = core.terminate()
        finally:
            log = core.log()
            print(f"lime-core on {core.origin}:\n{log}")
        assert code == 0
        assert "panicked" not in log
        tokens = [value for name, value in core.environment.items() if "_TOKEN" in name]
        assert not any(token in log for token in tokens), "a token in the log"
        assert "eyJ" not in log, "a JWT in the log"

    with ExitStack() as stack:

        def start(**options: int | str) -> Core:
            core = Core(tmp_path_factory.mktemp("core"), **options)
            stack.callback(stop, core)
            return core

        yield start


@pytest.fixture
def core(start_core: StartCore) -> Core:
    """A Core with three sites and four agents."""
    return start_core(sites=3, agents=4)


@pytest.fixture
def start_proxy(tmp_path: Path) -> Iterator[StartProxy]:
    """Starts proxies in front of addresses of this machine, and stops them after the test."""
    with ExitStack() as stack:

        def start(kind: str, port: int, upstream: int) -> None:
            proxy = Proxy(kind, port, upstream, tmp_path)
            stack.callback(proxy.stop)

        yield start


@pytest.fixture
def start_mcp_server() -> Iterator[StartMcpServer]:
    """Starts MCP servers behind `lime_mcp_server.TokenVerifier`, and stops them after the test."""
    with ExitStack() as stack:

        def start(origin: str, domain: str) -> McpServer:
            server = McpServer(origin, domain)
            stack.callback(server.stop)
            return server

        yield start


@pytest.fixture
def lime_test_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """In this process, all names under lime.test lead to this machine."""
    monkeypatch.setattr(socket, "getaddrinfo", lookup.getaddrinfo)
