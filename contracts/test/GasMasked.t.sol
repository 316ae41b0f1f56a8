// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MaskedBase} from "./MaskedBase.sol";
import {vm} from "./Base.sol";

/// What a masked round costs a participant from its second round on, through the proxies; the figures land in
/// snapshots/calls.json. None of them depends on how many take part: what is dealt and shown lies in the store.
/// forge-config: default.isolate = true
contract GasMaskedTest is MaskedBase {
    string internal constant URI = "s3://federated/9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

    /// forge-config: default.isolate = true
    function test_gas_of_a_steady_masked_round() public {
        _whole();
        _open();
        for (uint256 i; i < SILOS; ++i) {
            _dealTo(_silo(i), URI);
            if (i == 1) vm.snapshotGasLastCall("calls", "participant: deal shares, uri of 79 bytes");
        }
        _opens();
        for (uint256 i; i < SILOS; ++i) {
            _commitMasked(_silo(i));
            if (i == 1) vm.snapshotGasLastCall("calls", "participant: commit of a masked update");
        }
        _revealFirst(SILOS);
        _opens();
        for (uint256 i; i < SILOS; ++i) {
            _showAt(_silo(i), URI);
            if (i == 1) vm.snapshotGasLastCall("calls", "participant: show shares, uri of 79 bytes");
        }
    }

    function _whole() internal {
        _toUnmask();
        for (uint256 i; i < SILOS; ++i) {
            _showAt(_silo(i), URI);
        }
        Proposal memory p = _proposal();
        _opens();
        _propose(p);
        _settle(p);
    }

    function _dealTo(address silo, string memory uri) internal {
        (bytes32 key, bytes32 root) = (_key(silo), _root(silo));
        vm.prank(silo);
        coordinator.dealShares(task, round, grants[silo], key, root, uri);
    }

    function _showAt(address silo, string memory uri) internal {
        vm.prank(silo);
        coordinator.showShares(task, round, keccak256(abi.encode("shown", silo, round)), uri);
    }
}
