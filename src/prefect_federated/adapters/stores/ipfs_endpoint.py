"""Where an IPFS node's RPC listens, in the form that ipfshttpclient wants: multiaddr, base path, credentials."""

import ipaddress
from urllib.parse import unquote, urlsplit

from prefect_federated.adapters.stores.naming import redacted
from prefect_federated.core.errors import ConfigurationError


def endpoint_of(api: str) -> tuple[str, str, tuple[str, str] | None]:
    """Multiaddr, base path and credentials of an RPC address; the port is 5001, or 443 with https, if none is given.

    Raises:
        ConfigurationError: it is neither a multiaddr nor an http(s) URL.

    >>> endpoint_of("https://me:secret@node.example/ipfs")
    ('/dns/node.example/tcp/443/https', 'ipfs/api/v0', ('me', 'secret'))
    """
    if api.startswith("/"):
        return api, "api/v0", None
    try:
        parts = urlsplit(api)
        port = parts.port or (443 if parts.scheme == "https" else 5001)
    except ValueError as cause:
        raise no_address(redacted(api)) from cause
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise no_address(redacted(api))
    address = f"/{_host_kind(parts.hostname)}/{parts.hostname}/tcp/{port}/{parts.scheme}"
    credentials = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
    return address, f"{parts.path.strip('/')}/api/v0".lstrip("/"), credentials


def _host_kind(host: str) -> str:
    try:
        return f"ip{ipaddress.ip_address(host).version}"
    except ValueError:
        return "dns"


def no_address(name: str) -> ConfigurationError:
    """The error for an address that is none; `name` shows no credentials."""
    return ConfigurationError(
        f"{name} is no address of an IPFS RPC; give one like http://127.0.0.1:5001 or /ip4/127.0.0.1/tcp/5001"
    )
