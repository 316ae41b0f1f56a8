"""The few calls of an IPFS node's RPC that we need, bounded in time and size, redirects refused.

ipfshttpclient 0.7.0 is used through `Client`, not `connect()`, which refuses every node since 2021.
"""

import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import ipfshttpclient
import requests
import urllib3
from ipfshttpclient import exceptions

from prefect_federated.adapters.stores.ipfs_endpoint import endpoint_of, no_address
from prefect_federated.adapters.stores.naming import redacted
from prefect_federated.core.errors import ConfigurationError, StoreUnreachable

# The library still passes `strict` to urllib3, once a session.
warnings.filterwarnings("ignore", "The 'strict' parameter is no longer needed", FutureWarning)

PROBE_S = 3.0
LONGEST_REASON = 300
_ABSENT = (
    "not found",
    "could not find",
    "does not exist",
    "no such file",
    "no link named",
    "context deadline exceeded",
    "timed out",
)


# What Kubo says of a CID whose author put no file there; it will never be one.
_NO_FILE = ("this dag node is a directory", "unrecognized node type", "incorrectly formatted merkledag node")


class NodeRefused(StoreUnreachable):
    """Raised when the node answers a call with an error of its own."""

    @property
    def absent(self) -> bool:
        """Tell whether the error says that something is not there."""
        return any(word in str(self).lower() for word in _ABSENT)

    @property
    def no_file(self) -> bool:
        """Tell whether the error says that what is there can never be read as a file."""
        return any(word in str(self).lower() for word in _NO_FILE)


class NothingFound(Exception):
    """Raised when the node has not got the content, or got it from nobody in time."""


