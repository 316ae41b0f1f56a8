// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IVerdicts} from "./interfaces/IVerdicts.sol";
import {Clock} from "./Clocks.sol";
import {Floors} from "./Floors.sol";
import {Phases} from "./Phases.sol";
import {Scores} from "./Scores.sol";

/// @title What the coordinator does about a committee's votes.
abstract contract Verdicts is Floors, IVerdicts {
    using Phases for Clock;

    modifier onlyCommittee() {
        if (msg.sender != address(_s().committee)) revert OnlyCommittee(msg.sender);
        _;
    }

    function endVote(uint32 task, uint32 round) external onlyCommittee {
        Clock memory c = _require(task, round, Phase.Vote);
        _next(task, c, c.nowS);
    }

    function tally(uint32 task, uint32 round, Verdict verdict, bool final_) external onlyCommittee {
        Clock memory c = _require(task, round, Phase.VoteReveal);
        c.verdict = verdict;
        if (final_) _next(task, c, c.nowS);
        else _save(task, c);
    }

    /// @dev The committee rejected the updates, or too few of it showed their votes: honest work gets its floor.
    function undecided(uint32 task) external {
        if (msg.sender != address(this)) revert OnlyCommittee(msg.sender);
        Clock memory c = _load(task);
        if (c.phase == Phase.Voided) {
            emit RoundVoided(task, c.round, Phase.VoteReveal);
        } else {
            (bytes32 head, uint32 number) = _s().models.head(task);
            emit RoundSettled(task, c.round, c.status, number, head, c.cohort, c.committed, c.revealed, 0);
        }
        _setFloors(task, c);
    }

    function lockValidator(address validator, uint256 amount) external onlyCommittee {
        _requireRunning(_s().pause);
        _s().registry.lock(validator, amount);
    }

    function unlockValidator(address validator, uint256 amount) external onlyCommittee {
        _s().registry.unlock(validator, amount);
    }

    function slashValidator(address validator, uint256 amount, bytes32 evidence, address accuser)
        external
        onlyCommittee
        returns (uint256 taken, uint256 bounty)
    {
        if (accuser != address(0)) return _s().registry.slashFor(validator, amount, evidence, accuser);
        taken = _s().registry.slash(validator, amount, evidence);
    }

    function voteOver(uint32 task, uint32 round) external view returns (bool) {
        Clock memory c = _load(task);
        if (c.round != round) revert WrongRound(task, round, c.round);
        while (c.overdue()) c.next(_s().tasks[task].params, _s().masks[task], c.deadline);
        return c.voted();
    }

    function scoreTerms(uint32 task) external view returns (bool wanted, uint256 most) {
        Task storage t = _taskOf(task);
        wanted = t.params.rewardBy == BY_SCORES;
        most = wanted ? uint256(t.indices) * Scores.WORD_BYTES : 0;
    }

    function committeeTerms(uint32 task) external view returns (address, uint8, uint128) {
        Task storage t = _taskOf(task);
        return (t.sponsor, t.params.committee, t.params.validatorBond);
    }
}
