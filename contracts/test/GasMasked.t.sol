// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IMaskedRelays} from "../src/interfaces/IMaskedRelays.sol";
import {MaskedBase} from "./MaskedBase.sol";
import {MaskedRelayBase} from "./MaskedRelayBase.sol";
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

/// What a participant of a masked round pays in a batch of `n` from the second round on: a whole transaction, nothing warm,
/// divided by `n`. The figures land in snapshots/calls.json.
/// forge-config: default.isolate = true
contract GasMaskedRelaysTest is MaskedRelayBase {
    string internal constant URI = "s3://federated/9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

    /// forge-config: default.isolate = true
    function test_gas_of_masked_batches_of_20() public {
        _measure(20, "20");
    }

    /// forge-config: default.isolate = true
    function test_gas_of_masked_batches_of_100() public {
        _measure(100, "100");
    }

    function _measure(uint256 n, string memory name) internal {
        for (uint256 i = SILOS; i < n; ++i) {
            _join(i);
        }
        _play(n);
        Proposal memory p = _proposal();
        _opens();
        _propose(p);
        _settle(p);
        _open();
        _relay(_dealingsAt(n));
        _note(n, string.concat("deal shares, batch of ", name, ", uri of 79 bytes, each"));
        _opens();
        _relay(_commits(n));
        _note(n, string.concat("commit of a masked update, batch of ", name, ", each"));
        _opens();
        _relay(_openings(n));
        _opens();
        _relay(_shownAt(n));
        _note(n, string.concat("show shares, batch of ", name, ", uri of 79 bytes, each"));
        _assertPhase(Phase.Aggregate);
    }

    function _play(uint256 n) internal {
        _open();
        _relay(_dealingsAt(n));
        _opens();
        _relay(_commits(n));
        _opens();
        _relay(_openings(n));
        _opens();
        _relay(_shownAt(n));
    }

    function _dealingsAt(uint256 n) internal view returns (IMaskedRelays.SignedDealing[] memory batch) {
        batch = new IMaskedRelays.SignedDealing[](n);
        for (uint256 i; i < n; ++i) {
            batch[i] = _unsignedDealing(i);
            batch[i].uri = URI;
            _sign(_key(i), batch[i]);
        }
    }

    function _shownAt(uint256 n) internal view returns (IMaskedRelays.SignedShown[] memory batch) {
        batch = new IMaskedRelays.SignedShown[](n);
        for (uint256 i; i < n; ++i) {
            batch[i] = _unsignedShown(i);
            (batch[i].root, batch[i].uri) = (keccak256(abi.encode("shown", _silo(i), round)), URI);
            _sign(_key(i), batch[i]);
        }
    }

    function _note(uint256 n, string memory name) internal {
        vm.snapshotValue("calls", string.concat("relayed: ", name), vm.lastCallGas().gasTotalUsed / n);
    }
}
