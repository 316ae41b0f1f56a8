"""IpfsStore: an IPFS node's RPC as a content store; the CID is computed here and compared both ways.

put: chunks --add--> node's CID == own CID?      get: CID --cat--> chunks --own CID == asked CID?
"""

import re
from collections.abc import Iterable, Iterator

from prefect_federated.adapters.stores.cid import LEAF_BYTES, MAX_LINKS, CidFingerprint
from prefect_federated.adapters.stores.ipfs_node import IpfsNode, NodeRefused, NothingFound
from prefect_federated.adapters.stores.naming import segment
from prefect_federated.adapters.stores.verified import regrouped, verified
from prefect_federated.core.errors import ConfigurationError, ContentMismatch, ContentMissing

LINKS = "/federated/links"
LONGEST_URI = 256
# CIDv1 of a UnixFS file or a raw leaf under SHA-256, in base32. A node would refuse all else, as if it were in trouble.
_URI = re.compile(r"ipfs://(baf(?:ybei|krei)[a-z2-7]{51}[aeimquy4])")


class IpfsStore:
    """Content in an IPFS node, pinned there; URIs are `ipfs://<CIDv1>` and name no node.

    Links live in the node's own mutable file system: names are of this node, content is of the whole network.

    Args:
        api: multiaddr (`/ip4/127.0.0.1/tcp/5001`) or http(s) URL of the RPC, which may hold user and password.
        timeout_s: bound for an answer; content nobody supplies within it counts as missing.
        credentials: user and password for HTTP basic authentication.
    """

    scheme = "ipfs"

    def __init__(self, api: str, timeout_s: float = 20.0, credentials: tuple[str, str] | None = None) -> None:
        self._node = IpfsNode(api, timeout_s, credentials)
        self._links_ready = False

    def put(self, chunks: Iterable[bytes]) -> str:
        """Add and pin a stream.

        Raises:
            ContentMismatch: the node names another CID than its bytes have under the layout we asked for.
        """
        fingerprint = CidFingerprint()

        def content() -> Iterator[bytes]:
            for chunk in regrouped(chunks):
                fingerprint.update(chunk)
                yield chunk

        found = self._node.add(content(), LEAF_BYTES, MAX_LINKS)
        if found != fingerprint.text():
            raise ContentMismatch(
                f"the IPFS node {self._node.name} stored {fingerprint.text()} as {found}; let it follow the"
                " options of a request (raw leaves, 256 KiB chunks, 174 links, CID version 1)"
            )
        return f"ipfs://{found}"

    def get(self, uri: str, limit_bytes: int) -> Iterator[bytes]:
        """Stream a file and compare its CID with the URI's at the end."""
        cid = _cid(uri)
        return verified(self._read(cid, uri, limit_bytes), CidFingerprint(), cid, uri, limit_bytes)

    def link(self, name: str, uri: str) -> str:
        """Name a URI once: a copy inside the node's file system fails where the name is taken."""
        _cid(uri)  # refuses the URIs of other stores
        standing = self.resolve(name)
        if standing is not None:
            return standing
        if not self._links_ready:
            self._node.make_folder(LINKS)
            self._links_ready = True
        try:
            self._node.copy(self._node.add([uri.encode()], LEAF_BYTES, MAX_LINKS), _path(name))
        except NodeRefused:
            standing = self.resolve(name)
            if standing is None:
                raise  # not because somebody was first
            return standing
        return self.resolve(name) or uri

    def resolve(self, name: str) -> str | None:
        """The URI that a name stands for, or None."""
        content = self._node.read_file(_path(name), LONGEST_URI)
        if content is None:
            return None
        uri = content.decode("ascii", "replace")
        _cid(uri)  # a damaged link must not pass for a URI
        return uri

    def exists(self, uri: str) -> bool:
        """Tell whether the node itself holds the first block of the content."""
        return self._node.has_block(_cid(uri))

    def _read(self, cid: str, uri: str, limit_bytes: int) -> Iterator[bytes]:
        try:
            yield from self._node.cat(cid, limit_bytes + 1)
        except NothingFound as cause:
            raise ContentMissing(
                f"the IPFS node {self._node.name} found nobody who holds {uri} ({cause}); ask its author to pin"
                " it and to keep a node online"
            ) from cause


def _cid(uri: str) -> str:
    match = _URI.fullmatch(uri)
    if match is None:
        raise ConfigurationError(
            f"{uri!r} is no content of an IPFS store (ipfs://<CIDv1, base32>); open the store that it names"
        )
    return match[1]


def _path(name: str) -> str:
    return f"{LINKS}/{segment(name)}"
