// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRolls} from "../src/interfaces/IRolls.sol";
import {RollBase} from "./RollBase.sol";
import {vm} from "./RoundBase.sol";
import {Wallet} from "./Attackers.sol";

/// A poster's receipt for a commit, honoured or not.
contract InclusionTest is RollBase {
    address internal dave;
    bytes32 internal promised;

    function setUp() public override {
        super.setUp();
        dave = _silo(3);
        _open();
        promised = _commitOf(3).commitment;
    }

    function _receiptOf(uint256 key, address participant, bytes32 commitment)
        internal
        view
        returns (IRolls.Receipt memory)
    {
        bytes32 digest = coordinator.hashInclusion(task, round, participant, commitment);
        return IRolls.Receipt(participant, commitment, _signature(key, digest));
    }

    function _receipt() internal view returns (IRolls.Receipt memory) {
        return _receiptOf(POSTER_KEY, dave, promised);
    }

    /// Posts the leaves of these silos.
    function _post(uint8[] memory who) internal {
        for (uint256 i; i < who.length; ++i) {
            commits.push(_commitLeaf(who[i]));
            openings.push(_openingLeaf(who[i]));
        }
        _postCommits();
    }

    function _posted(uint8 a, uint8 b) internal {
        uint8[] memory who = new uint8[](2);
        (who[0], who[1]) = (a, b);
        _post(who);
        vm.warp(_half() + 1);
    }

    function _near(uint256 first, uint256 count) internal view returns (IRolls.Leaf[] memory near) {
        near = new IRolls.Leaf[](count);
        for (uint256 i; i < count; ++i) {
            near[i] = _leafAt(commits, first + i);
        }
    }

    function _challenge(IRolls.Receipt memory receipt, uint16 position, uint256 count) internal {
        IRolls.Leaf[] memory near = _near(position, count);
        vm.prank(stranger);
        coordinator.challengeInclusion(task, round, poster, receipt, position, near);
    }

    function challenge(IRolls.Receipt memory receipt, uint16 position, uint256 count) external {
        _challenge(receipt, position, count);
    }

    function _acquitted(IRolls.Receipt memory receipt, uint16 position, uint256 count) internal {
        vm.expectRevert(_noFault());
        this.challenge(receipt, position, count);
        _assertUnharmed();
    }

    // --- broken

    function test_a_receipt_of_a_poster_without_any_roll_costs_its_bond() public {
        vm.warp(_half() + 1);
        uint256 bond = DUTY_BOND;
        vm.expectEmit(address(coordinator));
        emit IRolls.PosterSlashed(task, 1, poster, bond, bond / 2, "broken receipt");
        this.challenge(_receipt(), 0, 0);
        _assertStruck(stranger);
    }

    function test_a_receipt_for_a_commit_after_the_last_leaf_costs_the_bond() public {
        _posted(0, 1);
        _challenge(_receipt(), 1, 1);
        _assertStruck(stranger);
        vm.assertEq(coordinator.roundOf(task).committed, 2, "the roll stands");
    }

    function test_a_receipt_for_a_commit_before_the_first_leaf_costs_the_bond() public {
        _posted(2, 3);
        _challenge(_receiptOf(POSTER_KEY, _silo(0), keccak256("c")), 0, 1);
        _assertStruck(stranger);
    }

    function test_a_receipt_for_a_commit_between_two_leaves_costs_the_bond() public {
        _posted(0, 3);
        _challenge(_receiptOf(POSTER_KEY, _silo(2), keccak256("c")), 0, 2);
        _assertStruck(stranger);
    }

    function test_a_receipt_for_another_commitment_than_the_posted_one_costs_the_bond() public {
        _posted(0, 3);
        _challenge(_receiptOf(POSTER_KEY, dave, keccak256("the first thought")), 1, 1);
        _assertStruck(stranger);
    }

    function test_a_receipt_can_be_shown_as_long_as_the_round_is_the_last() public {
        _posted(0, 1);
        _toReveal();
        _postOpenings();
        _toAggregate();
        _include(0, 2);
        Proposal memory p = _proposal();
        _propose(p);
        _settle(p);
        _challenge(_receipt(), 1, 1);
        _assertStruck(stranger);
    }

    function test_a_contract_wallets_receipt_binds_it() public {
        address wallet = address(new Wallet(poster));
        _register(wallet);
        _deposit(wallet, DUTY_BOND);
        vm.prank(wallet);
        coordinator.enlistPoster(task);
        vm.warp(_half() + 1);
        IRolls.Receipt memory receipt = _receipt();
        vm.prank(stranger);
        coordinator.challengeInclusion(task, 1, wallet, receipt, 0, new IRolls.Leaf[](0));
        vm.assertFalse(coordinator.posterOf(task, wallet).bonded, "struck");
        _assertUnharmed();
    }

    // --- honoured, or no receipt at all

    function test_a_receipt_that_was_honoured_proves_nothing() public {
        _posted(0, 3);
        _acquitted(_receipt(), 1, 1);
        _acquitted(_receipt(), 0, 2);
        _acquitted(_receipt(), 0, 1);
        _acquitted(_receipt(), 0, 0);
    }

    function test_a_place_that_is_not_beside_the_index_proves_nothing() public {
        uint8[] memory who = new uint8[](3);
        (who[0], who[1], who[2]) = (0, 1, 2);
        _post(who);
        vm.warp(_half() + 1);
        _acquitted(_receipt(), 0, 1);
        _acquitted(_receipt(), 1, 1);
        _acquitted(_receipt(), 1, 2);
        _acquitted(_receipt(), 0, 3);
        _acquitted(_receiptOf(POSTER_KEY, _silo(0), _commitOf(0).commitment), 1, 1);
    }

    function test_leaves_that_are_not_neighbours_prove_nothing() public {
        _posted(0, 3);
        IRolls.Leaf[] memory near = new IRolls.Leaf[](2);
        (near[0], near[1]) = (_leafAt(commits, 0), _leafAt(commits, 0));
        IRolls.Receipt memory receipt = _receipt();
        vm.expectPartialRevert(IRolls.NotInRoll.selector);
        coordinator.challengeInclusion(task, 1, poster, receipt, 0, near);
    }

    function test_who_committed_for_itself_meanwhile_proves_nothing() public {
        _posted(0, 1);
        _commit(dave);
        _acquitted(_receipt(), 1, 1);
    }

    function test_a_receipt_that_the_poster_did_not_sign_proves_nothing() public {
        _posted(0, 1);
        _acquitted(_receiptOf(OTHER_KEY, dave, promised), 1, 1);
        IRolls.Receipt memory receipt = _receipt();
        receipt.commitment = keccak256("another");
        _acquitted(receipt, 1, 1);
        receipt = _receipt();
        receipt.participant = _silo(2);
        _acquitted(receipt, 1, 1);
    }

    function test_a_receipt_of_another_round_proves_nothing() public {
        IRolls.Receipt memory before = _receipt();
        vm.warp(block.timestamp + COMMIT + 1);
        _open();
        vm.warp(_half() + 1);
        _acquitted(before, 0, 0);
    }

    function test_a_receipt_is_not_due_while_rolls_may_still_come() public {
        vm.warp(_half());
        IRolls.Receipt memory receipt = _receipt();
        vm.expectRevert(abi.encodeWithSelector(TooEarly.selector, _half() + 1, _half()));
        this.challenge(receipt, 0, 0);
        vm.warp(_half() + 1);
        _challenge(receipt, 0, 0);
    }

    function test_a_receipt_of_who_never_locked_a_bond_costs_nothing() public {
        vm.warp(_half() + 1);
        IRolls.Receipt memory receipt = _receiptOf(OTHER_KEY, dave, promised);
        vm.expectRevert(abi.encodeWithSelector(NoBond.selector, task, other));
        coordinator.challengeInclusion(task, 1, other, receipt, 0, new IRolls.Leaf[](0));
    }

    function test_a_leaf_of_another_length_beside_the_index_is_a_matter_for_refuteOrder() public {
        commits.push(_commitLeaf(0));
        commits.push(hex"0002");
        _postCommits();
        vm.warp(_half() + 1);
        _acquitted(_receipt(), 1, 1);
    }

    /// The right commitment under a signature that nobody gave: it could neither be lifted nor land.
    function test_a_receipt_that_was_honoured_with_a_leaf_that_cannot_stand_costs_the_bond() public {
        commits.push(_commitLeaf(0));
        commits.push(_packed(3, _sign(_key(2), _unsigned(3))));
        _postCommits();
        vm.warp(_half() + 1);
        _challenge(_receipt(), 1, 1);
        _assertStruck(stranger);
    }

    // --- who else may strike

    function test_only_disputes_strikes_a_poster() public {
        _posted(0, 1);
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(OnlyDisputes.selector, stranger));
        coordinator.strikePoster(task, 1, poster, stranger, keccak256("evidence"));
        vm.prank(address(disputes));
        vm.expectEmit(address(coordinator));
        emit IRolls.PosterSlashed(task, 1, poster, DUTY_BOND, DUTY_BOND / 2, "withheld leaf");
        coordinator.strikePoster(task, 1, poster, stranger, keccak256("evidence"));
        _assertStruck(stranger);
        vm.assertEq(coordinator.rolledOf(task).leaves, 0, "void");
    }
}
