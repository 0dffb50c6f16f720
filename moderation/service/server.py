"""Running the service on uvicorn, with a connection that loses patience and does not take every header."""

import gc
import socket
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from moderation.errors import SettingsError
from moderation.service import logs
from moderation.service.app import build_app
from moderation.service.core import Service
from moderation.service.settings import Limits


def serve(service: Service) -> None:
    """Serve until a signal ends it, and finish what was taken before that.

    Raises SettingsError where the address cannot be listened at.
    """
    logs.set_up()
    settings = service.settings
    kind = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        listener = socket.create_server((settings.host, settings.port), family=kind, backlog=2048)
    except OSError as error:
        address = f"{settings.host}:{settings.port}"
        raise SettingsError(
            f"{address}: cannot be listened at ({error.strerror}). Choose another --port or --host."
        ) from None
    host, port = listener.getsockname()[:2]
    logs.event("started", host=host, port=port, model=service.engine.scorer.model)
    gc.collect()
    gc.freeze()  # what is loaded stays: no later collection needs to look through it
    with listener:
        make_server(service).run([listener])


def make_server(service: Service) -> uvicorn.Server:
    """Return a server, ready to run, around a service."""
    settings = service.settings
    return uvicorn.Server(
        uvicorn.Config(
            build_app(service),
            loop="auto",
            http=_patience(settings.limits),
            ws="none",
            access_log=False,
            log_config=None,
            server_header=False,
            proxy_headers=False,  # nothing here rests on who a proxy says the caller is
            date_header=False,
            timeout_graceful_shutdown=settings.limits.shutdown,
            limit_concurrency=settings.limits.connections,
        )
    )


def _patience(limits: Limits) -> type[HttpToolsProtocol]:
    """Return uvicorn's connection, closed where the headers of a request take too long or too much."""

    class Connection(HttpToolsProtocol):
        _deadline: Any = None
        _size = 0

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            self._wait(limits.header_timeout)

        def connection_lost(self, exc: Exception | None) -> None:
            self._stop_waiting()
            super().connection_lost(exc)

        def on_message_begin(self) -> None:
            super().on_message_begin()
            self._size = 0
            self._wait(limits.header_timeout)

        def on_url(self, url: bytes) -> None:
            self._count(len(url))
            super().on_url(url)

        def on_header(self, name: bytes, value: bytes) -> None:
            self._count(len(name) + len(value))
            super().on_header(name, value)

        def on_headers_complete(self) -> None:
            # The application answers a slow body itself, and a large one before it is all there. This ends what goes on
            # sending all the same.
            self._wait(limits.body_timeout + limits.header_timeout)
            super().on_headers_complete()

        def on_message_complete(self) -> None:
            self._stop_waiting()
            super().on_message_complete()

        def _wait(self, seconds: float) -> None:
            self._stop_waiting()
            self._deadline = self.loop.call_later(seconds, self.transport.close)

        def _stop_waiting(self) -> None:
            if self._deadline is not None:
                self._deadline.cancel()
                self._deadline = None

        def _count(self, size: int) -> None:
            self._size += size + 4
            if self._size > limits.headers:
                self.transport.close()
                raise ValueError("too many headers")  # the parser makes an error of its own of it, and stops

    return Connection
