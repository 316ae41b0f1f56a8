"""Short addresses of stores, as `--store` takes them, and the settings that they stand for.

local:DIR                                        a folder
s3://bucket/prefix?endpoint=URL&region=NAME      S3; boto3 finds the credentials
ipfs://host:port?scheme=https&timeout_s=SECONDS  the RPC of an IPFS node, http by default
"""

import re
from typing import Any, Literal
from urllib.parse import SplitResult, parse_qsl, urlsplit

from prefect_federated.core.errors import ConfigurationError

Kind = Literal["local", "s3", "ipfs"]


def settings_of(address: str) -> tuple[Kind, dict[str, Any]]:
    """Kind and settings of a store; they carry the same names in the stores and in their blocks.

    >>> settings_of("s3://payloads/rounds?endpoint=http://127.0.0.1:9000")
    ('s3', {'bucket': 'payloads', 'prefix': 'rounds', 'endpoint_url': 'http://127.0.0.1:9000', 'region': None})
    >>> settings_of("ipfs://127.0.0.1:5001")
    ('ipfs', {'api': 'http://127.0.0.1:5001', 'timeout_s': 20.0})

    Raises:
        ConfigurationError: the address is none of the three, holds credentials or an unknown option.
    """
    scheme, _, rest = address.partition(":")
    if scheme == "local" and rest.strip():
        return "local", {"root": rest}
    if scheme == "s3":
        return "s3", _s3(urlsplit(address))
    if scheme == "ipfs":
        return "ipfs", _ipfs(urlsplit(address))
    raise ConfigurationError(
        f"no content store is called {scheme!r}; use local:DIR, s3://bucket/prefix or ipfs://host:port"
    )


def _s3(parts: SplitResult) -> dict[str, Any]:
    options = _options(parts)
    endpoint, region = options.pop("endpoint", None), options.pop("region", None)
    if not parts.netloc or "@" in parts.netloc or options:
        raise ConfigurationError(
            f"s3://{_host(parts)}{parts.path} with the options {sorted(options)} is no S3 address; use"
            " s3://bucket/prefix?endpoint=URL&region=NAME and give credentials through the environment"
        )
    return {"bucket": parts.netloc, "prefix": parts.path.strip("/"), "endpoint_url": endpoint, "region": region}


def _ipfs(parts: SplitResult) -> dict[str, Any]:
    options = _options(parts)
    scheme, timeout_s = options.pop("scheme", "http"), options.pop("timeout_s", "20")
    known = scheme in ("http", "https") and re.fullmatch(r"\d+(\.\d+)?", timeout_s) and float(timeout_s) > 0
    if not known or not parts.netloc or "@" in parts.netloc or options:
        raise ConfigurationError(
            f"ipfs://{_host(parts)} with the options {sorted(_options(parts))} is no address of an IPFS RPC; use"
            " ipfs://host:port?scheme=https&timeout_s=20, and the block or an http(s) URL where credentials are needed"
        )
    return {"api": f"{scheme}://{parts.netloc}{parts.path}", "timeout_s": float(timeout_s)}


def _options(parts: SplitResult) -> dict[str, str]:
    return dict(parse_qsl(parts.query, keep_blank_values=True))


def _host(parts: SplitResult) -> str:
    return parts.netloc.rpartition("@")[2]