class IpfsNode:
    """One node. Each call opens a connection of its own, so that threads and forks do not meet.

    Args:
        api: multiaddr or http(s) URL of the RPC.
        timeout_s: bound for connecting (at most 5 s) and for each read, seconds.
        credentials: user and password for HTTP basic authentication.

    Raises:
        ConfigurationError: `api` is neither.
    """

    def __init__(self, api: str, timeout_s: float, credentials: tuple[str, str] | None = None) -> None:
        address, base, found = endpoint_of(api)
        self.name, self._timeout_s = (address if api.startswith("/") else redacted(api)), timeout_s
        try:
            self._client = ipfshttpclient.Client(
                address, base, auth=credentials or found, timeout=(min(timeout_s, 5.0), timeout_s)
            )
        except exceptions.AddressError as cause:
            raise no_address(self.name) from cause
        # The library has no switch for redirects: every session it makes gets this method set.
        self._client._client._session_props["get_redirect_target"] = _refuse_redirect

    def add(self, chunks: Iterable[bytes], leaf_bytes: int, max_links: int) -> str:
        """Add and pin a stream; returns the CID that the node names."""
        options = {
            "cid-version": "1",
            "cid-base": "base32",
            "raw-leaves": "true",
            "chunker": f"size-{leaf_bytes}",
            "max-file-links": str(max_links),
            "trickle": "false",
            "pin": "true",
        }
        with self._told("add"):
            return str(self._client.add_bytes(chunks, opts=options))

    def cat(self, cid: str, length: int) -> Iterator[bytes]:
        """Stream at most `length` bytes of a file.

        Raises:
            NothingFound: the node says so, has no file there, or lives but sends nothing in time.
        """
        started = False
        try:
            options = {"length": str(length)}
            with self._told("cat"), self._client.cat(cid, opts=options, stream=True) as stream:
                for chunk in stream:
                    started = True
                    yield chunk
        except NodeRefused as refusal:
            if refusal.no_file:
                raise NothingFound("that is no file") from refusal
            if not refusal.absent:
                raise
            raise NothingFound("it says so") from refusal
        except _TimedOut as timeout:
            if started or not self.lives():
                raise
            raise NothingFound(f"no answer within {self._timeout_s:g} s") from timeout

    def has_block(self, cid: str) -> bool:
        """Tell whether the block lies in the node's own repository; nobody else is asked."""
        try:
            with self._told("block/stat"):
                self._client.block.stat(cid, offline=True)
        except NodeRefused as refusal:
            if not refusal.absent:
                raise
            return False
        except _TimedOut:
            if self.lives():
                return False  # older nodes do not know `offline` and ask the network
            raise
        return True

    def make_folder(self, path: str) -> None:
        """Make a folder and those above it; an existing one is fine."""
        with self._told("files/mkdir"):
            self._client.files.mkdir(path, parents=True)

    def copy(self, cid: str, path: str) -> None:
        """Enter content under a new path.

        Raises:
            NodeRefused: there is something at that path, or nothing to copy.
        """
        with self._told("files/cp"):
            self._client.files.cp(f"/ipfs/{cid}", path)

    def read_file(self, path: str, limit_bytes: int) -> bytes | None:
        """The first bytes of a file in the node's file system, or None."""
        try:
            with self._told("files/read"):
                return bytes(self._client.files.read(path, count=limit_bytes))
        except NodeRefused as refusal:
            if not refusal.absent:
                raise
            return None

    def lives(self) -> bool:
        """Tell whether the node answers at all."""
        try:
            with self._told("version"):
                self._client.version(timeout=(PROBE_S, PROBE_S))
        except StoreUnreachable:
            return False
        return True

    @contextmanager
    def _told(self, call: str) -> Iterator[None]:
        """Turn whatever the library lets through into this package's errors, without credentials."""
        try:
            yield
        except exceptions.ErrorResponse as refusal:
            reason = str(refusal.args[0] if refusal.args else refusal)
            raise NodeRefused(
                f"the IPFS node {self.name} refused {call}: {reason[:LONGEST_REASON]}; see the node's log and try again"
            ) from refusal
        except exceptions.StatusError as refusal:
            raise self._status(call, refusal) from refusal
        except (exceptions.Error, requests.RequestException, urllib3.exceptions.HTTPError) as cause:
            if _is_timeout(cause):
                raise _TimedOut(
                    f"the IPFS node {self.name} did not answer {call} within {self._timeout_s:g} s;"
                    " check that it runs and try again"
                ) from cause
            raise StoreUnreachable(
                f"the IPFS node {self.name} did not answer {call} ({type(cause).__name__}); check that it runs,"
                " that the address is its RPC and not its gateway, and try again"
            ) from cause
        except _Redirected as cause:
            raise ConfigurationError(
                f"the IPFS node {self.name} answers {call} with a redirect, and none is followed;"
                " give the final address"
            ) from cause

    def _status(self, call: str, refusal: Any) -> ConfigurationError | StoreUnreachable:
        response = getattr(refusal.original, "response", None)
        status = getattr(response, "status_code", 0)
        if status in (401, 403, 404, 405):
            return ConfigurationError(
                f"the IPFS node {self.name} answers {call} with HTTP {status}; check the address and the credentials"
            )
        return StoreUnreachable(f"the IPFS node {self.name} answers {call} with HTTP {status}; try again later")


class _TimedOut(StoreUnreachable):
    """Raised when an answer, or the next piece of one, did not come in time."""


class _Redirected(Exception):
    """Raised instead of following a redirect."""


def _refuse_redirect(response: Any) -> None:
    if response.is_redirect or response.is_permanent_redirect:
        response.close()
        raise _Redirected(response.status_code)


def _is_timeout(cause: BaseException | None) -> bool:
    """Look through the wrappers: a read that times out within a stream comes as a ConnectionError."""
    kinds = (exceptions.TimeoutError, requests.Timeout, urllib3.exceptions.TimeoutError)
    seen = 0
    while cause is not None and seen < 8:
        if isinstance(cause, kinds) or any(isinstance(arg, kinds) for arg in cause.args):
            return not isinstance(cause, urllib3.exceptions.NewConnectionError)
        cause, seen = cause.__cause__ or cause.__context__, seen + 1
    return False
