// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRolls} from "../src/interfaces/IRolls.sol";
import {IDisputeTypes} from "../src/interfaces/IDisputeTypes.sol";
import {Leaves} from "./Leaves.sol";
import {vm} from "./RoundBase.sol";
import {Trees} from "./Trees.sol";

/// A poster with its bond, and the steps of a round with a roll. Tests change single leaves of `commits` and `openings`
/// before they are posted.
abstract contract RollBase is Leaves {
    address[] internal included; // of the next proposal
    bytes internal exclusions;

    function setUp() public virtual override {
        super.setUp();
        _enlist(poster);
        vm.deal(stranger, 1 ether);
    }

    function _enlist(address who) internal {
        _register(who);
        _deposit(who, DUTY_BOND);
        vm.prank(who);
        coordinator.enlistPoster(task);
    }

    // --- what is refused

    function _bad(uint16 index) internal view returns (bytes memory) {
        return abi.encodeWithSelector(IRolls.BadLeaf.selector, task, round, index);
    }

    function _noRoll(address who) internal view returns (bytes memory) {
        return abi.encodeWithSelector(IRolls.NoRoll.selector, task, round, who);
    }

    function _noFault() internal view returns (bytes memory) {
        return abi.encodeWithSelector(IRolls.NoFault.selector, task, round, poster);
    }

    // --- the poster's steps

    function _postCommits() internal {
        _postCommitsBy(poster, commits);
    }

    function _postCommitsBy(address who, bytes[] memory leaves) internal {
        bytes32 root = Trees.root(leaves); // sha256 is a call: before the prank
        vm.prank(who);
        coordinator.postCommits(task, round, root, uint16(leaves.length), COMMITS);
    }

    function _postOpenings() internal {
        _postOpeningsBy(poster, openings);
    }

    function _postOpeningsBy(address who, bytes[] memory leaves) internal {
        uint16 count;
        for (uint256 i; i < leaves.length; ++i) {
            if (leaves[i].length != 0) ++count;
        }
        _postOpeningsAs(who, leaves, count);
    }

    function _postOpeningsAs(address who, bytes[] memory leaves, uint16 count) internal {
        bytes32 root = Trees.root(leaves);
        vm.prank(who);
        coordinator.postOpenings(task, round, root, count, OPENINGS);
    }

    /// A round with the commits of the first `n` silos in a roll.
    function _rolled(uint256 n) internal {
        _open();
        _fill(0, n);
        _postCommits();
    }

    /// The same, opened but for the last `closed` of them.
    function _opened(uint256 n, uint256 closed) internal {
        _rolled(n);
        _toReveal();
        for (uint256 i = n - closed; i < n; ++i) {
            openings[i] = "";
        }
        _postOpenings();
    }

    /// A round in which all `n` were opened, and Reveal is over.
    function _aggregating(uint256 n) internal {
        _opened(n, 0);
        _toAggregate();
    }

    // --- time

    function _toReveal() internal {
        if (_phase() == Phase.Commit) vm.warp(uint256(coordinator.roundOf(task).deadline) + 1);
        coordinator.tick(task);
        vm.warp(coordinator.roundOf(task).opensAt);
        _assertPhase(Phase.Reveal);
    }

    function _toAggregate() internal {
        if (_phase() == Phase.Reveal) vm.warp(uint256(coordinator.roundOf(task).deadline) + 1);
        coordinator.tick(task);
        _assertPhase(Phase.Aggregate);
    }

    function _half() internal view returns (uint256) {
        RoundState memory r = coordinator.roundOf(task);
        return uint256(r.opensAt) + (r.deadline - r.opensAt) / 2;
    }

    // --- single leaves on chain

    function _lift(address by, uint16 position) internal {
        _liftFrom(by, poster, position, commits, openings);
    }

    function _liftFrom(address by, address who, uint16 position, bytes[] memory c, bytes[] memory o)
        internal
    {
        IRolls.Leaf memory leaf = _leafAt(c, position);
        bool gapped = coordinator.posterOf(task, who).state == IRolls.RollState.Opened && o[position].length == 0;
        bytes32[] memory gap = gapped ? Trees.path(o, position) : new bytes32[](0);
        vm.prank(by);
        coordinator.lift(task, round, who, position, leaf, gap);
    }

    function _land(uint16 position) internal {
        _landFrom(poster, position, commits, openings);
    }

    function _landFrom(address who, uint16 position, bytes[] memory c, bytes[] memory o) internal {
        (IRolls.Leaf memory leaf, IRolls.Leaf memory opening) = (_leafAt(c, position), _leafAt(o, position));
        vm.prank(stranger);
        coordinator.land(task, round, who, position, leaf, opening);
    }

    function _proofAt(uint16 position) internal view returns (IDisputeTypes.RolledProof memory) {
        return IDisputeTypes.RolledProof(
            poster, position, _leafAt(commits, position), _leafAt(openings, position)
        );
    }

    /// The aggregator's word that it has what silo `i` revealed.
    function _receiptOf(uint256 i, uint256 key) internal view returns (bytes memory) {
        Opening memory o = _opening(_silo(i));
        return _signature(key, disputes.hashReceipt(task, round, _silo(i), o.sealedRoot, o.contentKeyHash));
    }

    // --- from outside, so that the next call that a test expects to revert is the whole of it

    function postOpenings() external {
        _postOpenings();
    }

    function lift(address by, uint16 position) external {
        _lift(by, position);
    }

    function liftFrom(address by, address who, uint16 position, bytes[] memory c, bytes[] memory o) external {
        _liftFrom(by, who, position, c, o);
    }

    function land(uint16 position) external {
        _land(position);
    }

    // --- the aggregator's part

    function _includedLeaves() internal view returns (bytes[] memory leaves) {
        leaves = new bytes[](included.length);
        for (uint256 i; i < leaves.length; ++i) {
            Opening memory o = _opening(included[i]);
            leaves[i] = abi.encodePacked(included[i], o.payloadRoot, o.weight);
        }
    }

    function _include(uint256 first, uint256 end) internal {
        for (uint256 i = first; i < end; ++i) {
            included.push(_silo(i));
        }
    }

    /// Includes whom the test named, and leaves out whom it named.
    function _proposal() internal view virtual override returns (Proposal memory p) {
        p = super._proposal();
        p.included = uint16(included.length);
        if (included.length != 0) p.includedRoot = Trees.root(_includedLeaves());
        p.exclusions = exclusions;
    }

    function _includedPiece(uint256 at) internal view returns (IDisputeTypes.Piece memory) {
        bytes[] memory leaves = _includedLeaves();
        return IDisputeTypes.Piece(leaves[at], Trees.path(leaves, at));
    }

    // --- what became of a poster

    function _assertStruck(address accuser) internal view {
        vm.assertFalse(coordinator.posterOf(task, poster).bonded, "no bond");
        vm.assertEq(registry.participant(poster).stake, 0, "taken");
        vm.assertEq(_bountyOf(accuser), DUTY_BOND / 2, "half is the accuser's");
    }

    function _assertUnharmed() internal view {
        vm.assertTrue(coordinator.posterOf(task, poster).bonded, "bonded");
        vm.assertEq(registry.participant(poster).stake, DUTY_BOND, "stake");
    }
}
