"""How many masked updates one transaction shows: as many as gas and nodes take, by sizes that are true."""

import pytest
from eth_abi.abi import encode

from prefect_federated.adapters.masked_proof import MOST_BYTES, masked_batches, shown_bytes, update_gas

UPDATE = (
    "(address,bytes32,uint32,bytes,bytes32[],bytes,bytes32[],uint256[],bytes32,bytes32,(uint16,bytes32,bytes32[])[])"
)


@pytest.mark.parametrize(("chunk_bytes", "chunks", "seeds"), [(256, 2, 1), (1024, 5, 11), (1024, 4097, 64)])
def test_size_that_is_planned_with_holds_what_is_sent(chunk_bytes: int, chunks: int, seeds: int) -> None:
    path = [bytes(32)] * (chunks - 1).bit_length()
    opened = [(other, bytes(32), [bytes(32)] * 7) for other in range(seeds)]
    piece = (bytes(chunk_bytes), path)
    sent = ("0x" + "11" * 20, bytes(32), 1, *piece, *piece, [1, 1], bytes(32), bytes(32), opened)
    more = len(encode([f"{UPDATE}[]"], [[sent, sent]])) - len(encode([f"{UPDATE}[]"], [[sent]]))
    planned = shown_bytes(chunk_bytes, chunks, seeds)
    assert planned * 9 // 10 < more <= planned


@pytest.mark.parametrize("cap", [1 << 24, 1 << 22])
@pytest.mark.parametrize("seeds", [1, 11, 64])
@pytest.mark.parametrize("chunk_bytes", [256, 1024, 4096])
def test_batches_are_powers_of_two_within_gas_and_bytes(chunk_bytes: int, seeds: int, cap: int) -> None:
    size = shown_bytes(chunk_bytes, 4096, seeds)
    spans = list(masked_batches(100, size, seeds, cap))
    assert [first for first, _ in spans] == [0, *(end for _, end in spans[:-1])] and spans[-1][1] == 100
    widths = {end - first for first, end in spans[:-1]}
    assert len(widths) <= 1 and all(width & (width - 1) == 0 for width in widths)
    most = max(end - first for first, end in spans)
    assert most * size <= MOST_BYTES and most * update_gas(size, seeds) <= cap * 5 // 6
    if len(spans) > 1:
        fuller = 2 * most
        assert fuller * size > MOST_BYTES or fuller * update_gas(size, seeds) > cap * 5 // 6
