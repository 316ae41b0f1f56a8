// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRelays} from "../src/interfaces/IRelays.sol";
import {RelayBase} from "./RelayBase.sol";
import {vm} from "./RoundBase.sol";

contract RevealManyTest is RelayBase {
    function setUp() public override {
        super.setUp();
        _open();
        _relay(_commits(SILOS));
        vm.warp(coordinator.roundOf(task).opensAt);
    }

    function test_revealMany_has_the_effect_of_the_single_reveals() public {
        uint256 start = vm.snapshotState();
        _revealAll();
        bytes32 single = _everything();
        vm.revertToState(start);
        _relay(_openings(SILOS));
        vm.assertEq(_everything(), single, "marks, counters, early end of the phase");
        _assertPhase(Phase.Aggregate);
    }

    function _everything() internal view returns (bytes32) {
        bytes memory all = abi.encode(coordinator.roundOf(task));
        for (uint16 i; i < SILOS; ++i) {
            bool revealed = coordinator.hasRevealed(task, round, i);
            all = bytes.concat(all, abi.encode(revealed, coordinator.owesOpening(task, round, i)));
        }
        return keccak256(all);
    }

    function test_revealMany_says_in_one_event_who_opened_what() public {
        IRelays.RelayedOpening[] memory batch = _openings(2);
        batch[1] = _openingAt(1, "");
        vm.expectEmit(address(coordinator));
        emit IRelays.UpdatesRevealed(task, 1, false, bytes.concat(_line(batch[0]), _line(batch[1])));
        _relay(batch);
    }

    function _line(IRelays.RelayedOpening memory given) internal pure returns (bytes memory) {
        Opening memory o = given.opening;
        return bytes.concat(
            abi.encodePacked(given.index, given.participant, o.payloadRoot, o.sealedRoot, o.contentKeyHash),
            abi.encodePacked(o.weight, o.groundsHash, o.salt, uint16(bytes(given.uri).length), given.uri)
        );
    }

    function test_revealMany_skips_an_opening_with_a_wrong_salt() public {
        IRelays.RelayedOpening memory bad = _openingOf(0);
        bad.opening.salt = keccak256("wrong");
        _skipped(bad, IRelays.Skip.CommitmentMismatch);
    }

    function test_revealMany_skips_an_opening_with_other_evidence() public {
        IRelays.RelayedOpening memory bad = _openingOf(0);
        bad.opening.groundsHash = keccak256("other");
        _skipped(bad, IRelays.Skip.CommitmentMismatch);
    }

    function test_revealMany_skips_a_weight_out_of_range() public {
        IRelays.RelayedOpening memory bad = _openingOf(0);
        bad.opening.weight = 0;
        uint256 start = vm.snapshotState();
        _skipped(bad, IRelays.Skip.WeightOutOfRange);
        vm.revertToState(start);
        bad.opening.weight = 1001;
        _skipped(bad, IRelays.Skip.WeightOutOfRange);
    }

    /// Openings are no secret once they are given out: a copier names another place, and nobody finds the payload.
    function test_revealMany_skips_an_opening_that_was_sent_astray() public {
        IRelays.RelayedOpening memory bad = _openingOf(0);
        bad.uri = "s3://nowhere/";
        uint256 start = vm.snapshotState();
        _skipped(bad, IRelays.Skip.BadSignature);
        vm.revertToState(start);
        _skipped(_signUri(_key(3), bad), IRelays.Skip.BadSignature);
    }

    function test_revealMany_skips_a_location_that_was_signed_for_another_round_or_task() public {
        IRelays.RelayedOpening memory bad = _openingOf(0);
        uint256 start = vm.snapshotState();
        (bad.r, bad.vs) = _compact(_key(0), coordinator.hashLocation(task, 2, bad.participant, bad.uri));
        _skipped(bad, IRelays.Skip.BadSignature);
        vm.revertToState(start);
        (bad.r, bad.vs) = _compact(_key(0), coordinator.hashLocation(task + 1, 1, bad.participant, bad.uri));
        _skipped(bad, IRelays.Skip.BadSignature);
    }

    function test_revealMany_takes_a_delegates_signature() public {
        vm.prank(_silo(0));
        registry.setDelegate(vm.addr(0xde1e));
        IRelays.RelayedOpening[] memory batch = _openings(1);
        batch[0] = _signUri(0xde1e, batch[0]);
        _relay(batch);
        vm.assertTrue(coordinator.hasRevealed(task, 1, 0), "revealed");
    }

    function test_revealMany_skips_a_uri_that_is_too_long() public {
        IRelays.RelayedOpening memory bad = _openingOf(0);
        bad.uri = string(new bytes(513));
        _skipped(bad, IRelays.Skip.UriTooLong);
    }

    function test_revealMany_skips_who_has_revealed_and_whose_index_nobody_has() public {
        _reveal(_silo(0));
        uint256 start = vm.snapshotState();
        _skipped(_openingOf(0), IRelays.Skip.NothingToReveal);
        vm.revertToState(start);
        IRelays.RelayedOpening memory bad = _openingOf(0);
        bad.index = 65_535;
        _skipped(bad, IRelays.Skip.NothingToReveal);
    }

    function test_revealMany_skips_the_second_of_two_in_one_batch() public {
        IRelays.RelayedOpening[] memory batch = new IRelays.RelayedOpening[](2);
        (batch[0], batch[1]) = (_openingOf(0), _openingOf(0));
        vm.recordLogs();
        _relay(batch);
        _assertSkipped(SKIPPED_REVEAL, _silo(0), IRelays.Skip.NothingToReveal);
        vm.assertEq(coordinator.roundOf(task).revealed, 1, "once");
    }

    function test_revealMany_skips_an_opening_at_the_index_of_another() public {
        IRelays.RelayedOpening memory bad = _openingOf(0);
        bad.index = 3;
        _skipped(bad, IRelays.Skip.CommitmentMismatch);
    }

    function test_revealMany_is_refused_before_its_time() public {
        IRelays.RelayedOpening[] memory batch = _openings(2);
        vm.warp(block.timestamp - 1);
        vm.expectRevert(abi.encodeWithSelector(TooEarly.selector, block.timestamp + 1, block.timestamp));
        coordinator.revealMany(task, 1, batch);
    }

    function test_revealMany_of_skipped_entries_alone_changes_nothing() public {
        IRelays.RelayedOpening[] memory batch = _openings(1);
        batch[0].opening.salt = 0;
        bytes32 before = _everything();
        _relay(batch);
        vm.assertEq(_everything(), before, "as it was");
    }

    function test_revealMany_within_the_grace_saves_the_bond_and_no_more() public {
        IRelays.RelayedOpening[] memory two = new IRelays.RelayedOpening[](2);
        (two[0], two[1]) = (_openingOf(2), _openingOf(3));
        _relay(two);
        vm.warp(uint256(coordinator.roundOf(task).revealDeadline) + GRACE);
        IRelays.RelayedOpening[] memory batch = _openings(1);
        vm.expectEmit(address(coordinator));
        emit IRelays.UpdatesRevealed(task, 1, true, _line(batch[0]));
        _relay(batch);
        vm.assertFalse(coordinator.hasRevealed(task, 1, 0), "not in the aggregate");
        vm.assertFalse(coordinator.owesOpening(task, 1, 0), "owes nothing");
        vm.assertEq(coordinator.roundOf(task).late, 1, "late");
        vm.warp(block.timestamp + 1);
        batch[0] = _openingOf(1);
        vm.expectRevert(
            abi.encodeWithSelector(
                WrongPhase.selector, task, 1, Phase.Reveal, coordinator.roundOf(task).phase
            )
        );
        coordinator.revealMany(task, 1, batch);
    }
}

/// Who copies somebody's commitment as its own can never open it, not even with the original's opening.
contract CopierTest is RelayBase {
    function test_revealMany_does_not_open_a_copied_commitment_with_the_originals_opening() public {
        _open();
        IRelays.SignedCommit[] memory batch = _commits(3);
        IRelays.SignedCommit memory copy = _unsigned(2);
        (copy.commitment, copy.evidenceHash) = (batch[0].commitment, batch[0].evidenceHash);
        batch[2] = _sign(_key(2), copy);
        _relay(batch);
        vm.warp(uint256(coordinator.roundOf(task).deadline) + 1 + GAP);
        IRelays.RelayedOpening[] memory openings = new IRelays.RelayedOpening[](2);
        (openings[0], openings[1]) = (_openingOf(0), _openingOf(0));
        openings[0].index = 2;
        openings[1].index = 2;
        openings[1].participant = _silo(2);
        _relay(openings);
        vm.assertEq(coordinator.roundOf(task).revealed, 0, "neither as the original nor as itself");
    }
}
