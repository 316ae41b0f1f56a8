// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDisputeTypes} from "../src/interfaces/IDisputeTypes.sol";
import {IRoundEvents} from "../src/interfaces/IRoundEvents.sol";
import {DisputeBase, vm} from "./DisputeBase.sol";

/// Buffered rounds (FedBuff): they end Commit at the third of four commits, and take updates over versions up to two behind.
contract BufferedTest is DisputeBase {
    uint16 internal buffer = 3;
    uint32 internal grace = GRACE;

    mapping(address silo => uint32 weight) internal counted; // what its leaf says, where that is not the weight

    function _params() internal view override returns (TaskParams memory p) {
        p = super._params();
        (p.buffer, p.maxStaleness, p.modes, p.maxMisses, p.revealGrace) = (buffer, 2, 1, 0, grace);
    }

    function _boundWeight(address silo) internal view override returns (uint32) {
        return counted[silo] == 0 ? super._boundWeight(silo) : counted[silo];
    }

    function _commitOver(address silo, bytes32 base) internal {
        bytes32 commitment = _digestOver(silo, _opening(silo), base);
        vm.prank(silo);
        coordinator.commit(task, round, commitment, grants[silo], _evidence(silo));
    }

    function _roundBase() internal view returns (bytes32) {
        return coordinator.roundOf(task).baseVersion;
    }

    function _modelHead() internal view returns (bytes32 head) {
        (head,) = models.head(task);
    }

    function _toReveal() internal {
        vm.warp(coordinator.roundOf(task).opensAt);
    }

    /// A round of the first three; returns the version it began from.
    function _firstThree() internal returns (bytes32 base) {
        _open();
        base = _roundBase();
        for (uint256 i; i < 3; ++i) {
            _commit(_silo(i));
        }
        _toReveal();
        for (uint256 i; i < 3; ++i) {
            _reveal(_silo(i));
        }
        Proposal memory p = _proposal();
        _propose(p);
        _settle(p);
    }

    /// A round in which the last silo is over `base`, and two others over the round's; returns its opening.
    function _withStale(bytes32 base) internal returns (Opening memory o) {
        _open();
        _commit(_silo(0));
        _commit(_silo(1));
        _commitOver(_silo(3), base);
        _toReveal();
        _reveal(_silo(0));
        _reveal(_silo(1));
        return _opening(_silo(3));
    }

    function _isqrt(uint256 x) internal pure returns (uint256 root) {
        while ((root + 1) * (root + 1) <= x) ++root;
    }

    function challengeLeaf(Proposal memory p, uint32 position, Opening memory o) external {
        vm.prank(stranger);
        disputes.challengeLeaf(task, round, p, position, _piece(_leaves(), position), o);
    }

    // --- the buffer

    function test_commit_ends_when_the_buffer_is_full() public {
        _open();
        vm.assertEq(coordinator.roundOf(task).cohort, 3, "expected");
        for (uint256 i; i < 3; ++i) {
            _assertPhase(Phase.Commit);
            _commit(_silo(i));
        }
        _assertPhase(Phase.Reveal);
        Opening memory o = _opening(_silo(3));
        bytes32 commitment = _digest(_silo(3), o);
        vm.prank(_silo(3));
        vm.expectRevert(abi.encodeWithSelector(WrongPhase.selector, task, round, Phase.Commit, Phase.Reveal));
        coordinator.commit(task, round, commitment, grants[_silo(3)], _evidence(_silo(3)));
    }

    function test_a_round_of_a_full_buffer_is_a_success() public {
        _open();
        _commit(_silo(3));
        _commit(_silo(1));
        _commit(_silo(2));
        _toReveal();
        for (uint256 i = 1; i < SILOS; ++i) {
            _reveal(_silo(i));
        }
        Proposal memory p = _proposal();
        _propose(p);
        _settle(p);
        vm.assertEq(uint256(coordinator.roundOf(task).status), uint256(Status.SUCCESS), "status");
    }

    function test_fewer_enrolled_than_the_buffer_are_all_waited_for() public {
        buffer = 5;
        setUp();
        _open();
        vm.assertEq(coordinator.roundOf(task).cohort, SILOS, "expected");
    }

    function test_createTask_refuses_a_buffer_that_could_not_work() public {
        TaskParams memory p = _params();
        p.buffer = p.quorum;
        coordinator.createTask(p, "");
        --p.buffer;
        _refused(p, "buffer");
        p.buffer = p.maxParticipants;
        coordinator.createTask(p, "");
        ++p.buffer;
        _refused(p, "buffer");
        (p = _params()).modes = 3; // leaves and relayed digests name the round's base
        _refused(p, "buffer");
        (p = _params()).maxMisses = 1; // who comes too late for a buffer was not absent
        _refused(p, "buffer");
        (p = _params()).maxStaleness = 16;
        coordinator.createTask(p, "");
        p.maxStaleness = 17;
        _refused(p, "maxStaleness");
        p = _params();
        (p.buffer, p.maxStaleness) = (0, 1);
        _refused(p, "maxStaleness");
    }

    function _refused(TaskParams memory p, string memory field) internal {
        vm.expectRevert(abi.encodeWithSelector(InvalidTask.selector, field));
        coordinator.createTask(p, "");
    }

    // --- stale updates

    function test_an_update_over_an_older_version_opens_and_says_how_old() public {
        bytes32 first = _firstThree();
        bytes32 second = _firstThree();
        Opening memory o = _withStale(first);
        vm.assertTrue(first != second && second != _roundBase(), "three versions");
        vm.assertTrue(coordinator.isOpening(task, round, _silo(3), o), "opening");
        vm.expectEmit(address(coordinator));
        emit IRoundEvents.UpdateStale(task, round, _silo(3), 3, 2);
        _reveal(_silo(3));
    }

    function test_a_fresh_update_is_not_called_stale() public {
        _firstThree();
        Opening memory o = _withStale(_modelHead());
        vm.recordLogs();
        _reveal(_silo(3));
        vm.assertEq(vm.getRecordedLogs()[0].topics[0], IRoundEvents.UpdateRevealed.selector, "first event");
        vm.assertEq(coordinator.countedWeight(task, round, _silo(3), o), o.weight, "counts in full");
    }

    function test_an_update_older_than_the_limit_never_opens() public {
        bytes32 first = _firstThree();
        _firstThree();
        _firstThree();
        Opening memory o = _withStale(first);
        vm.assertFalse(coordinator.isOpening(task, round, _silo(3), o), "no opening");
        vm.assertEq(coordinator.countedWeight(task, round, _silo(3), o), 0, "counts nothing");
        vm.prank(_silo(3));
        vm.expectRevert(abi.encodeWithSelector(CommitmentMismatch.selector, task, round, _silo(3)));
        coordinator.reveal(task, round, o, "");
    }

    function test_a_base_that_is_no_version_of_the_task_never_opens() public {
        _firstThree();
        Opening memory o = _withStale(keccak256("no version"));
        vm.prank(_silo(3));
        vm.expectRevert(abi.encodeWithSelector(CommitmentMismatch.selector, task, round, _silo(3)));
        coordinator.reveal(task, round, o, "");
    }

    function test_a_commitment_over_no_version_at_all_never_opens() public {
        Opening memory o = _withStale(bytes32(0));
        vm.prank(_silo(3));
        vm.expectRevert(abi.encodeWithSelector(CommitmentMismatch.selector, task, round, _silo(3)));
        coordinator.reveal(task, round, o, "");
    }

    function test_rounds_that_voided_make_nobody_stale() public {
        bytes32 first = _firstThree();
        for (uint256 i; i < 3; ++i) {
            _open(); // nobody comes
            vm.warp(uint256(coordinator.roundOf(task).deadline) + 1);
            coordinator.tick(task);
        }
        _withStale(first);
        vm.expectEmit(address(coordinator));
        emit IRoundEvents.UpdateStale(task, round, _silo(3), 3, 1);
        _reveal(_silo(3));
    }

    function test_a_late_opening_of_a_stale_update_saves_the_bond_though_the_head_has_moved() public {
        grace = 2000;
        setUp();
        _firstThree();
        bytes32 second = _firstThree();
        _withStale(second);
        vm.warp(uint256(coordinator.roundOf(task).deadline) + 1);
        coordinator.tick(task);
        Proposal memory p = _proposal();
        _propose(p);
        _settle(p);
        vm.expectEmit(address(coordinator));
        emit IRoundEvents.UpdateStale(task, round, _silo(3), 3, 1);
        _reveal(_silo(3));
    }

    // --- what they count

    /// forge-config: default.fuzz.runs = 32
    function test_counted_weight_is_that_of_the_definition(uint32 weight, uint8 behind) public {
        weight = 1 + weight % 1000;
        behind %= 3;
        bytes32[3] memory bases;
        bases[2] = _firstThree();
        bases[1] = _firstThree();
        bases[0] = _modelHead();
        heavy = weight;
        Opening memory o = _withStale(bases[behind]);
        uint256 expected = (weight * _isqrt(2 ** 32 / (1 + uint256(behind)))) / 2 ** 16;
        uint256 found = coordinator.countedWeight(task, round, _silo(3), o);
        vm.assertEq(found, expected == 0 ? 1 : expected, "counted");
    }

    uint32 internal heavy; // the last silo's weight, where a test says so

    function _opening(address silo) internal view override returns (Opening memory o) {
        o = super._opening(silo);
        if (heavy != 0 && silo == _silo(3)) o.weight = heavy;
    }

    function test_a_leaf_that_counts_a_stale_update_in_full_costs_the_bond() public {
        bytes32 first = _firstThree();
        Opening memory o = _withStale(first);
        _reveal(_silo(3));
        Proposal memory p = _proposal();
        _propose(p);
        this.challengeLeaf(p, 2, o);
        vm.assertEq(coordinator.roundOf(task).overturned, 1, "overturned");
    }

    function test_a_leaf_that_counts_a_stale_update_as_the_rule_says_stands() public {
        bytes32 first = _firstThree();
        Opening memory o = _withStale(first);
        _reveal(_silo(3));
        uint32 weight = coordinator.countedWeight(task, round, _silo(3), o);
        vm.assertTrue(weight < o.weight, "less");
        counted[_silo(3)] = weight;
        Proposal memory p = _proposal();
        _propose(p);
        vm.expectRevert(abi.encodeWithSelector(IDisputeTypes.NotWrong.selector, uint256(weight), uint256(weight)));
        this.challengeLeaf(p, 2, o);
    }
}
