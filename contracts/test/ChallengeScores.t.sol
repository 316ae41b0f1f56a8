// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDisputeTypes} from "../src/interfaces/IDisputeTypes.sol";
import {ScoreBase} from "./ScoreBase.sol";
import {vm} from "./RoundBase.sol";

/// Lies about rewards that go by the committee's scores.
contract ChallengeScoresTest is ScoreBase {
    constructor() {
        rewardBy = 2;
        _gives(0, 10, 0, 7, 100);
        _gives(1, 20, 1, 7, 4_294_967_295);
        _gives(2, 30, 2, 7, 0);
    }

    // --- nobody honest falls

    /// forge-config: default.fuzz.runs = 48
    function testFuzz_right_rewards_cannot_be_refuted(uint256 seed) public {
        rewardBy = uint8(seed % 3);
        (feeBps, validatorBps) = (uint16((seed >> 8) % 5001), uint16((seed >> 24) % 5001));
        if ((seed >> 40) % 4 != 0) shareCapBps = uint16((seed >> 44) % 10_001);
        mute = uint8((seed >> 60) % (SIZE + 1));
        for (uint8 k; k < SIZE; ++k) {
            uint256 noise = uint256(keccak256(abi.encode(seed, k)));
            // Small numbers tie and are often 0; large ones reach the end of a word.
            uint256 most = noise % 3 == 0 ? 4 : 2 ** 32;
            _gives(
                k,
                uint32((noise >> 8) % most),
                uint32((noise >> 40) % most),
                uint32((noise >> 72) % most),
                uint32((noise >> 104) % most)
            );
        }
        _again();
        _honestRound();
        Proposal memory p = _toChallenge();
        vm.expectRevert(abi.encodeWithSelector(IDisputeTypes.NotWrong.selector, p.rewardTotal, p.rewardTotal));
        this.accuse(p);
    }

    function test_scores_that_are_all_zero_pay_equally_and_nothing_else_is_right() public {
        for (uint8 k; k < SIZE; ++k) {
            _gives(k, 0, 0, 0, 0);
        }
        _honestRound();
        vm.assertEq(owed[_silo(0)], REWARD / SILOS, "equal");
        (from, to, moved) = (_silo(0), _silo(1), 1);
        _accuse(_toChallenge());
        _assertOverturned();
    }

    function test_a_vector_that_ends_early_says_zero_and_an_empty_one_too() public {
        vectors[0] = abi.encodePacked(uint32(9));
        vectors[1] = "";
        _gives(2, 9, 9, 9, 9);
        _honestRound();
        vm.assertEq(owed[_silo(0)], REWARD, "the only one that two members scored");
        (from, to, moved) = (_silo(0), _silo(1), 1);
        _accuse(_toChallenge());
        _assertOverturned();
    }

    // --- lies

    /// forge-config: default.fuzz.runs = 32
    function testFuzz_award_moved_to_somebody_else_costs_the_bond(uint8 a, uint256 amount, uint8 silent) public {
        mute = silent % (SIZE + 1);
        _honestRound();
        (from, to) = (_silo(0), _silo(1 + a % 3));
        moved = 1 + amount % owed[from];
        _accuse(_toChallenge());
        _assertOverturned();
    }

    function test_pay_by_weight_in_a_task_that_pays_by_scores_falls() public {
        _toAggregate();
        rewardBy = 0;
        Proposal memory p = _proposal();
        rewardBy = 2;
        _propose(p);
        _accuse(p);
        _assertOverturned();
    }

    function test_a_share_beyond_the_cap_falls() public {
        shareCapBps = 4000;
        _again();
        _toAggregate();
        shareCapBps = 0;
        Proposal memory p = _proposal();
        shareCapBps = 4000;
        _propose(p);
        _accuse(p);
        _assertOverturned();
    }

    function test_what_the_cap_keeps_back_stays_in_escrow() public {
        shareCapBps = 2500;
        _again();
        _gives(0, 1, 0, 0, 0);
        _gives(1, 1, 0, 0, 0);
        _honestRound();
        vm.assertEq(owed[_silo(0)], REWARD / 4, "a quarter, though the only one with a score");
        vm.assertEq(treasury.accountOf(task).escrow, 10 * REWARD - REWARD / 4, "the rest is the sponsor's");
    }

    // --- what proves nothing

    /// A proposal that lies, so that only the challenge's own fault can stop it.
    function _lied() internal returns (Proposal memory p) {
        (from, to, moved) = (_silo(0), _silo(1), 1);
        return _toChallenge();
    }

    function _refused(Proposal memory p, IDisputeTypes.Scored memory scored, bytes memory error) internal {
        (IDisputeTypes.Entry[] memory ledger, IDisputeTypes.Record[] memory records) = (_ledger(), _records());
        vm.expectRevert(error);
        disputes.challengeReward(task, round, p, ledger, records, scored);
    }

    function test_a_median_one_off_is_refused_either_way() public {
        Proposal memory p = _lied();
        for (uint256 i; i < SILOS; ++i) {
            for (uint256 d; d < 2; ++d) {
                IDisputeTypes.Scored memory s = _scored();
                if (s.medians[4 * i + 3] == 0 && d == 0) continue;
                s.medians[4 * i + 3] = bytes1(uint8(s.medians[4 * i + 3]) + uint8(2 * d) - 1);
                uint256 claimed = _scoreIn(s.medians, i);
                bytes memory error =
                    abi.encodeWithSelector(IDisputeTypes.NotTheMedian.selector, _included()[i], claimed);
                _refused(p, s, error);
            }
        }
    }

    function test_of_two_votes_the_upper_middle_is_not_the_median() public {
        mute = 2;
        Proposal memory p = _lied();
        IDisputeTypes.Scored memory s = _scored();
        vm.assertEq(_scoreIn(s.medians, 0), 10, "the lesser of 10 and 20");
        s.medians[3] = bytes1(uint8(20));
        _refused(p, s, abi.encodeWithSelector(IDisputeTypes.NotTheMedian.selector, _silo(0), 20));
    }

    function test_scores_of_fewer_or_more_members_than_showed_them_are_refused() public {
        mute = 1;
        Proposal memory p = _lied();
        IDisputeTypes.Scored memory s = _scored();
        bytes[] memory shown = s.vectors;
        s.vectors = new bytes[](1);
        s.vectors[0] = shown[0];
        _refused(p, s, abi.encodeWithSelector(IDisputeTypes.ScoresIncomplete.selector, 1, 2));
        s.vectors = new bytes[](3);
        (s.vectors[0], s.vectors[1], s.vectors[2]) = (shown[0], vectors[1], shown[1]);
        _refused(p, s, abi.encodeWithSelector(IDisputeTypes.ScoresIncomplete.selector, 3, 2));
    }

    function test_scores_that_a_member_did_not_show_are_refused() public {
        Proposal memory p = _lied();
        IDisputeTypes.Scored memory s = _scored();
        s.vectors[1][0] = 0x01;
        bytes memory error = abi.encodeWithSelector(
            IDisputeTypes.RootMismatch.selector, keccak256(vectors[1]), keccak256(s.vectors[1])
        );
        _refused(p, s, error);
        s = _scored();
        (s.vectors[0], s.vectors[1]) = (s.vectors[1], s.vectors[0]); // another member's
        error = abi.encodeWithSelector(
            IDisputeTypes.RootMismatch.selector, keccak256(vectors[0]), keccak256(vectors[1])
        );
        _refused(p, s, error);
    }

    function test_nobody_has_an_index_who_never_enrolled() public {
        address[] memory who = new address[](2);
        (who[0], who[1]) = (_silo(3), stranger);
        vm.expectRevert(abi.encodeWithSelector(NotEnrolled.selector, task, stranger));
        coordinator.indicesOf(task, who);
        (who[1]) = _silo(1);
        uint16[] memory indices = coordinator.indicesOf(task, who);
        vm.assertTrue(indices[0] == 3 && indices[1] == 1, "in their order");
    }
}
