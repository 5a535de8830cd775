"""uvicorn with this project's limits: loopback unless told otherwise, no access log (addresses are personal data)."""

import threading
from types import TracebackType
from typing import Self

import uvicorn
from fastapi import FastAPI

from oracle.errors import Fatal
from oracle.ingest.connections import Doorman, guarded
from oracle.settings import Settings

_START_SECONDS = 20.0


def configuration(app: FastAPI, settings: Settings) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=guarded(Doorman(settings, app.state.shared.tally)),
        ws="none",
        host=settings.host,
        port=settings.port,
        access_log=False,
        # A warning is what anybody can cause by sending nonsense: a log that strangers can fill is a full disk.
        log_level="error",
        server_header=False,
        timeout_keep_alive=10,
        timeout_graceful_shutdown=1,
    )


class BackgroundServer:
    """The door on a thread of its own, for a process that also relays."""

    def __init__(self, app: FastAPI, settings: Settings) -> None:
        self._settings = settings
        self._server = uvicorn.Server(configuration(app, settings))
        self._thread = threading.Thread(target=self._server.run, name="ingest", daemon=True)

    @property
    def url(self) -> str:
        port = self._settings.port or self._server.servers[0].sockets[0].getsockname()[1]
        return f"http://{self._settings.host}:{port}"

    def start(self) -> Self:
        """Raises Fatal where the port is in use."""
        self._thread.start()
        waited = threading.Event()
        for _ in range(int(_START_SECONDS / 0.02)):
            if self._server.started:
                return self
            if not self._thread.is_alive():
                break
            waited.wait(0.02)
        raise Fatal(
            "ingest",
            f"cannot listen on {self._settings.host}:{self._settings.port}",
            "Stop what listens there, or set CISE_PORT to another port.",
        )

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(timeout=10)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
