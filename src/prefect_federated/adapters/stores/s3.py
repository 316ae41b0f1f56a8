"""S3Store: a bucket, or a prefix in one, as a content store; any server that speaks S3.

put: chunks --hash--> s3://bucket/prefix/sha256/<hex>    link: PUT prefix/links/<name> If-None-Match: *
"""

import re
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import closing
from typing import IO, Any

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config

from prefect_federated.adapters.stores.naming import redacted, segment
from prefect_federated.adapters.stores.s3_errors import S3Errors
from prefect_federated.adapters.stores.verified import CHUNK_BYTES, Sha256, require_within, verified
from prefect_federated.core.errors import ConfigurationError

PART_BYTES = 8 << 20
LONGEST_URI = 2048
_CONTENT = re.compile(r"sha256/([0-9a-f]{64})")


class S3Store:
    """Content in objects whose key is the SHA-256 of their bytes.

    Links need a server that honours `If-None-Match: *` on PUT, as AWS does since August 2024, MinIO and moto
    too; on one that ignores it, two who link a name in the same moment may both be told they were first.

    Args:
        bucket: name of an existing bucket.
        prefix: folder in it, without slashes at the ends; may be empty.
        endpoint_url: http(s) address of the server; None is AWS.
        region: AWS region; None leaves it to the environment.
        access_key_id: with `secret_access_key`; None leaves them to boto3 (environment, profile, role).
        timeout_s: bound for connecting (at most 5 s) and for each read.
        attempts: how often one request is sent at most.
    """

    scheme = "s3"

    def __init__(
        self,
        bucket: str,
        prefix: str = "",
        endpoint_url: str | None = None,
        region: str | None = None,
        access_key_id: str | None = None,
        secret_access_key: str | None = None,
        timeout_s: float = 20.0,
        attempts: int = 3,
    ) -> None:
        self.bucket, self.prefix = bucket, prefix.strip("/")
        self._errors = S3Errors(bucket, redacted(endpoint_url) if endpoint_url else "AWS S3")
        with self._errors:
            self._client = boto3.session.Session().client(
                "s3",
                endpoint_url=endpoint_url,
                region_name=region,
                aws_access_key_id=access_key_id,
                aws_secret_access_key=secret_access_key,
                config=_client_config(timeout_s, attempts, path_style=endpoint_url is not None),
            )

    def put(self, chunks: Iterable[bytes]) -> str:
        """Upload a stream, in parts where it is long; the key is known only at its end, so it is spooled."""
        fingerprint = Sha256()
        with tempfile.SpooledTemporaryFile(PART_BYTES) as spool:
            for chunk in chunks:
                fingerprint.update(chunk)
                spool.write(chunk)
            size = spool.tell()
            spool.seek(0)
            uri = self._uri(f"sha256/{fingerprint.text()}")
            self._upload(self._key(uri), spool, size)
        return uri

    def get(self, uri: str, limit_bytes: int) -> Iterator[bytes]:
        """Stream an object and compare its hash with the URI's at the end."""
        key = self._key(uri)
        return verified(self._read(key, uri, limit_bytes), Sha256(), key[-64:], uri, limit_bytes)

    def link(self, name: str, uri: str) -> str:
        """Name a URI once, by a conditional write."""
        self._key(uri)  # refuses the URIs of other stores
        standing = self.resolve(name)
        if standing is not None:
            return standing
        with self._errors.unless_taken() as outcome:
            self._client.put_object(Bucket=self.bucket, Key=self._link_key(name), Body=uri.encode(), IfNoneMatch="*")
        return uri if not outcome.taken else self.resolve(name) or uri

    def resolve(self, name: str) -> str | None:
        """The URI that a name stands for, or None."""
        with self._errors.unless_missing() as outcome:
            answer = self._client.get_object(Bucket=self.bucket, Key=self._link_key(name))
            with closing(answer["Body"]) as body:
                uri = str(body.read(LONGEST_URI).decode("ascii", "replace"))
        if outcome.missing:
            return None
        self._key(uri)  # a damaged link must not pass for a URI
        return uri

    def exists(self, uri: str) -> bool:
        """Tell whether the object is there; its content is not checked."""
        key = self._key(uri)
        with self._errors.unless_missing() as outcome:
            self._client.head_object(Bucket=self.bucket, Key=key)
        return not outcome.missing

    def _upload(self, key: str, file: IO[bytes], size: int) -> None:
        with self._errors:
            if size <= PART_BYTES:
                self._client.put_object(Bucket=self.bucket, Key=key, Body=file.read())
            else:
                config = TransferConfig(multipart_threshold=PART_BYTES, multipart_chunksize=PART_BYTES)
                self._client.upload_fileobj(file, self.bucket, key, Config=config)

    def _read(self, key: str, uri: str, limit_bytes: int) -> Iterator[bytes]:
        with self._errors.naming(uri):
            answer: dict[str, Any] = self._client.get_object(Bucket=self.bucket, Key=key)
            with closing(answer["Body"]) as body:
                require_within(int(answer.get("ContentLength", 0)), limit_bytes, uri)
                yield from body.iter_chunks(CHUNK_BYTES)

    def _uri(self, rest: str) -> str:
        return f"s3://{self.bucket}/{self._prefixed(rest)}"

    def _link_key(self, name: str) -> str:
        return self._prefixed(f"links/{segment(name)}")

    def _prefixed(self, rest: str) -> str:
        return f"{self.prefix}/{rest}" if self.prefix else rest

    def _key(self, uri: str) -> str:
        """The key of a URI of this store's.

        Raises:
            ConfigurationError: the URI names another scheme, bucket or prefix, or is no content at all.
        """
        start = self._uri("")
        if not uri.startswith(start) or not _CONTENT.fullmatch(uri[len(start) :]):
            raise ConfigurationError(
                f"{uri!r} is no content of this store ({start}sha256/<hex>); open the store that it names"
            )
        return uri[len(f"s3://{self.bucket}/") :]


def _client_config(timeout_s: float, attempts: int, path_style: bool) -> Config:
    """Explicit bounds; checksums only where S3 demands them, since the content is hashed here anyway."""
    return Config(
        connect_timeout=min(timeout_s, 5.0),
        read_timeout=timeout_s,
        retries={"total_max_attempts": attempts, "mode": "standard"},
        signature_version="s3v4",
        s3={"addressing_style": "path" if path_style else "auto"},
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
