// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRulings} from "./interfaces/IRulings.sol";
import {Clock} from "./Clocks.sol";
import {Floors} from "./Floors.sol";
import {Mark} from "./Marks.sol";
import {Phases} from "./Phases.sol";

/// @title What the coordinator does about a proven offence.
abstract contract Rulings is Floors, IRulings {
    using Phases for Clock;

    modifier onlyDisputes() {
        if (msg.sender != _s().disputes) revert OnlyDisputes(msg.sender);
        _;
    }

    function overturn(uint32 task, uint32 round, address accuser, bytes32 evidence) external onlyDisputes {
        Clock memory c = _require(task, round, Phase.Challenge);
        Task storage t = _s().tasks[task];
        address proposer = _s().rounds[task].proposer;
        Duty storage fallen = proposer == t.aggregator.account ? t.aggregator : t.standby;
        Duty storage other = proposer == t.aggregator.account ? t.standby : t.aggregator;
        fallen.bonded = false;
        if (++c.overturned == 1 && other.bonded) {
            c.reopen(t.params);
            _turn(task, c);
        } else {
            _voidForFraud(task, c);
        }
        (uint256 taken, uint256 bounty) =
            _s().registry.slashFor(proposer, t.params.aggregatorBond, evidence, accuser);
        emit DutySlashed(task, round, proposer, taken, "proposal proven wrong");
        emit ProposalOverturned(task, round, proposer, accuser, taken, bounty, evidence);
    }

    function hold(uint32 task, uint32 round, uint40 until) external onlyDisputes {
        Clock memory c = _require(task, round, Phase.Challenge);
        if (until <= c.deadline) return;
        c.deadline = until;
        _save(task, c);
        emit ChallengeHeld(task, round, c.pause.lastSecond(until));
    }

    function strike(
        uint32 task,
        uint32 round,
        address participant,
        address accuser,
        bytes32 evidence,
        string calldata reason
    ) external onlyDisputes {
        _strike(task, _current(task, round), participant, accuser, evidence, reason);
    }

    function claimFloor(uint32 task, uint32 round, uint16 index) external {
        Clock memory c = _current(task, round);
        address participant = _s().members[task][index];
        bool due = c.idle() && _s().treasury.accountOf(task).floors != 0;
        if (!due || _markOf(task, round, index) != Mark.Revealed) revert NoFloor(task, round, participant);
        _setMark(task, round, index, Mark.Closed);
        uint256 amount = _floor(task, c);
        emit FloorPaid(task, round, participant, amount);
        _s().treasury.payFloor(task, participant, amount);
    }

    function claimPay(uint32 task, uint32 round, uint8 seat) external {
        _current(task, round);
        uint256 amount = _seatPay(task);
        bool spoilt = _s().treasury.accountOf(task).floors != 0; // from its end until the next round opens
        if (!spoilt || amount == 0) revert NoPay(task, round, seat);
        address member = _s().committee.takePay(task, round, seat);
        emit PayPaid(task, round, member, amount);
        _s().treasury.payFloor(task, member, amount);
    }

    function caseOf(uint32 task, uint32 round) external view returns (Case memory k) {
        Clock memory c = _load(task);
        Round storage r = _s().rounds[task];
        TaskParams storage p = _taskOf(task).params;
        if (c.round != round) revert WrongRound(task, round, c.round);
        k.phase = c.phase;
        k.rule = p.rule;
        k.step = p.step;
        k.disclosure = p.disclosure;
        k.trim = p.trim;
        k.chunkBytes = p.chunkBytes;
        k.chunks = p.chunks;
        k.limit = p.limit;
        k.challengeWindow = p.challengeWindow;
        k.proposedAt = c.opensAt;
        k.normBound = p.normBound;
        k.aggregateHeader = p.aggregateHeader;
        k.baseVersion = r.baseVersion;
        k.proposalHash = r.proposalHash;
        k.proposer = r.proposer;
        k.rewardBy = p.rewardBy;
        k.feeBps = p.feeBps;
        k.committee = p.committee;
        k.seatPay = uint128(_seatPay(task));
        k.shareCapBps = p.shareCapBps;
        k.roundReward = p.roundReward;
        k.nowS = c.nowS;
        k.pause = c.pause;
        k.group = p.group;
        k.accounted = p.privacyFloor != 0;
    }

    // --- internal

    function _voidForFraud(uint32 task, Clock memory c) internal {
        c.end(Phase.Voided, Status.VOIDED, c.nowS);
        c.deadline += _s().tasks[task].params.challengeWindow;
        _turn(task, c);
        emit RoundVoided(task, c.round, Phase.Challenge);
        _setFloors(task, c);
    }
}
