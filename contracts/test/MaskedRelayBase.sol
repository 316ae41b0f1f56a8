// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IMaskedRelays} from "../src/interfaces/IMaskedRelays.sol";
import {IRelays} from "../src/interfaces/IRelays.sol";
import {MaskedBase} from "./MaskedBase.sol";
import {RelayBase} from "./RelayBase.sol";
import {RoundBase} from "./RoundBase.sol";
import {vm} from "./Base.sol";
import {Vm} from "./Vm.sol";

/// Masked rounds of a task that may be relayed: signed shares of the silos, brought by a stranger.
abstract contract MaskedRelayBase is MaskedBase, RelayBase {
    bytes32 internal constant SKIPPED_DEALING = keccak256("DealingSkipped(uint32,uint32,address,uint8)");
    bytes32 internal constant SKIPPED_SHOWN = keccak256("ShownSkipped(uint32,uint32,address,uint8)");
    string internal constant DEALT_AT = "s3://bucket/shares";
    string internal constant SHOWN_AT = "s3://bucket/shown";

    function _params() internal view virtual override(MaskedBase, RoundBase) returns (TaskParams memory p) {
        p = MaskedBase._params();
        p.modes = 3;
    }

    function _unsignedDealing(uint256 i) internal view returns (IMaskedRelays.SignedDealing memory d) {
        address silo = _silo(i);
        (d.participant, d.grantId, d.maskingKey) = (silo, grants[silo], _key(silo));
        (d.root, d.uri) = (_root(silo), DEALT_AT);
    }

    function _sign(uint256 key, IMaskedRelays.SignedDealing memory d)
        internal
        view
        returns (IMaskedRelays.SignedDealing memory)
    {
        (d.r, d.vs) = _compact(key, coordinator.hashDealing(task, round, d));
        return d;
    }

    function _dealingOf(uint256 i) internal view returns (IMaskedRelays.SignedDealing memory) {
        return _sign(_key(i), _unsignedDealing(i));
    }

    function _dealings(uint256 n) internal view returns (IMaskedRelays.SignedDealing[] memory batch) {
        batch = new IMaskedRelays.SignedDealing[](n);
        for (uint256 i; i < n; ++i) {
            batch[i] = _dealingOf(i);
        }
    }

    function _unsignedShown(uint256 i) internal view returns (IMaskedRelays.SignedShown memory s) {
        (s.participant, s.root, s.uri) = (_silo(i), keccak256(abi.encode("shown", _silo(i))), SHOWN_AT);
    }

    function _sign(uint256 key, IMaskedRelays.SignedShown memory s)
        internal
        view
        returns (IMaskedRelays.SignedShown memory)
    {
        (s.r, s.vs) = _compact(key, coordinator.hashShown(task, round, s));
        return s;
    }

    function _shownOf(uint256 i) internal view returns (IMaskedRelays.SignedShown memory) {
        return _sign(_key(i), _unsignedShown(i));
    }

    function _shown(uint256 n) internal view returns (IMaskedRelays.SignedShown[] memory batch) {
        batch = new IMaskedRelays.SignedShown[](n);
        for (uint256 i; i < n; ++i) {
            batch[i] = _shownOf(i);
        }
    }

    function _relay(IMaskedRelays.SignedDealing[] memory batch) internal {
        vm.prank(stranger);
        coordinator.dealMany(task, round, batch);
    }

    function _relay(IMaskedRelays.SignedShown[] memory batch) internal {
        vm.prank(stranger);
        coordinator.showMany(task, round, batch);
    }

    function _relayOne(IMaskedRelays.SignedDealing memory only) internal {
        IMaskedRelays.SignedDealing[] memory batch = new IMaskedRelays.SignedDealing[](1);
        batch[0] = only;
        _relay(batch);
    }

    function _relayOne(IMaskedRelays.SignedShown memory only) internal {
        IMaskedRelays.SignedShown[] memory batch = new IMaskedRelays.SignedShown[](1);
        batch[0] = only;
        _relay(batch);
    }

    /// The entry between two good ones is skipped for this reason; the others take effect.
    function _skipped(IMaskedRelays.SignedDealing memory bad, IRelays.Skip reason) internal {
        IMaskedRelays.SignedDealing[] memory batch = new IMaskedRelays.SignedDealing[](3);
        (batch[0], batch[1], batch[2]) = (_dealingOf(1), bad, _dealingOf(2));
        uint256 before = coordinator.masksOf(task).shared;
        vm.recordLogs();
        _relay(batch);
        _assertSkipped(SKIPPED_DEALING, bad.participant, reason);
        vm.assertTrue(_shares(1) && _shares(2), "the ones before and after");
        vm.assertEq(coordinator.masksOf(task).shared, before + 2, "and no other");
    }

    function _skipped(IMaskedRelays.SignedShown memory bad, IRelays.Skip reason) internal {
        IMaskedRelays.SignedShown[] memory batch = new IMaskedRelays.SignedShown[](3);
        (batch[0], batch[1], batch[2]) = (_shownOf(1), bad, _shownOf(2));
        uint256 before = coordinator.masksOf(task).unmasked;
        vm.recordLogs();
        _relay(batch);
        _assertSkipped(SKIPPED_SHOWN, bad.participant, reason);
        vm.assertTrue(_shows(1) && _shows(2), "the ones before and after");
        vm.assertEq(coordinator.masksOf(task).unmasked, before + 2, "and no other");
    }

    function _shares(uint16 index) internal view returns (bool shared) {
        (shared,) = coordinator.sharesOf(task, round, index);
    }

    function _shows(uint16 index) internal view returns (bool unmasked) {
        (, unmasked) = coordinator.sharesOf(task, round, index);
    }

    /// All that a masked round changes, as anybody sees it.
    function _everything() internal view returns (bytes32) {
        bytes memory all = abi.encode(coordinator.roundOf(task), coordinator.masksOf(task));
        for (uint16 i; i < SILOS; ++i) {
            (bytes32 dealt, bytes32 shown) = coordinator.dealtAt(task, i);
            (bool shared, bool unmasked) = coordinator.sharesOf(task, round, i);
            all = bytes.concat(
                all,
                abi.encode(coordinator.recordAt(task, i), dealt, shown, shared, unmasked),
                abi.encode(coordinator.enrolmentOf(task, _silo(i)), coordinator.owesOpening(task, round, i))
            );
        }
        return keccak256(all);
    }

    function _toCommit(uint256 dealers) internal {
        _open();
        _relay(_dealings(dealers));
        if (dealers < SILOS) {
            _ends();
            coordinator.tick(task);
        }
        _opens();
    }

    /// All four relayed up to Reveal, of whom `survivors` revealed.
    function _relayedToUnmask(uint256 survivors) internal {
        _toCommit(SILOS);
        _relay(_commits(SILOS));
        _opens();
        _relay(_openings(survivors));
        if (survivors < SILOS) {
            _ends();
            coordinator.tick(task);
        }
        _opens();
    }

    /// All that the coordinator said since the logs began.
    function _said() internal returns (bytes32 all) {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i; i < logs.length; ++i) {
            if (logs[i].emitter != address(coordinator)) continue;
            all = keccak256(abi.encode(all, logs[i].topics, logs[i].data));
        }
    }
}
