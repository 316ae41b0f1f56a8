// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {RoundBase, bound, vm} from "./RoundBase.sol";

contract RevealTest is RoundBase {
    address internal alice;
    address internal mallory;

    function setUp() public override {
        super.setUp();
        (alice, mallory) = (_silo(0), _silo(1));
        _open();
    }

    function _try(address who, Opening memory o, bytes memory error) internal {
        vm.prank(who);
        vm.expectRevert(error);
        coordinator.reveal(task, round, o, "");
    }

    function _mismatch(address who) internal view returns (bytes memory) {
        return abi.encodeWithSelector(CommitmentMismatch.selector, task, round, who);
    }

    function _commitAs(address who, bytes32 commitment, bytes32 evidence) internal {
        vm.prank(who);
        coordinator.commit(task, round, commitment, grants[who], evidence);
    }

    function test_copied_commitment_cannot_be_opened_by_the_copier_and_harms_nobody() public {
        Opening memory o = _opening(alice);
        bytes32 commitment = _digest(alice, o);
        _commitAs(mallory, commitment, _evidence(alice)); // copies it from the mempool, and is first
        _commit(alice);
        for (uint256 i = 2; i < SILOS; ++i) {
            _commit(_silo(i));
        }
        vm.warp(coordinator.roundOf(task).opensAt);
        _reveal(alice);
        _try(mallory, o, _mismatch(mallory)); // copies the opening too
        for (uint256 i = 2; i < SILOS; ++i) {
            _reveal(_silo(i));
        }
        vm.warp(uint256(coordinator.roundOf(task).revealDeadline) + GRACE + 1);
        uint16[] memory silent = new uint16[](2);
        silent[1] = 1; // alice is named as well
        coordinator.slashSilent(task, round, silent);
        vm.assertEq(registry.participant(mallory).stake, 0, "copier's bond");
        vm.assertEq(registry.participant(alice).stake, BOND, "copied party's bond");
    }

    /// forge-config: default.fuzz.runs = 10000
    function test_a_commitment_made_elsewhere_never_opens(
        uint256 chainId,
        address contract_,
        uint32 otherTask,
        uint32 otherRound,
        bytes32 base,
        address sender
    ) public {
        Opening memory o = _opening(alice);
        bytes32 here = _digest(alice, o);
        bytes32 commitment = keccak256(
            bytes.concat(
                abi.encode(_typehash(), chainId, contract_, otherTask, otherRound, base, sender),
                abi.encode(o)
            )
        );
        vm.assume(commitment != here);
        _commitAs(alice, commitment, _evidence(alice));
        _commit(mallory);
        vm.warp(block.timestamp + COMMIT + GAP + 1);
        _try(alice, o, _mismatch(alice));
    }

    function _typehash() internal pure returns (bytes32) {
        return keccak256(
            "Commitment(uint256 chainId,address coordinator,uint32 task,uint32 round,bytes32 baseVersion,address participant,bytes32 payloadRoot,bytes32 sealedRoot,bytes32 contentKeyHash,uint32 weight,bytes32 groundsHash,bytes32 salt)"
        );
    }

    function test_an_opening_with_any_field_changed_is_refused(uint256 field, bytes32 with) public {
        _commitAll();
        Opening memory o = _opening(alice);
        field = bound(field, 0, 5);
        if (field == 0) o.payloadRoot = with;
        if (field == 1) o.sealedRoot = with;
        if (field == 2) o.contentKeyHash = with;
        if (field == 3) o.weight = 101;
        if (field == 4) o.groundsHash = with;
        if (field == 5) o.salt = with;
        _try(alice, o, _mismatch(alice));
    }

    function test_the_evidence_named_at_commit_cannot_be_exchanged_in_the_opening() public {
        Opening memory o = _opening(alice);
        _commitAs(alice, _digest(alice, o), keccak256("other evidence"));
        _commit(mallory);
        vm.warp(block.timestamp + COMMIT + GAP + 1);
        _try(alice, o, _mismatch(alice));
    }

    function test_the_grant_named_at_commit_cannot_be_exchanged_in_the_opening() public {
        Opening memory o = _opening(alice);
        bytes32 another = _bringGrant(_grantFor(alice, 88));
        bytes32 commitment = _digest(alice, o);
        vm.prank(alice);
        coordinator.commit(task, round, commitment, another, _evidence(alice));
        _commit(mallory);
        vm.warp(block.timestamp + COMMIT + GAP + 1);
        _try(alice, o, _mismatch(alice));
    }

    function test_reveal_twice_is_refused() public {
        _commitAll();
        _reveal(alice);
        _try(alice, _opening(alice), abi.encodeWithSelector(NothingToReveal.selector, task, 1, alice));
    }

    function test_who_did_not_commit_cannot_reveal() public {
        _commit(mallory);
        _commit(_silo(2));
        vm.warp(block.timestamp + COMMIT + GAP + 1);
        _try(alice, _opening(alice), abi.encodeWithSelector(NothingToReveal.selector, task, 1, alice));
        _register(stranger); // index 0 is alice's, not everybody's who has none
        _try(stranger, _opening(alice), abi.encodeWithSelector(NothingToReveal.selector, task, 1, stranger));
    }

    function test_reveal_before_the_finality_gap_is_over_is_refused() public {
        for (uint256 i; i < SILOS; ++i) {
            _commit(_silo(i));
        }
        uint256 opensAt = coordinator.roundOf(task).opensAt;
        _try(alice, _opening(alice), abi.encodeWithSelector(TooEarly.selector, opensAt, block.timestamp));
    }

    function test_reveal_while_others_still_commit_is_refused() public {
        _commit(alice);
        bytes memory error = abi.encodeWithSelector(WrongPhase.selector, task, 1, Phase.Reveal, Phase.Commit);
        _try(alice, _opening(alice), error);
    }

    function test_a_weight_outside_the_bound_is_refused(uint32 weight) public {
        vm.assume(weight == 0 || weight > 1000);
        Opening memory o = _opening(alice);
        o.weight = weight;
        _commitAs(alice, _digest(alice, o), _evidence(alice));
        _commit(mallory);
        vm.warp(block.timestamp + COMMIT + GAP + 1);
        _try(alice, o, abi.encodeWithSelector(WeightOutOfRange.selector, weight, 1000));
    }

    function test_a_uri_that_is_too_long_is_refused() public {
        _commitAll();
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(UriTooLong.selector, 513, 512));
        coordinator.reveal(task, round, _opening(alice), string(new bytes(513)));
    }

    function test_a_delegate_opens_in_its_masters_name() public {
        _commitAll();
        vm.prank(alice);
        registry.setDelegate(stranger);
        vm.expectEmit(address(coordinator));
        emit UpdateRevealed(task, 1, alice, 0, _opening(alice), "ipfs://p");
        vm.prank(stranger);
        coordinator.reveal(task, round, _opening(alice), "ipfs://p");
        vm.assertTrue(coordinator.hasRevealed(task, 1, 0), "revealed");
    }

    function test_when_everybody_has_revealed_aggregation_begins() public {
        _commitAll();
        _revealAll();
        RoundState memory r = coordinator.roundOf(task);
        vm.assertEq(uint256(r.phase), uint256(Phase.Aggregate), "early exit");
        vm.assertEq(r.deadline, block.timestamp + AGGREGATE, "deadline");
    }

    function test_a_late_opening_saves_the_bond_but_is_not_aggregated() public {
        _commitAll();
        _reveal(mallory);
        _reveal(_silo(2));
        vm.warp(uint256(coordinator.roundOf(task).revealDeadline) + GRACE);
        vm.expectEmit(address(coordinator));
        emit RevealedLate(task, 1, alice, 0, _opening(alice), "s3://bucket/payload");
        _reveal(alice);
        RoundState memory r = coordinator.roundOf(task);
        vm.assertEq(r.revealed, 2, "not counted");
        vm.assertEq(r.late, 1, "late");
        vm.assertFalse(coordinator.hasRevealed(task, 1, 0), "not revealed");
        vm.assertFalse(coordinator.owesOpening(task, 1, 0), "owes nothing");
        vm.warp(block.timestamp + 1);
        coordinator.slashSilent(task, 1, new uint16[](1));
        vm.assertEq(registry.participant(alice).stake, BOND, "bond");
    }

    function test_a_late_opening_saves_the_bond_also_when_the_round_has_died() public {
        _commitAll();
        _reveal(mallory); // one of two needed: void
        vm.warp(uint256(coordinator.roundOf(task).revealDeadline) + 1);
        coordinator.tick(task);
        _assertPhase(Phase.Voided);
        _reveal(alice);
        vm.assertEq(coordinator.roundOf(task).late, 1, "late");
    }

    function test_a_late_opening_must_be_the_true_one() public {
        _commitAll();
        _reveal(mallory);
        _reveal(_silo(2));
        vm.warp(uint256(coordinator.roundOf(task).revealDeadline) + 1);
        Opening memory o = _opening(alice);
        o.salt = 0;
        _try(alice, o, _mismatch(alice));
    }

    function test_after_the_grace_it_is_too_late() public {
        _commitAll();
        _reveal(mallory);
        _reveal(_silo(2));
        vm.warp(uint256(coordinator.roundOf(task).revealDeadline) + GRACE + 1);
        bytes memory error =
            abi.encodeWithSelector(WrongPhase.selector, task, 1, Phase.Reveal, Phase.Aggregate);
        _try(alice, _opening(alice), error);
    }
}
