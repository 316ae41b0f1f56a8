// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRelays} from "../src/interfaces/IRelays.sol";
import {IRolls} from "../src/interfaces/IRolls.sol";
import {RelayBase} from "./RelayBase.sol";
import {vm} from "./RoundBase.sol";
import {Trees} from "./Trees.sol";

/// A task that takes rolled commits, and the leaves of rolls with their paths, written from IRolls and not with the
/// contracts' code.
abstract contract Leaves is RelayBase {
    uint256 internal constant POSTER_KEY = 0x5e06;
    uint256 internal constant OTHER_KEY = 0x5e07;
    string internal constant COMMITS = "s3://bucket/commits";
    string internal constant OPENINGS = "s3://bucket/openings";
    string internal constant PAYLOAD = "s3://bucket/payload";

    address internal poster = vm.addr(POSTER_KEY);
    address internal other = vm.addr(OTHER_KEY);
    bytes[] internal commits; // the roll of `poster`
    bytes[] internal openings;

    function _params() internal view virtual override returns (TaskParams memory p) {
        p = super._params();
        p.modes = 7;
    }

    function _commitLeaf(uint256 i) internal view returns (bytes memory) {
        return _packed(uint16(i), _commitOf(i));
    }

    function _packed(uint16 index, IRelays.SignedCommit memory c) internal pure returns (bytes memory) {
        return abi.encodePacked(index, c.participant, c.commitment, c.grantId, c.evidenceHash, c.r, c.vs);
    }

    function _openingLeaf(uint256 i) internal view returns (bytes memory) {
        return _packed(_openingAt(i, PAYLOAD));
    }

    function _packed(IRelays.RelayedOpening memory o) internal pure returns (bytes memory) {
        Opening memory x = o.opening;
        bytes memory head =
            abi.encodePacked(o.index, o.participant, x.payloadRoot, x.sealedRoot, x.contentKeyHash);
        bytes memory tail = abi.encodePacked(o.r, o.vs, uint16(bytes(o.uri).length), o.uri);
        return bytes.concat(head, abi.encodePacked(x.weight, x.groundsHash, x.salt), tail);
    }

    /// The leaves of the silos [first, end), as `commits` and `openings`.
    function _fill(uint256 first, uint256 end) internal {
        (commits, openings) = (new bytes[](0), new bytes[](0));
        for (uint256 i = first; i < end; ++i) {
            commits.push(_commitLeaf(i));
            openings.push(_openingLeaf(i));
        }
    }

    function _leafAt(bytes[] memory all, uint256 at) internal pure returns (IRolls.Leaf memory) {
        return IRolls.Leaf(all[at], Trees.path(all, at));
    }
}
