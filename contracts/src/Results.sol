// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRounds} from "./interfaces/IRounds.sol";
import {CoordinatorBase} from "./CoordinatorBase.sol";
import {Mark} from "./Marks.sol";
import {Clock} from "./Clocks.sol";
import {Phases} from "./Phases.sol";

/// @title The aggregator's part of a round: propose a result, and have it settled unless it is challenged.
abstract contract Results is CoordinatorBase, IRounds {
    using Phases for Clock;

    uint8 internal constant LAST_REASON = 7;
    uint8 internal constant MALFORMED = 4;
    uint256 internal constant EXCLUSION_BYTES = 3;

    function propose(uint32 task, uint32 round, Proposal calldata p) external {
        Clock memory c = _require(task, round, Phase.Aggregate);
        address proposer = _requireOnDuty(task, c);
        _requireShort(p.uri);
        _requireExclusions(task, c, p);
        _requireReward(task, p);

        Round storage r = _s().rounds[task];
        r.proposer = proposer;
        r.proposalHash = keccak256(abi.encode(p));
        c.phase = Phase.Challenge;
        c.opensAt = c.nowS;
        c.deadline = c.opensAt + _s().tasks[task].params.challengeWindow;
        emit RoundAggregated(task, round, proposer, p);
        _turn(task, c);
        Duty storage aggregator = _s().tasks[task].aggregator;
        if (proposer != aggregator.account) _slashDuty(task, round, aggregator);
    }

    function settle(uint32 task, uint32 round, Proposal calldata p) external {
        Clock memory c = _require(task, round, Phase.Challenge);
        if (c.nowS <= c.deadline) {
            revert TooEarly(c.pause.firstSecond(uint256(c.deadline) + 1), block.timestamp);
        }
        bytes32 hash = keccak256(abi.encode(p));
        bytes32 expected = _s().rounds[task].proposalHash;
        if (hash != expected) revert ProposalMismatch(task, round, expected, hash);
        if (p.included == 0) _voidUnusable(task, c);
        else _finish(task, c, p);
    }

    // --- internal

    /// @dev The aggregator at any time; the standby from the middle of the window on, or at once where the
    /// aggregator has no bond; nobody whose proposal was overturned in this round.
    function _requireOnDuty(uint32 task, Clock memory c) internal view returns (address account) {
        Task storage t = _s().tasks[task];
        account = _s().registry.masterOf(msg.sender);
        bool leads = account == t.aggregator.account;
        if (!leads && account != t.standby.account) revert NotOnDuty(task, account);
        if (!(leads ? t.aggregator : t.standby).bonded) revert NotBonded(task, account);
        if (c.overturned != 0 && account == _s().rounds[task].proposer) {
            revert Overturned(task, c.round, account);
        }
        uint256 turn = uint256(c.opensAt) + (c.deadline - c.opensAt) / 2;
        bool waits = !leads && t.aggregator.bonded;
        if (waits && c.nowS < turn) revert TooEarly(c.pause.firstSecond(turn), block.timestamp);
    }

    /// @dev Everybody who revealed is either included or excluded for a listed reason, nobody twice. In a round with
    /// rolls nobody can count who did: a challenge shows who is missing, or should not be there. A masked sum is of all
    /// who masked; of groups each is in with all of it, or out.
    function _requireExclusions(uint32 task, Clock memory c, Proposal calldata p) internal view {
        uint256 excluded = p.exclusions.length / EXCLUSION_BYTES;
        bool rolled = _s().rounds[task].rolls != 0;
        if (p.exclusions.length % EXCLUSION_BYTES != 0 || (!rolled && p.included + excluded != c.revealed)) {
            revert MiscountedProposal(task, c.round, p.included, excluded, c.revealed);
        }
        TaskParams storage t = _s().tasks[task].params;
        bool whole = t.mode != 0 && p.included != 0;
        bool one = whole && t.group == 0;
        uint256 sure = p.included; // and whoever is out, and revealed on chain
        uint256 least; // the lowest index that may come now
        for (uint256 i; i < p.exclusions.length; i += EXCLUSION_BYTES) {
            uint16 index = uint16(bytes2(p.exclusions[i:i + 2]));
            uint8 reason = uint8(p.exclusions[i + 2]);
            Mark mark = _markOf(task, c.round, index);
            bool listed = reason != 0 && reason <= LAST_REASON && (!one || reason == MALFORMED);
            bool revealed = mark == Mark.Revealed;
            if (!listed || index < least || !(revealed || (rolled && mark == Mark.None))) {
                revert BadExclusion(task, c.round, index, reason);
            }
            least = uint256(index) + 1;
            if (revealed) ++sure;
        }
        uint256 quorum = t.quorum;
        if (whole) quorum = c.needed(t, quorum);
        if ((rolled || whole) && p.included != 0 && (whole ? p.included : sure) < quorum) {
            revert TooFewLeft(task, c.round, sure, quorum);
        }
    }

    /// @dev Checked here and not only by the treasury, or a bad total could never be settled.
    function _requireReward(uint32 task, Proposal calldata p) internal view {
        uint256 total = _s().treasury.accountOf(task).total;
        uint256 most = total + _s().tasks[task].params.roundReward;
        if (p.rewardTotal < total || p.rewardTotal > most) {
            revert RewardOutOfRange(task, p.rewardTotal, total, most);
        }
    }

    function _finish(uint32 task, Clock memory c, Proposal calldata p) internal {
        Status status = p.included == c.cohort ? Status.SUCCESS : Status.DEGRADED;
        c.end(Phase.Settled, status, c.nowS);
        _turn(task, c);
        _s().treasury.post(task, p.rewardRoot, p.rewardTotal);
        if (_s().tasks[task].params.committee != 0) _s().committee.publish(task, c.round);
        (uint32 version, bytes32 versionHash) = _s().models.append(task, c.round, p);
        emit RoundSettled(
            task, c.round, status, version, versionHash, c.cohort, c.committed, c.revealed, p.included
        );
    }

    /// @dev Nothing usable came: no version, no pay, and nobody's bond is lost over it.
    function _voidUnusable(uint32 task, Clock memory c) internal {
        c.end(Phase.Voided, Status.VOIDED, c.nowS);
        _turn(task, c);
        _voided(task, c.round, Phase.Challenge);
    }
}
