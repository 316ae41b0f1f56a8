// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDisputeTypes} from "../src/interfaces/IDisputeTypes.sol";
import {ScoreBase} from "./ScoreBase.sol";
import {vm} from "./RoundBase.sol";

/// Lies about what the committee's members are paid with a round's rewards.
contract ChallengePayTest is ScoreBase {
    constructor() {
        validatorBps = 900;
    }

    function test_every_seat_that_showed_a_vote_is_paid_alike_dissent_too() public {
        _honestRound();
        vm.assertEq(_pay(), REWARD * 3 / 100, "a third of nine percent");
        vm.assertEq(owed[_member(0)], _pay(), "accepted");
        vm.assertEq(owed[_member(2)], _pay(), "dissented");
    }

    function test_nobody_gains_by_a_seats_silence() public {
        mute = 0;
        _honestRound();
        vm.assertEq(owed[_member(0)], 0, "silent");
        vm.assertEq(owed[_member(1)], _pay(), "no more than with all votes shown");
        uint256 total;
        for (uint256 i; i < SILOS; ++i) {
            total += owed[_silo(i)];
        }
        vm.assertLe(total, REWARD - SIZE * _pay(), "nor a participant");
        _accuseNot(_toChallenge());
    }

    function _accuseNot(Proposal memory p) internal {
        vm.expectRevert(abi.encodeWithSelector(IDisputeTypes.NotWrong.selector, p.rewardTotal, p.rewardTotal));
        this.accuse(p);
    }

    function test_a_validator_that_is_forgotten_is_the_aggregators_fall() public {
        _honestRound();
        Proposal memory p = _lie(_member(2), aggregator, _pay());
        _accuse(p);
        _assertOverturned();
    }

    function test_a_dissenter_paid_less_than_the_others_is_the_aggregators_fall() public {
        _toAggregate();
        (from, to, moved) = (_member(2), _member(1), 1);
        Proposal memory p = _proposal();
        _propose(p);
        _accuse(p);
        _assertOverturned();
    }

    function test_pay_for_a_seat_that_showed_nothing_falls() public {
        mute = 1;
        _toAggregate();
        (from, to, moved) = (_silo(0), _member(1), 1 gwei);
        Proposal memory p = _proposal();
        _propose(p);
        _accuse(p);
        _assertOverturned();
    }

    function _lie(address a, address b, uint256 amount) internal returns (Proposal memory p) {
        _toAggregate();
        (from, to, moved) = (a, b, amount);
        p = _proposal();
        _propose(p);
    }

    function test_a_ledger_without_a_paid_validator_is_refused() public {
        Proposal memory p = _lie(_silo(0), _silo(1), 1);
        for (uint8 k; k < SIZE; ++k) {
            IDisputeTypes.Entry[] memory ledger = _without(_ledger(), _member(k));
            IDisputeTypes.Record[] memory records = _records();
            vm.expectPartialRevert(IDisputeTypes.LedgerIncomplete.selector);
            disputes.challengeReward(task, round, p, ledger, records, _scored());
        }
    }

    /// One account as participant, validator and proposer gets all three, and each once.
    function test_an_account_in_three_roles_is_owed_the_sum() public {
        (rewardBy, feeBps) = (1, 1000);
        _again();
        for (uint256 i; i < VALIDATORS; ++i) {
            vm.prank(_validator(i));
            committee.resign(task);
        }
        for (uint256 i; i < SIZE; ++i) {
            _deposit(_silo(i), VALIDATOR_BOND);
            _admit(_silo(i), true);
            vm.prank(_silo(i));
            committee.enlist(task, VALIDATOR_BOND);
        }
        aggregator = _silo(0);
        vm.prank(sponsor);
        coordinator.appoint(task, aggregator, standby);
        _deposit(aggregator, DUTY_BOND);
        vm.prank(aggregator);
        coordinator.acceptDuty(task);
        _honestRound();
        uint256 fee = uint256(REWARD) / 10;
        uint256 equal = (REWARD - fee - SIZE * _pay()) / SILOS;
        vm.assertEq(owed[_silo(0)], equal + _pay() + fee, "all three");
        vm.assertEq(owed[_silo(1)], equal + _pay(), "two");
        vm.assertEq(owed[_silo(3)], equal, "one");
        Proposal memory p = _toChallenge();
        _accuseNot(p);
        vm.warp(uint256(coordinator.roundOf(task).deadline) + 1);
        coordinator.settle(task, round, p);
        vm.assertEq(treasury.accountOf(task).total, 2 * (fee + SIZE * _pay() + SILOS * equal), "posted");
    }
}
