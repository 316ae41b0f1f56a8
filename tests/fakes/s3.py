"""moto's S3 over real HTTP, and a client of it."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

ACCESS_KEY, SECRET, REGION = "AKIATEST", "hunter2-and-more", "us-east-1"


class _Prompt(WSGIRequestHandler):
    disable_nagle_algorithm = True  # else each answer waits 40 ms for the one who reads its head


@contextmanager
def s3_server() -> Iterator[str]:
    """Serve S3; its address."""
    with moto_server() as url:
        yield url


@contextmanager
def moto_server(guarded: Callable[[Any], Any] = lambda app: app) -> Iterator[str]:
    """Serve all of moto. One request at a time, since moto checks If-None-Match and writes in two steps.

    Args:
        guarded: puts something in front of moto.
    """
    app, one_at_a_time = guarded(DomainDispatcherApplication(create_backend_app)), threading.Lock()

    def serialised(environ: dict[str, Any], start_response: Any) -> Any:
        with one_at_a_time:
            return app(environ, start_response)

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, serialised, threaded=True, request_handler=_Prompt)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()


def s3_client(url: str) -> Any:
    """A client with the credentials that the tests use."""
    return boto3.client(
        "s3",
        endpoint_url=url,
        region_name=REGION,
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET,
    )
