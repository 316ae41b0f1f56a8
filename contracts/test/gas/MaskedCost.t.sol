// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MaskedBase} from "../MaskedBase.sol";
import {vm} from "../RoundBase.sol";
import {RoundCost} from "./RoundCost.sol";

/// Everybody deals shares, commits, reveals and shows shares by itself, and names where each lies (79 bytes). What is
/// dealt and shown lies in the store: what a participant pays does not depend on how many they are.
/// forge-config: default.isolate = true
contract MaskedCostTest is RoundCost, MaskedBase {
    function _params() internal view override(RoundCost, MaskedBase) returns (TaskParams memory p) {
        p = MaskedBase._params();
        p.maxParticipants = 1000;
    }

    function _mode() internal pure override returns (string memory) {
        return "masked";
    }

    function _share(string memory name) internal override returns (uint256 gas) {
        for (uint256 i; i < n; ++i) {
            address silo = _silo(i);
            (bytes32 key, bytes32 root) = (_key(silo), _root(silo));
            vm.prank(silo);
            coordinator.dealShares(task, round, grants[silo], key, root, URI);
            gas += _gas();
        }
        _note(name, "share", gas);
        _opens();
    }

    function _commitEverybody() internal override returns (uint256 gas) {
        for (uint256 i; i < n; ++i) {
            _commitMasked(_silo(i));
            gas += _gas();
        }
    }

    function _unmask(string memory name) internal override returns (uint256 gas) {
        _opens();
        for (uint256 i; i < n; ++i) {
            bytes32 root = keccak256(abi.encode("shown", _silo(i), round));
            vm.prank(_silo(i));
            coordinator.showShares(task, round, root, URI);
            gas += _gas();
        }
        _note(name, "unmask", gas);
        _opens();
    }
}
