"""What boto3 raises, told as this package's errors: who must act, the operator, the author or a retry."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType

from boto3.exceptions import Boto3Error
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,
    HTTPClientError,
    IncompleteReadError,
    ResponseStreamingError,
)

from prefect_federated.core.errors import ConfigurationError, ContentMissing, FederatedError, StoreUnreachable

_UNREACHABLE = (ConnectionError, HTTPClientError, IncompleteReadError, ResponseStreamingError, OSError)
_MISSING = {"NoSuchKey", "404", "NotFound"}
_TAKEN = {"PreconditionFailed", "412", "ConditionalRequestConflict", "409"}
_BUSY = {"SlowDown", "RequestTimeout", "Throttling", "ThrottlingException", "429", "InternalError"}


@dataclass(slots=True)
class Outcome:
    """What a tolerated refusal was."""

    missing: bool = False
    taken: bool = False


class S3Errors:
    """A context that turns boto3's errors into `FederatedError`s; it never shows a credential.

    Args:
        bucket: named in every message.
        server: the endpoint without user info, path and query.
    """

    def __init__(self, bucket: str, server: str, uri: str | None = None) -> None:
        self._bucket, self._server, self._uri = bucket, server, uri

    def naming(self, uri: str) -> "S3Errors":
        """The same context for one URI, which messages then name."""
        return S3Errors(self._bucket, self._server, uri)

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if isinstance(error, (ClientError, BotoCoreError, Boto3Error, OSError, ValueError)):
            raise self._told(error) from error

    @contextmanager
    def unless_missing(self) -> Iterator[Outcome]:
        """Tolerate that an object is not there."""
        outcome = Outcome()
        with self:
            try:
                yield outcome
            except ClientError as error:
                if _code(error) not in _MISSING:
                    raise
                outcome.missing = True

    @contextmanager
    def unless_taken(self) -> Iterator[Outcome]:
        """Tolerate that a conditional write found an object, or another write under way."""
        outcome = Outcome()
        with self:
            try:
                yield outcome
            except ClientError as error:
                if _code(error) not in _TAKEN:
                    raise
                outcome.taken = True

    def _told(self, error: Exception) -> FederatedError:
        where = f"bucket {self._bucket!r} at {self._server}"
        if isinstance(error, ClientError):
            return self._refusal(error, where)
        cause = error.__context__ if isinstance(error, Boto3Error) else error
        if isinstance(cause, ClientError):
            return self._refusal(cause, where)
        if isinstance(cause, _UNREACHABLE):
            return StoreUnreachable(
                f"{where} does not answer ({type(cause).__name__}); check address and network, then try again"
            )
        return ConfigurationError(
            f"{where} cannot be used ({type(cause).__name__}); check endpoint, region and credentials"
        )

    def _refusal(self, error: ClientError, where: str) -> FederatedError:
        code, status = _code(error), int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
        if code in _MISSING and self._uri:
            return ContentMissing(f"{self._uri} is not in {where}; ask its author to store it again")
        if status >= 500 or code in _BUSY:
            return StoreUnreachable(f"{where} is overloaded or broken ({code}); try again later")
        return ConfigurationError(
            f"{where} refused the request ({code}); check the bucket's name, its region and the credentials"
        )


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
