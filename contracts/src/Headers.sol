// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title What a past block's hash and header say.
/// @notice A contract can read prevrandao of the current block alone, so who chooses when to call would choose the
/// number. The header of a block fixed in advance has one prevrandao whenever it is shown.
library Headers {
    /// Thrown when bytes are no header of a block since the Merge.
    error NoHeader();

    /// Keeps the hashes of the last 8,191 blocks, on chains that have EIP-2935.
    address internal constant HISTORY = 0x0000F90827F1C53a10cb7A02335B175320002935;

    /// Fields before prevrandao: parent, ommers, beneficiary, state, transactions, receipts, bloom, difficulty,
    /// number, gas limit, gas used, time, extra data.
    uint256 private constant BEFORE = 13;

    /// The block's hash: of the last 256 by the opcode, of older ones by EIP-2935; 0 if the chain knows neither.
    function hashOf(uint256 number) internal view returns (bytes32 hash) {
        hash = blockhash(number);
        if (hash != 0) return hash;
        (bool ok, bytes memory answer) = HISTORY.staticcall(abi.encode(number));
        if (ok && answer.length == 32) hash = abi.decode(answer, (bytes32));
    }

    /// prevrandao (once mixHash), the fourteenth field of an RLP header.
    function prevrandaoOf(bytes calldata header) internal pure returns (bytes32) {
        if (header.length < 2 || uint8(header[0]) < 0xf8) revert NoHeader();
        uint256 at = 1 + uint256(uint8(header[0])) - 0xf7;
        for (uint256 i; i < BEFORE; ++i) {
            at = _skip(header, at);
        }
        if (at + 33 > header.length || uint8(header[at]) != 0xa0) revert NoHeader();
        return bytes32(header[at + 1:at + 33]);
    }

    /// @dev The place after the string that begins at `at`.
    function _skip(bytes calldata header, uint256 at) private pure returns (uint256) {
        if (at >= header.length) revert NoHeader();
        uint256 first = uint8(header[at]);
        if (first < 0x80) return at + 1;
        if (first < 0xb8) return at + 1 + first - 0x80;
        uint256 width = first - 0xb7;
        if (first > 0xbf || at + 1 + width > header.length) revert NoHeader();
        uint256 length;
        for (uint256 i = 1; i <= width; ++i) {
            length = (length << 8) | uint8(header[at + i]);
        }
        if (length > header.length) revert NoHeader();
        return at + 1 + width + length;
    }
}
