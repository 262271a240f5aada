"""Proxies that people have in front of Core, as processes: nginx and Caddy with what is in `contrib/`, and a Node server."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

CONTRIB = Path(__file__).parents[3] / "contrib"
HERE = Path(__file__).parent
NODE_MODULES = Path(os.environ["LIME_INTEROP_VENVS"]) / "express"
START_SECONDS = 20


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


class Proxy:
    """Listens on a port of 127.0.0.1, and passes everything on to another one."""

    def __init__(self, kind: str, port: int, upstream: int, directory: Path) -> None:
        command = {"nginx": _nginx, "caddy": _caddy, "express": _express}[kind](port, upstream, directory)
        self._log = directory / f"{kind}.log"
        with self._log.open("wb") as log:
            environment = {**os.environ, "HOME": str(directory)}
            self._process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return
            except OSError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    self.stop()
                    raise AssertionError(f"{kind} did not start:\n{self._log.read_text()}") from None
                time.sleep(0.02)

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _replaced(text: str, *changes: tuple[str, str]) -> str:
    """What operators change in a file of `contrib/`; each must be there once."""
    for before, after in changes:
        assert text.count(before) == 1, f"{before!r} is there {text.count(before)} times"
        text = text.replace(before, after)
    return text


def _nginx(port: int, upstream: int, directory: Path) -> list[str]:
    snippet = _replaced(
        (CONTRIB / "nginx.conf").read_text(),
        ("server 127.0.0.1:8080;", f"server 127.0.0.1:{upstream};"),
        ("listen 443 ssl;", f"listen 127.0.0.1:{port};"),
        ("    ssl_certificate /etc/ssl/lime.example.com.pem;\n", ""),
        ("    ssl_certificate_key /etc/ssl/lime.example.com.key;\n", ""),
    )
    paths = "".join(f"{name}_temp_path {directory};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    config = directory / "nginx.conf"
    # Everything else is as nginx has it by default: one worker, buffers, timeouts.
    config.write_text(
        f"daemon off; pid {directory}/nginx.pid; error_log stderr; {'user root;' if os.geteuid() == 0 else ''}\n"
        f"events {{}} http {{ access_log off; {paths}\n{snippet}}}\n"
    )
    return [_program("nginx", "/usr/sbin/nginx"), "-c", str(config), "-p", str(directory), "-e", "stderr"]


def _caddy(port: int, upstream: int, directory: Path) -> list[str]:
    snippet = _replaced(
        (CONTRIB / "Caddyfile").read_text(),
        ("lime.example.com {", f"http://127.0.0.1:{port} {{"),
        ("reverse_proxy 127.0.0.1:8080 {", f"reverse_proxy 127.0.0.1:{upstream} {{"),
    )
    config = directory / "Caddyfile"
    config.write_text("{\n\tadmin off\n}\n" + snippet)
    return [_program("caddy", "/usr/bin/caddy"), "run", "--config", str(config), "--adapter", "caddyfile"]


def _express(port: int, upstream: int, directory: Path) -> list[str]:
    node = shutil.which("node")
    assert node, "node is not installed"
    shutil.copy(HERE / "express/proxy.js", NODE_MODULES)
    return [node, str(NODE_MODULES / "proxy.js"), f"http://127.0.0.1:{upstream}", str(port)]


def _program(package: str, path: str) -> str:
    found = subprocess.run([HERE / "debian.sh", package, path], check=True, capture_output=True, text=True)
    return found.stdout.strip()
