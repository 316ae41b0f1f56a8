// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDisputeTypes} from "../src/interfaces/IDisputeTypes.sol";
import {RewardBase} from "./RewardBase.sol";
import {vm} from "./DisputeBase.sol";

/// Lies about who is owed what, which anybody with the ledger can show.
contract ChallengeRewardTest is RewardBase {
    // --- nobody honest falls

    /// forge-config: default.fuzz.runs = 32
    function testFuzz_right_rewards_cannot_be_refuted(uint8 by, uint16 fee) public {
        (rewardBy, feeBps) = (by % 2, fee % 10_001);
        _again();
        _honestRound();
        Proposal memory p = _toChallenge();
        vm.expectRevert(
            abi.encodeWithSelector(IDisputeTypes.NotWrong.selector, p.rewardTotal, p.rewardTotal)
        );
        this.accuse(p);
    }

    function test_records_of_fewer_than_are_included_are_refused() public {
        Proposal memory p = _toChallenge();
        IDisputeTypes.Entry[] memory ledger = _ledger();
        IDisputeTypes.Record[] memory records = _records();
        assembly {
            mstore(records, sub(mload(records), 1))
        }
        IDisputeTypes.Scored memory scored = _scored();
        vm.expectRevert(abi.encodeWithSelector(IDisputeTypes.LedgerIncomplete.selector, SILOS - 1, SILOS));
        disputes.challengeReward(task, round, p, ledger, records, scored);
    }

    // --- lies

    /// forge-config: default.fuzz.runs = 32
    function testFuzz_award_moved_to_somebody_else_costs_the_bond(uint8 a, uint8 b, uint256 amount, uint8 by) public {
        (rewardBy, feeBps) = (by % 2, 1000);
        _again();
        _honestRound();
        (from, to) = (_silo(a % SILOS), _silo(b % SILOS));
        vm.assume(from != to);
        moved = 1 + amount % owed[from];
        _accuse(_toChallenge());
        _assertOverturned();
    }

    function test_aggregator_that_awards_itself_more_than_its_fee_falls() public {
        (from, to, moved) = (_silo(1), aggregator, 1);
        _accuse(_toChallenge());
        _assertOverturned();
    }

    function test_aggregator_that_forgets_a_silo_falls() public {
        feeBps = 500;
        _again();
        (from, to) = (_silo(3), aggregator);
        _open();
        _commitAll();
        _revealAll();
        moved = _earns(_silo(3), aggregator);
        Proposal memory p = _proposal();
        _propose(p);
        _accuse(p);
        _assertOverturned();
    }

    function test_award_to_somebody_who_had_no_part_falls() public {
        (from, to, moved) = (_silo(0), standby, 1 gwei);
        _accuse(_toChallenge());
        _assertOverturned();
    }

    function test_total_below_the_sum_of_the_leaves_falls() public {
        heldBack = 1;
        _accuse(_toChallenge());
        _assertOverturned();
    }

    function test_leaves_out_of_order_fall() public {
        unsorted = true;
        _accuse(_toChallenge());
        _assertOverturned();
    }

    function test_leaf_of_nothing_falls() public {
        withEmptyLeaf = true;
        _accuse(_toChallenge());
        _assertOverturned();
    }

    function test_equal_pay_by_weight_falls() public {
        rewardBy = 1;
        _again();
        (from, to, moved) = (_silo(0), _silo(1), 10);
        _accuse(_toChallenge());
        _assertOverturned();
    }

    // --- ledgers that prove nothing

    /// A proposal that lies, so that only the ledger's own fault can stop the challenge.
    function _lied() internal returns (Proposal memory p) {
        feeBps = 1000;
        _again();
        _honestRound();
        (from, to, moved) = (_silo(0), _silo(1), 1);
        return _toChallenge();
    }

    function _refused(Proposal memory p, IDisputeTypes.Entry[] memory ledger, bytes4 error) internal {
        IDisputeTypes.Record[] memory records = _records();
        vm.expectPartialRevert(error);
        disputes.challengeReward(task, round, p, ledger, records, _scored());
    }

    function test_ledger_that_forgets_somebody_included_is_refused() public {
        Proposal memory p = _lied();
        IDisputeTypes.Entry[] memory ledger = _ledger();
        for (uint256 i; i < ledger.length; ++i) {
            if (ledger[i].account == _silo(2)) ledger[i].place = 0;
        }
        _refused(p, ledger, IDisputeTypes.LedgerIncomplete.selector);
    }

    function test_ledger_without_a_proposer_that_earns_is_refused() public {
        feeBps = 1000;
        _again();
        (from, to, moved) = (_silo(0), _silo(1), 1);
        Proposal memory p = _toChallenge();
        _refused(p, _without(_ledger(), aggregator), IDisputeTypes.LedgerIncomplete.selector);
    }

    function test_ledger_that_names_an_account_twice_or_out_of_order_is_refused() public {
        Proposal memory p = _lied();
        IDisputeTypes.Entry[] memory ledger = _ledger();
        ledger[1] = ledger[0];
        _refused(p, ledger, IDisputeTypes.LedgerOrder.selector);
        ledger = _ledger();
        (ledger[0], ledger[1]) = (ledger[1], ledger[0]);
        _refused(p, ledger, IDisputeTypes.LedgerOrder.selector);
    }

    function test_ledger_that_gives_somebody_the_place_of_another_is_refused() public {
        Proposal memory p = _lied();
        IDisputeTypes.Entry[] memory ledger = _ledger();
        for (uint256 i; i < ledger.length; ++i) {
            if (ledger[i].account == _silo(2)) ledger[i].place = _place(_silo(3));
        }
        _refused(p, ledger, IDisputeTypes.WrongPlace.selector);
        for (uint256 i; i < ledger.length; ++i) {
            if (ledger[i].account == _silo(2)) ledger[i].place = uint16(SILOS + 1);
        }
        _refused(p, ledger, IDisputeTypes.WrongPlace.selector);
    }

    function test_ledger_with_an_old_amount_that_the_treasury_does_not_hold_is_refused() public {
        Proposal memory p = _lied();
        IDisputeTypes.Entry[] memory ledger = _ledger();
        ledger[2].owed += 1;
        _refused(p, ledger, IDisputeTypes.RootMismatch.selector);
    }

    function test_records_that_are_not_the_included_ones_are_refused() public {
        Proposal memory p = _lied();
        (IDisputeTypes.Entry[] memory ledger, IDisputeTypes.Record[] memory records) = (_ledger(), _records());
        records[1].weight += 1;
        vm.expectPartialRevert(IDisputeTypes.RootMismatch.selector);
        disputes.challengeReward(task, round, p, ledger, records, _scored());
        vm.expectPartialRevert(IDisputeTypes.LedgerIncomplete.selector);
        disputes.challengeReward(task, round, p, ledger, new IDisputeTypes.Record[](0), _scored());
    }

    function test_settled_round_is_beyond_challenge() public {
        (from, to, moved) = (_silo(0), _silo(1), 1);
        Proposal memory p = _toChallenge();
        (IDisputeTypes.Entry[] memory ledger, IDisputeTypes.Record[] memory records) = (_ledger(), _records());
        vm.warp(uint256(coordinator.roundOf(task).deadline) + 1);
        coordinator.settle(task, round, p);
        vm.expectPartialRevert(IDisputeTypes.NothingToChallenge.selector);
        disputes.challengeReward(task, round, p, ledger, records, _scored());
    }
}
