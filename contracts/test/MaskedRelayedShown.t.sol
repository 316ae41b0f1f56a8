// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IMaskedRelays} from "../src/interfaces/IMaskedRelays.sol";
import {IMasking} from "../src/interfaces/IMasking.sol";
import {IRelays} from "../src/interfaces/IRelays.sol";
import {vm} from "./Base.sol";
import {MaskedRelayBase} from "./MaskedRelayBase.sol";

/// What a relayer brings in Unmask.
contract ShowManyTest is MaskedRelayBase {
    function test_showMany_has_the_effect_and_the_events_of_the_single_calls() public {
        _relayedToUnmask(3);
        uint256 start = vm.snapshotState();
        vm.recordLogs();
        for (uint256 i; i < 3; ++i) {
            _show(_silo(i));
        }
        (bytes32 single, bytes32 said) = (_everything(), _said());
        vm.revertToState(start);
        vm.recordLogs();
        _relay(_shown(3));
        vm.assertEq(_said(), said, "events, the end of the phase among them");
        vm.assertEq(_everything(), single, "what was shown, marks, counters");
        _assertPhase(Phase.Aggregate);
    }

    function test_a_round_that_a_relayer_brought_is_settled_as_any_other() public {
        _relayedToUnmask(SILOS);
        _relay(_shown(SILOS));
        _opens();
        Proposal memory p = _proposal();
        _propose(p);
        _settle(p);
        vm.assertEq(uint256(coordinator.roundOf(task).status), uint256(Status.SUCCESS), "status");
    }

    function test_showShares_remains_to_who_was_left_out_by_the_relayer() public {
        _relayedToUnmask(SILOS);
        _relay(_shown(3));
        _assertPhase(Phase.Unmask);
        _show(_silo(3));
        _assertPhase(Phase.Aggregate);
    }

    function test_showMany_takes_a_delegates_signature() public {
        _relayedToUnmask(SILOS);
        vm.prank(_silo(0));
        registry.setDelegate(vm.addr(0xde1e));
        _relayOne(_sign(0xde1e, _unsignedShown(0)));
        vm.assertTrue(_shows(0), "shown");
    }

    function test_showMany_skips_who_does_not_survive_and_a_stranger() public {
        _relayedToUnmask(3);
        uint256 start = vm.snapshotState();
        _skipped(_shownOf(3), IRelays.Skip.NotShared);
        vm.revertToState(start);
        // Not enrolled: its index reads as that of the first silo.
        IMaskedRelays.SignedShown memory s = _unsignedShown(0);
        s.participant = vm.addr(0xabc);
        _skipped(_sign(0xabc, s), IRelays.Skip.NotShared);
    }

    function test_showMany_skips_a_replay_and_who_has_shown_directly() public {
        _relayedToUnmask(SILOS);
        IMaskedRelays.SignedShown memory s = _shownOf(0);
        uint256 start = vm.snapshotState();
        _relayOne(s);
        _skipped(s, IRelays.Skip.AlreadyShared);
        vm.revertToState(start);
        _show(_silo(0));
        _skipped(s, IRelays.Skip.AlreadyShared);
        vm.prank(_silo(1)); // who was relayed in that batch
        vm.expectRevert(abi.encodeWithSelector(IMasking.AlreadyShared.selector, task, round, _silo(1)));
        coordinator.showShares(task, round, bytes32(uint256(1)), "");
    }

    function test_showMany_skips_the_second_of_two_in_one_batch() public {
        _relayedToUnmask(SILOS);
        IMaskedRelays.SignedShown[] memory batch = new IMaskedRelays.SignedShown[](2);
        (batch[0], batch[1]) = (_shownOf(0), _unsignedShown(0));
        batch[1].root = keccak256("second thoughts");
        batch[1] = _sign(_key(0), batch[1]);
        vm.recordLogs();
        _relay(batch);
        _assertSkipped(SKIPPED_SHOWN, _silo(0), IRelays.Skip.AlreadyShared);
        vm.assertEq(coordinator.masksOf(task).unmasked, 1, "once");
        (, bytes32 shown) = coordinator.dealtAt(task, 0);
        vm.assertEq(shown, batch[0].root, "the first");
    }

    function test_showMany_skips_no_root_and_a_uri_that_is_too_long() public {
        _relayedToUnmask(SILOS);
        uint256 start = vm.snapshotState();
        IMaskedRelays.SignedShown memory s = _unsignedShown(0);
        s.root = 0;
        _skipped(_sign(_key(0), s), IRelays.Skip.MissingShares);
        vm.revertToState(start);
        s = _unsignedShown(0);
        s.uri = string(new bytes(513));
        _skipped(_sign(_key(0), s), IRelays.Skip.UriTooLong);
        s.uri = string(new bytes(512));
        _relayOne(_sign(_key(0), s));
        vm.assertTrue(_shows(0), "512 bytes are enough");
    }

    function test_showMany_skips_a_copied_entry_with_another_uri_root_or_name() public {
        _relayedToUnmask(SILOS);
        uint256 start = vm.snapshotState();
        IMaskedRelays.SignedShown memory s = _shownOf(0);
        s.uri = "s3://elsewhere/shown";
        _skipped(s, IRelays.Skip.BadSignature);
        vm.revertToState(start);
        s = _shownOf(0);
        s.root = keccak256("the copier's");
        _skipped(s, IRelays.Skip.BadSignature);
        vm.revertToState(start);
        s = _shownOf(0);
        s.participant = _silo(3);
        _skipped(s, IRelays.Skip.BadSignature);
    }

    function test_showMany_skips_shares_shown_for_another_round_task_or_chain() public {
        _relayedToUnmask(SILOS);
        uint256 start = vm.snapshotState();
        IMaskedRelays.SignedShown memory s = _unsignedShown(0);
        (s.r, s.vs) = _compact(_key(0), coordinator.hashShown(task, round + 1, s));
        _skipped(s, IRelays.Skip.BadSignature);
        vm.revertToState(start);
        (s.r, s.vs) = _compact(_key(0), coordinator.hashShown(task + 1, round, s));
        _skipped(s, IRelays.Skip.BadSignature);
        vm.revertToState(start);
        uint256 here = block.chainid;
        vm.chainId(here + 1);
        s = _shownOf(0);
        vm.chainId(here);
        _skipped(s, IRelays.Skip.BadSignature);
    }

    function test_showMany_waits_for_the_chain_to_be_final_about_reveal_and_for_no_pause() public {
        _toCommit(SILOS);
        _relay(_commits(SILOS));
        _opens();
        _relay(_openings(SILOS));
        IMaskedRelays.SignedShown[] memory batch = _shown(SILOS);
        uint256 opensAt = coordinator.roundOf(task).opensAt;
        vm.warp(opensAt - 1);
        vm.expectRevert(abi.encodeWithSelector(TooEarly.selector, opensAt, opensAt - 1));
        coordinator.showMany(task, round, batch);
        vm.warp(opensAt);
        coordinator.pause(uint40(block.timestamp + 10));
        uint256 start = vm.snapshotState();
        _show(_silo(0)); // nor does the single call
        vm.revertToState(start);
        _relay(batch);
        _assertPhase(Phase.Aggregate);
    }

    function test_showMany_is_refused_outside_its_phase_and_round_and_changes_nothing_for_skipped_entries() public {
        _relayedToUnmask(SILOS);
        IMaskedRelays.SignedShown[] memory batch = _shown(3);
        bytes32 before = _everything();
        _relayOne(_sign(_key(3), _unsignedShown(0)));
        _relay(new IMaskedRelays.SignedShown[](0));
        vm.assertEq(_everything(), before, "as it was");
        vm.expectRevert(abi.encodeWithSelector(WrongRound.selector, task, 2, 1));
        coordinator.showMany(task, 2, batch);
        vm.warp(coordinator.roundOf(task).deadline);
        _relay(batch);
        vm.warp(block.timestamp + 1);
        vm.expectRevert(abi.encodeWithSelector(WrongPhase.selector, task, 1, Phase.Unmask, Phase.Aggregate));
        coordinator.showMany(task, 1, batch);
    }
}
