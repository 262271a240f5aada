"""A `lime-core dev` process, and the official clients of it."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import httpx
from lime_agents import LimeAgent
from lime_sites import LimeSite

BINARY = Path(os.environ["LIME_CORE_BINARY"])
START_SECONDS = 20
STOP_SECONDS = 5


class Core:
    """A process on a port of its own, ready when this is made. Options are those of the command: `ttl=2`."""

    def __init__(self, directory: Path, **options: int | str) -> None:
        env_file = directory / "lime.env"
        self._log = directory / "lime-core.log"
        options = {"port": 0, **options}
        if os.environ.get("LIME_INTEROP_STORE") == "sqlite":
            options.setdefault("store", f"sqlite:{directory / 'store.db'}")
        arguments = [f"--{name.replace('_', '-')}={value}" for name, value in options.items()]
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [BINARY, "dev", f"--env-file={env_file}", *arguments], stdout=log, stderr=log
            )
        deadline = time.monotonic() + START_SECONDS
        # The file appears whole, and once the port is open.
        while not env_file.exists():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.process.kill()
                raise AssertionError(f"lime-core did not start:\n{self.log()}")
            time.sleep(0.005)
        self.environment = dict(line.split("=", 1) for line in env_file.read_text().splitlines())
        self.api = self.environment["LIME_API_BASE"]
        self.origin = self.environment["LIME_BASE_URL"]

    def log(self) -> str:
        return self._log.read_text(errors="replace")

    def terminate(self) -> int:
        """Asks it to stop, unless it has, and returns its exit code."""
        self.process.send_signal(signal.SIGTERM)  # does nothing to one that has ended
        try:
            return self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"lime-core did not stop within {STOP_SECONDS} s:\n{self.log()}") from None

    def site_token(self, number: int = 1) -> str:
        return self._token("SITE", number)

    def agent_token(self, number: int = 1) -> str:
        return self._token("AGENT", number)

    def site(self, number: int = 1, **options: Any) -> LimeSite:
        return LimeSite(**{"site_token": self.site_token(number), "base_url": self.api, **options})

    def agent(self, number: int = 1, **options: Any) -> LimeAgent:
        return LimeAgent(**{"agent_token": self.agent_token(number), "base_url": self.api, **options})

    def http(self, **headers: str) -> httpx.AsyncClient:
        """A plain client, for what the SDKs would not send."""
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        return httpx.AsyncClient(base_url=self.api, headers=headers, timeout=10)

    def _token(self, kind: str, number: int) -> str:
        return self.environment[f"LIME_{kind}_TOKEN" + (f"_{number}" if number > 1 else "")]
