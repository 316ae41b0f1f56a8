// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Clock} from "./Clocks.sol";
import {IRoundTypes} from "./interfaces/IRoundTypes.sol";

/// @title How a round moves: (Share ->) Commit -> Reveal -> (Unmask ->) (Vote -> VoteReveal ->) Aggregate -> Challenge -> Settled, or Voided;
/// once from Challenge back to Aggregate; from VoteReveal to Settled where the committee rejects.
/// @notice Deadlines follow from the schedule, not from when somebody called: a late call changes nothing.
library Phases {
    /// Whether nobody is in the middle of a round: none ever opened, or the last one is over.
    function idle(Clock memory c) internal pure returns (bool) {
        return c.phase == IRoundTypes.Phase.None || c.phase == IRoundTypes.Phase.Settled
            || c.phase == IRoundTypes.Phase.Voided;
    }

    /// Whether the phase is one that ends by itself, and its last second is over.
    function overdue(Clock memory c) internal pure returns (bool) {
        return c.nowS > c.deadline
            && c.phase >= IRoundTypes.Phase.Share
            && c.phase <= IRoundTypes.Phase.Aggregate;
    }

    /// Moves on to the phase after this one, which ended at `endedAt`: its deadline, or earlier when everybody
    /// has acted (and no roll stands). Too few commits (less those retracted), openings or shares, or no proposal in time,
    /// void the round. A masked round needs more than half of its cohort all the way, as its secrets do.
    /// @param m Of this round, or an older one: then nobody has shared.
    function next(
        Clock memory c,
        IRoundTypes.TaskParams storage p,
        IRoundTypes.Masks storage m,
        uint40 endedAt
    ) internal view {
        uint256 quorum = needed(c, p, p.quorum);
        if (c.phase == IRoundTypes.Phase.Commit && c.committed >= quorum + c.late) {
            _enter(c, IRoundTypes.Phase.Reveal, endedAt + p.finalityGap, p.revealWindow);
        } else if (c.phase == IRoundTypes.Phase.Reveal && c.revealed >= quorum) {
            if (p.committee != 0) _enter(c, IRoundTypes.Phase.Vote, endedAt, p.voteWindow);
            else if (p.mode == 0) _enter(c, IRoundTypes.Phase.Aggregate, endedAt, p.aggregateWindow);
            else _enter(c, IRoundTypes.Phase.Unmask, endedAt + p.finalityGap, p.unmaskWindow);
        } else if (c.phase == IRoundTypes.Phase.Share && m.round == c.round && m.shared >= quorum) {
            _enter(c, IRoundTypes.Phase.Commit, endedAt + p.finalityGap, p.commitWindow);
        } else if (c.phase == IRoundTypes.Phase.Unmask && m.unmasked >= needed(c, p, p.threshold)) {
            _enter(c, IRoundTypes.Phase.Aggregate, endedAt + p.finalityGap, p.aggregateWindow);
        } else if (c.phase == IRoundTypes.Phase.Vote) {
            _enter(c, IRoundTypes.Phase.VoteReveal, endedAt + p.finalityGap, p.voteRevealWindow);
        } else if (c.phase == IRoundTypes.Phase.VoteReveal) {
            _decide(c, p, endedAt);
        } else {
            end(c, IRoundTypes.Phase.Voided, IRoundTypes.Status.VOIDED, endedAt);
        }
    }

    /// So many must do what a phase asks: the task's number, and in a masked round more than half of the cohort.
    function needed(Clock memory c, IRoundTypes.TaskParams storage p, uint256 least)
        internal
        view
        returns (uint256)
    {
        if (p.mode == 0 || least > c.cohort / 2) return least;
        return uint256(c.cohort) / 2 + 1;
    }

    /// Goes back to Aggregate, from now on: the proposal that stood was proven wrong.
    function reopen(Clock memory c, IRoundTypes.TaskParams storage p) internal view {
        _enter(c, IRoundTypes.Phase.Aggregate, c.nowS, p.aggregateWindow);
    }

    /// Closes the round for good.
    function end(
        Clock memory c,
        IRoundTypes.Phase phase,
        IRoundTypes.Status status,
        uint40 endedAt
    ) internal pure {
        c.phase = phase;
        c.status = status;
        c.opensAt = endedAt;
        c.deadline = endedAt;
    }

    /// Whether the committee's votes were called for in this round and can no longer change.
    function voted(Clock memory c) internal pure returns (bool) {
        return c.phase > IRoundTypes.Phase.VoteReveal
            && (c.verdict != IRoundTypes.Verdict.NONE || c.extended);
    }

    /// @dev A round that ends here pays floors, and waits a challenge window for them to be fetched.
    function _decide(Clock memory c, IRoundTypes.TaskParams storage p, uint40 endedAt) private view {
        if (c.verdict == IRoundTypes.Verdict.ACCEPTED) {
            _enter(c, IRoundTypes.Phase.Aggregate, endedAt, p.aggregateWindow);
        } else if (c.verdict == IRoundTypes.Verdict.REJECTED) {
            end(c, IRoundTypes.Phase.Settled, IRoundTypes.Status.REJECTED, endedAt);
            c.deadline += p.challengeWindow;
        } else if (!c.extended) {
            c.extended = true;
            c.deadline = endedAt + p.voteRevealWindow;
        } else {
            end(c, IRoundTypes.Phase.Voided, IRoundTypes.Status.VOIDED, endedAt);
            c.deadline += p.challengeWindow;
        }
    }

    function _enter(Clock memory c, IRoundTypes.Phase phase, uint40 opensAt, uint32 window) private pure {
        c.phase = phase;
        c.opensAt = opensAt;
        c.deadline = opensAt + window;
    }
}
