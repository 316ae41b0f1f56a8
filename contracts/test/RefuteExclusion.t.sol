// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICommitteeTypes} from "../src/interfaces/ICommitteeTypes.sol";
import {IDisputeTypes} from "../src/interfaces/IDisputeTypes.sol";
import {Wallet} from "./Attackers.sol";
import {CommitteeRound} from "./CommitteeRound.sol";
import {RoundBase, vm} from "./RoundBase.sol";

/// Somebody is left out as unreadable; what the committee read says whether that may be.
contract RefuteExclusionTest is CommitteeRound {
    uint16 internal constant OUT = 3; // index of the silo that is left out
    uint8 internal reason = 4;
    uint8 internal disclosure = 1;
    uint8 internal rule;
    uint64 internal normBound;

    function _params() internal view override returns (TaskParams memory p) {
        p = super._params();
        (p.disclosure, p.rule, p.normBound) = (disclosure, rule, normBound);
    }

    function _proposal() internal view override returns (Proposal memory p) {
        p = super._proposal();
        p.included -= 1;
        p.exclusions = abi.encodePacked(OUT, reason);
    }

    // --- what members sign

    /// Written a second time, from its definition and not with the contract's code.
    function _sound(uint32 task_, uint32 round_, address who, Opening memory o) internal view returns (bytes32) {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("prefect-federated committee"),
                keccak256("1"),
                block.chainid,
                address(committee)
            )
        );
        bytes32 typehash = keccak256(
            "Sound(uint32 task,uint32 round,address participant,bytes32 payloadRoot,uint32 weight,bytes32 sealedRoot,bytes32 contentKeyHash)"
        );
        bytes memory head = abi.encode(typehash, task_, round_, who);
        bytes32 said =
            keccak256(bytes.concat(head, abi.encode(o.payloadRoot, o.weight, o.sealedRoot, o.contentKeyHash)));
        return keccak256(abi.encodePacked(hex"1901", domain, said));
    }

    function _by(uint8 seat, bytes32 digest) internal view returns (SeatSignature memory) {
        return SeatSignature(seat, _signature(_keyOf(_member(seat)), digest));
    }

    function _digest() internal view returns (bytes32) {
        return _sound(task, round, _silo(OUT), _opening(_silo(OUT)));
    }

    /// Signatures of two of three, the second over another digest.
    function _two(bytes32 second) internal view returns (SeatSignature[] memory given) {
        given = new SeatSignature[](2);
        (given[0], given[1]) = (_by(0, _digest()), _by(2, second));
    }

    function _honest() internal view returns (SeatSignature[] memory) {
        return _two(_digest());
    }

    // --- the steps

    function _toChallenge() internal returns (Proposal memory p) {
        Vote[] memory votes = _toVoteReveal(3);
        _show(0, votes[0]);
        _show(1, votes[1]); // the third member stays silent, and may sign all the same
        vm.warp(uint256(coordinator.roundOf(task).deadline) + 1);
        p = _proposal();
        _propose(p);
    }

    function _refute(Proposal memory p, SeatSignature[] memory given) internal {
        Opening memory o = _opening(_silo(OUT));
        vm.prank(stranger);
        disputes.refuteExclusion(task, round, p, 0, o, given);
    }

    function _assertRefused(Proposal memory p, SeatSignature[] memory given, bytes memory why) internal {
        Opening memory o = _opening(_silo(OUT));
        vm.expectRevert(why);
        disputes.refuteExclusion(task, round, p, 0, o, given);
    }

    function _tooFew(uint256 found) internal view returns (bytes memory) {
        return abi.encodeWithSelector(TooFewFoundSound.selector, task, round, _silo(OUT), found, SIZE);
    }

    function _assertOverturned() internal view {
        vm.assertEq(coordinator.roundOf(task).overturned, 1, "overturned");
        vm.assertEq(registry.participant(aggregator).stake, 0, "bond");
        vm.assertEq(_bountyOf(stranger), DUTY_BOND / 2, "half to who proved it");
    }

    // --- what is refuted

    function test_two_thirds_of_the_committee_refute_each_reason_that_a_reader_finds_out() public {
        for (reason = 1; reason <= 5; ++reason) {
            setUp();
            Proposal memory p = _toChallenge();
            bytes32 asked = committee.hashSound(task, round, _silo(OUT), _opening(_silo(OUT)));
            vm.assertEq(asked, _digest(), "what a member's client signs");
            vm.expectEmit(address(disputes));
            emit IDisputeTypes.ExclusionRefuted(task, round, stranger, OUT, reason);
            _refute(p, _honest());
            _assertOverturned();
        }
    }

    function test_a_task_that_discloses_nothing_is_judged_the_same() public {
        disclosure = 0;
        setUp();
        _refute(_toChallenge(), _honest());
        _assertOverturned();
    }

    function test_norm_bound_and_rule_are_not_the_committees_to_refute() public {
        (rule, normBound) = (3, 77);
        for (reason = 6; reason <= 7; ++reason) {
            setUp();
            Proposal memory p = _toChallenge();
            _assertRefused(p, _honest(), abi.encodeWithSelector(IDisputeTypes.NotWrong.selector, OUT, reason));
        }
    }

    // --- who counts

    function test_one_of_three_is_too_few() public {
        Proposal memory p = _toChallenge();
        SeatSignature[] memory given = new SeatSignature[](1);
        given[0] = _by(1, _digest());
        _assertRefused(p, given, _tooFew(1));
        _assertRefused(p, new SeatSignature[](0), _tooFew(0));
    }

    function test_nobody_counts_twice() public {
        Proposal memory p = _toChallenge();
        SeatSignature[] memory given = new SeatSignature[](2);
        (given[0], given[1]) = (_by(1, _digest()), _by(1, _digest()));
        _assertRefused(p, given, abi.encodeWithSelector(SeatOutOfTurn.selector, 1, 2, SIZE));
    }

    function test_signatures_out_of_order_are_refused() public {
        Proposal memory p = _toChallenge();
        SeatSignature[] memory given = _honest();
        (given[0], given[1]) = (given[1], given[0]);
        _assertRefused(p, given, abi.encodeWithSelector(SeatOutOfTurn.selector, 0, 3, SIZE));
    }

    function test_a_seat_that_the_committee_does_not_have_is_refused() public {
        Proposal memory p = _toChallenge();
        SeatSignature[] memory given = _honest();
        given[1].seat = SIZE;
        _assertRefused(p, given, abi.encodeWithSelector(SeatOutOfTurn.selector, SIZE, 1, SIZE));
    }

    function test_a_signature_of_anybody_else_in_a_members_seat_does_not_count() public {
        Proposal memory p = _toChallenge();
        SeatSignature[] memory given = _honest();
        given[1].signature = given[0].signature; // of another member
        _assertRefused(p, given, _tooFew(1));
        given[1].signature = _signature(0x5e05, _digest());
        _assertRefused(p, given, _tooFew(1));
        given[1].signature = "";
        _assertRefused(p, given, _tooFew(1));
    }

    function test_what_was_signed_elsewhere_or_about_something_else_does_not_count() public {
        Proposal memory p = _toChallenge();
        Opening memory o = _opening(_silo(OUT));
        _assertRefused(p, _two(_sound(task + 1, round, _silo(OUT), o)), _tooFew(1));
        _assertRefused(p, _two(_sound(task, round + 1, _silo(OUT), o)), _tooFew(1));
        _assertRefused(p, _two(_sound(task, round, _silo(0), o)), _tooFew(1));
        o.payloadRoot = "another";
        _assertRefused(p, _two(_sound(task, round, _silo(OUT), o)), _tooFew(1));
        o = _opening(_silo(OUT));
        ++o.weight;
        _assertRefused(p, _two(_sound(task, round, _silo(OUT), o)), _tooFew(1));
        o = _opening(_silo(OUT));
        o.sealedRoot = "another";
        _assertRefused(p, _two(_sound(task, round, _silo(OUT), o)), _tooFew(1));
        o = _opening(_silo(OUT));
        o.contentKeyHash = "another";
        _assertRefused(p, _two(_sound(task, round, _silo(OUT), o)), _tooFew(1));
        uint256 here = block.chainid;
        vm.chainId(here + 1);
        bytes32 elsewhere = _digest();
        vm.chainId(here);
        _assertRefused(p, _two(elsewhere), _tooFew(1));
    }

    function test_a_member_whose_bond_is_gone_does_not_count_though_it_keeps_its_seat() public {
        for (uint8 fallen = 0; fallen <= 2; fallen += 2) { // one that showed its vote, one whose vote is void
            setUp();
            Proposal memory p = _toChallenge();
            SeatSignature[] memory given = _honest();
            address member = _member(fallen);
            (bytes32 a, bytes32 b) = (keccak256("a"), keccak256("b"));
            committee.challengeConflict(
                task, round, member, Attestation(a, _attestation(member, a)), Attestation(b, _attestation(member, b))
            );
            _assertRefused(p, given, _tooFew(1));
        }
    }

    function test_a_member_that_resigns_counts_until_the_round_is_over() public {
        Proposal memory p = _toChallenge();
        SeatSignature[] memory given = _honest();
        vm.prank(_member(0));
        committee.resign(task);
        _refute(p, given);
        _assertOverturned();
    }

    function test_a_delegate_and_a_contract_wallet_sign_for_their_members() public {
        Proposal memory p = _toChallenge();
        SeatSignature[] memory given = _honest();
        (address master, address delegate) = (_member(0), vm.addr(0xde1e));
        vm.prank(master);
        registry.setDelegate(delegate);
        given[0].signature = _signature(0xde1e, _digest());
        vm.etch(_member(2), address(new Wallet(vm.addr(0x0431))).code);
        given[1].signature = _signature(0x0431, _digest());
        _refute(p, given);
        _assertOverturned();
    }

    // --- which round

    function test_members_of_another_rounds_committee_do_not_count() public {
        Proposal memory p = _toChallenge();
        Opening memory o = _opening(_silo(OUT));
        SeatSignature[] memory given = _honest();
        (uint256 first, uint256 third) = (_keyOf(_member(0)), _keyOf(_member(2)));
        committee.requireSound(task, round, _silo(OUT), o, given); // as the seats are now
        _settle(p);
        _open();
        vm.expectRevert(abi.encodeWithSelector(WrongBallot.selector, task, round - 1, round));
        committee.requireSound(task, round - 1, _silo(OUT), o, given);
        o = _opening(_silo(OUT));
        given[0].signature = _signature(first, _digest());
        given[1].signature = _signature(third, _digest());
        vm.expectRevert(abi.encodeWithSelector(SeatOutOfTurn.selector, 0, 0, 0)); // nobody is drawn yet
        committee.requireSound(task, round, _silo(OUT), o, given);
    }

    // --- what it is about

    function test_an_invented_opening_refutes_nothing() public {
        Proposal memory p = _toChallenge();
        Opening memory o = _opening(_silo(OUT));
        o.payloadRoot = "never revealed";
        SeatSignature[] memory given = _two(_sound(task, round, _silo(OUT), o));
        given[0] = _by(0, _sound(task, round, _silo(OUT), o));
        vm.expectRevert(abi.encodeWithSelector(IDisputeTypes.NotRevealed.selector, _silo(OUT)));
        disputes.refuteExclusion(task, round, p, 0, o, given);
    }

    function test_only_the_standing_proposal_is_refuted() public {
        Proposal memory p = _toChallenge();
        SeatSignature[] memory given = _honest();
        Proposal memory other = p;
        bytes32 stands = keccak256(abi.encode(p));
        other.exclusions = abi.encodePacked(OUT, uint8(3));
        bytes32 shown = keccak256(abi.encode(other));
        bytes memory why = abi.encodeWithSelector(ProposalMismatch.selector, task, round, stands, shown);
        _assertRefused(other, given, why);
        other.exclusions = abi.encodePacked(OUT, reason);
        _settle(other);
        why = abi.encodeWithSelector(IDisputeTypes.NothingToChallenge.selector, task, round, Phase.Settled);
        _assertRefused(other, given, why);
    }
}

/// A task without a committee: nobody can have found anything sound.
contract RefuteWithoutCommitteeTest is RoundBase {
    function test_without_a_committee_an_exclusion_stands() public {
        _open();
        _commitAll();
        _revealAll();
        Proposal memory p = _proposal();
        p.included -= 1;
        p.exclusions = abi.encodePacked(uint16(3), uint8(4));
        _propose(p);
        Opening memory o = _opening(_silo(3));
        ICommitteeTypes.SeatSignature[] memory given = new ICommitteeTypes.SeatSignature[](0);
        vm.expectRevert(abi.encodeWithSelector(ICommitteeTypes.WrongBallot.selector, task, round, 0));
        disputes.refuteExclusion(task, round, p, 0, o, given);
    }
}
