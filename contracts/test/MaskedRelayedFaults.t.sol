// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IMaskedRelays} from "../src/interfaces/IMaskedRelays.sol";
import {IRelays} from "../src/interfaces/IRelays.sol";
import {vm} from "./Base.sol";
import {MaskedRelayBase} from "./MaskedRelayBase.sol";
import {RelayBase} from "./RelayBase.sol";

/// What a signature under dealt shares is good for, and which batches are refused as a whole.
contract DealManyFaultsTest is MaskedRelayBase {
    function setUp() public override {
        super.setUp();
        _open();
    }

    // --- what a signature is good for

    function test_dealMany_skips_a_copied_entry_with_another_uri_key_root_or_name() public {
        uint256 start = vm.snapshotState();
        IMaskedRelays.SignedDealing memory d = _dealingOf(0);
        d.uri = "s3://elsewhere/shares";
        _skipped(d, IRelays.Skip.BadSignature);
        vm.revertToState(start);
        d = _dealingOf(0);
        d.maskingKey = keccak256("the copier's");
        _skipped(d, IRelays.Skip.BadSignature);
        vm.revertToState(start);
        d = _dealingOf(0);
        d.root = keccak256("the copier's");
        _skipped(d, IRelays.Skip.BadSignature);
        vm.revertToState(start);
        d = _dealingOf(0);
        d.grantId = _bringGrant(_grantFor(_silo(0), 7));
        _skipped(d, IRelays.Skip.BadSignature);
        vm.revertToState(start);
        d = _dealingOf(0);
        (d.participant, d.grantId) = (_silo(3), grants[_silo(3)]);
        _skipped(d, IRelays.Skip.BadSignature);
        vm.revertToState(start);
        d = _dealingOf(0);
        d.r = 0; // recovers to nobody
        _skipped(d, IRelays.Skip.BadSignature);
    }

    function test_dealMany_skips_a_dealing_of_another_round() public {
        IMaskedRelays.SignedDealing memory d = _dealingOf(0);
        _ends();
        _open();
        vm.assertEq(round, 2, "the next");
        _skipped(d, IRelays.Skip.BadSignature);
    }

    function test_dealMany_skips_a_dealing_of_another_task() public {
        IMaskedRelays.SignedDealing memory d = _unsignedDealing(0);
        (d.r, d.vs) = _compact(_key(0), coordinator.hashDealing(task + 1, round, d));
        _skipped(d, IRelays.Skip.BadSignature);
    }

    function test_dealMany_skips_a_dealing_of_another_chain() public {
        uint256 here = block.chainid;
        vm.chainId(here + 1);
        IMaskedRelays.SignedDealing memory d = _dealingOf(0);
        vm.chainId(here);
        _skipped(d, IRelays.Skip.BadSignature);
    }

    function test_a_signed_showing_is_no_dealing() public {
        IMaskedRelays.SignedDealing memory d = _unsignedDealing(0);
        IMaskedRelays.SignedShown memory s = _unsignedShown(0);
        (s.root, s.uri) = (d.root, d.uri);
        s = _sign(_key(0), s);
        (d.r, d.vs) = (s.r, s.vs);
        _skipped(d, IRelays.Skip.BadSignature);
    }

    // --- batches that are refused as a whole

    function test_dealMany_of_skipped_entries_alone_changes_nothing() public {
        bytes32 before = _everything();
        _relayOne(_sign(_key(3), _unsignedDealing(0)));
        _relay(new IMaskedRelays.SignedDealing[](0));
        vm.assertEq(_everything(), before, "as it was");
    }

    function test_dealMany_is_refused_while_paused() public {
        IMaskedRelays.SignedDealing[] memory batch = _dealings(SILOS);
        coordinator.pause(uint40(block.timestamp + 10));
        vm.expectRevert(abi.encodeWithSelector(WhilePaused.selector, block.timestamp + 10));
        coordinator.dealMany(task, round, batch);
    }

    function test_dealMany_is_refused_outside_its_phase_and_round() public {
        IMaskedRelays.SignedDealing[] memory batch = _dealings(3);
        vm.expectRevert(abi.encodeWithSelector(WrongRound.selector, task, 2, 1));
        coordinator.dealMany(task, 2, batch);
        vm.warp(coordinator.roundOf(task).deadline);
        _relay(batch);
        vm.warp(block.timestamp + 1);
        vm.expectRevert(abi.encodeWithSelector(WrongPhase.selector, task, 1, Phase.Share, Phase.Commit));
        coordinator.dealMany(task, 1, batch);
    }
}

/// A masked task whose participants only act for themselves.
contract MaskedDirectOnlyTest is MaskedRelayBase {
    function _params() internal view override returns (TaskParams memory p) {
        p = super._params();
        p.modes = 1;
    }

    function test_no_batch_is_taken_where_the_task_does_not_allow_relaying() public {
        _open();
        bytes memory error = abi.encodeWithSelector(IRelays.NotRelayed.selector, task);
        IMaskedRelays.SignedDealing[] memory dealings = _dealings(3);
        vm.expectRevert(error);
        coordinator.dealMany(task, 1, dealings);
        _dealFirst(SILOS);
        _opens();
        IRelays.SignedCommit[] memory commits = _commits(3);
        vm.expectRevert(error);
        coordinator.commitMany(task, 1, commits);
        _commitFirst(SILOS);
        _revealFirst(SILOS);
        _opens();
        IMaskedRelays.SignedShown[] memory shown = _shown(3);
        vm.expectRevert(error);
        coordinator.showMany(task, 1, shown);
    }
}

/// A clear task that may be relayed has nothing to share.
contract ClearRelayedTest is RelayBase {
    function test_dealMany_and_showMany_have_no_phase_in_a_clear_task() public {
        _open();
        vm.expectRevert(abi.encodeWithSelector(WrongPhase.selector, task, 1, Phase.Share, Phase.Commit));
        coordinator.dealMany(task, 1, new IMaskedRelays.SignedDealing[](0));
        vm.expectRevert(abi.encodeWithSelector(WrongPhase.selector, task, 1, Phase.Unmask, Phase.Commit));
        coordinator.showMany(task, 1, new IMaskedRelays.SignedShown[](0));
    }
}
