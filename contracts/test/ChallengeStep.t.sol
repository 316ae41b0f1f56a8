// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDisputeTypes} from "../src/interfaces/IDisputeTypes.sol";
import {IModelRegistry} from "../src/interfaces/IModelRegistry.sol";
import {DisputeBase, vm} from "./DisputeBase.sol";
import {Trees} from "./Trees.sol";
import {bound} from "./Vm.sol";

contract ChallengeStepTest is DisputeBase {
    bool internal modelHeaderLie;

    function _proposal() internal view override returns (Proposal memory p) {
        p = super._proposal();
        p.modelRoot = Trees.root(_shownModel());
    }

    function _shownModel() internal view returns (bytes[] memory chunks) {
        chunks = _model();
        if (modelHeaderLie) chunks[0] = _header("another model");
    }

    function _challengeStep(Proposal memory p, uint256 chunk, uint256 word) internal {
        IDisputeTypes.Coordinate memory at = IDisputeTypes.Coordinate(uint32(chunk), uint32(word), 0, 0);
        IDisputeTypes.Piece[3] memory pieces =
            [_piece(_base(), chunk), _piece(_aggregate(), chunk), _piece(_shownModel(), chunk)];
        disputes.challengeStep(task, round, p, _baseVersion(), at, pieces);
    }

    function challengeStep(Proposal memory p, uint256 chunk, uint256 word) external {
        _challengeStep(p, chunk, word);
    }

    function test_backdoor_of_one_word_in_the_model_costs_the_bond() public {
        modelLie = 1;
        Proposal memory p = _toChallenge();
        _challengeStep(p, lieChunk, lieWord);
        vm.assertEq(registry.participant(aggregator).stake, 0, "bond");
    }

    /// forge-config: default.fuzz.runs = 48
    function test_no_honest_model_word_can_be_refuted(uint256 chunk, uint256 word) public {
        Proposal memory p = _toChallenge();
        vm.expectPartialRevert(IDisputeTypes.NotWrong.selector);
        this.challengeStep(p, bound(chunk, 0, CHUNKS - 1), bound(word, 0, WORDS - 1));
    }

    function test_words_are_held_at_the_ends_of_int32() public {
        Proposal memory p = _toChallenge();
        for (uint256 word; word < 2; ++word) {
            vm.expectPartialRevert(IDisputeTypes.NotWrong.selector);
            this.challengeStep(p, 3, word);
        }
    }

    function test_model_under_another_header_costs_the_bond() public {
        modelHeaderLie = true;
        Proposal memory p = _toChallenge();
        _challengeStep(p, 0, 0);
        vm.assertEq(coordinator.roundOf(task).overturned, 1, "overturned");
    }

    function test_another_base_than_the_rounds_is_refused() public {
        modelLie = 1;
        Proposal memory p = _toChallenge();
        IModelRegistry.Version memory v = _baseVersion();
        v.modelRoot = keccak256("another base");
        IDisputeTypes.Piece[3] memory pieces;
        IDisputeTypes.Coordinate memory at;
        vm.expectPartialRevert(IDisputeTypes.NotTheBase.selector);
        disputes.challengeStep(task, round, p, v, at, pieces);
    }

    function test_task_with_another_server_step_is_left_to_re_execution() public {
        step = 1;
        setUp();
        modelLie = 1;
        Proposal memory p = _toChallenge();
        vm.expectRevert(abi.encodeWithSelector(IDisputeTypes.StepNotProvable.selector, task, 1));
        this.challengeStep(p, lieChunk, lieWord);
    }
}

contract ChallengeRangeTest is DisputeBase {
    int256 internal excess;

    function _wordOf(address silo, uint256 chunk, uint256 word) internal view override returns (int256) {
        if (silo == _silo(1) && chunk == 2 && word == 5 && excess != 0) return excess;
        return super._wordOf(silo, chunk, word);
    }

    function _challengeRange(address silo, Opening memory o, uint256 word) internal {
        IDisputeTypes.Coordinate memory at = IDisputeTypes.Coordinate(2, uint32(word), 0, 0);
        IDisputeTypes.Piece memory piece = _piece(_update(silo), 2);
        vm.prank(stranger);
        disputes.challengeRange(task, round, silo, o, at, piece);
    }

    function challengeRange(address silo, Opening memory o, uint256 word) external {
        _challengeRange(silo, o, word);
    }

    function test_word_beyond_the_limit_costs_the_participant_its_bond_and_its_place() public {
        int256[2] memory beyond = [int256(1001), type(int32).min];
        for (uint256 i; i < 2; ++i) {
            setUp();
            excess = beyond[i];
            _toChallenge();
            _challengeRange(_silo(1), _opening(_silo(1)), 5);
            vm.assertEq(registry.participant(_silo(1)).stake, 0, "bond");
            vm.assertEq(_bountyOf(stranger), BOND / 2, "bounty");
            vm.assertFalse(coordinator.enrolmentOf(task, _silo(1)).enrolled, "enrolled");
            vm.assertEq(registry.participant(_silo(0)).stake, BOND, "the others");
        }
    }

    function test_word_at_the_limit_is_within_it() public {
        excess = -1000;
        _toChallenge();
        Opening memory o = _opening(_silo(1));
        vm.expectRevert(abi.encodeWithSelector(IDisputeTypes.NotWrong.selector, 1000, 1000));
        this.challengeRange(_silo(1), o, 5);
    }

    function test_nobody_is_struck_in_a_round_that_is_not_the_current_one() public {
        excess = 1001;
        _toChallenge();
        Opening memory o = _opening(_silo(1));
        uint32 current = round;
        round = current + 1;
        vm.expectRevert(abi.encodeWithSelector(WrongRound.selector, task, current + 1, current));
        this.challengeRange(_silo(1), o, 5);
    }

    function test_nobody_is_struck_twice_or_for_what_another_revealed() public {
        excess = 5000;
        _toChallenge();
        Opening memory o = _opening(_silo(1));
        vm.expectRevert(abi.encodeWithSelector(IDisputeTypes.NotRevealed.selector, _silo(0)));
        this.challengeRange(_silo(0), o, 5);
        _challengeRange(_silo(1), o, 5);
        vm.expectRevert(abi.encodeWithSelector(NoBond.selector, task, _silo(1)));
        this.challengeRange(_silo(1), o, 5);
    }

    function test_who_enrols_anew_in_the_round_does_not_pay_twice_for_one_word() public {
        excess = 5000;
        _toChallenge();
        Opening memory o = _opening(_silo(1));
        _challengeRange(_silo(1), o, 5);
        _deposit(_silo(1), BOND);
        vm.prank(_silo(1));
        coordinator.enrol(task);
        vm.expectRevert(abi.encodeWithSelector(NoBond.selector, task, _silo(1)));
        this.challengeRange(_silo(1), o, 5);
        vm.assertTrue(coordinator.enrolmentOf(task, _silo(1)).bonded, "anew");
    }

    function test_task_that_discloses_nothing_shows_no_word() public {
        disclosure = 0;
        setUp();
        excess = 5000;
        _toChallenge();
        Opening memory o = _opening(_silo(1));
        vm.expectRevert(abi.encodeWithSelector(IDisputeTypes.NotDisclosed.selector, task));
        this.challengeRange(_silo(1), o, 5);
    }
}
