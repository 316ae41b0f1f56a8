// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ITaskDesk} from "./interfaces/ITaskDesk.sol";
import {CoordinatorBase} from "./CoordinatorBase.sol";
import {Tallies} from "./Tallies.sol";

/// @title Tasks: how they are created, and what they agreed to.
abstract contract Tasks is CoordinatorBase, ITaskDesk {
    uint256 internal constant MAX_PARTICIPANTS = 10_000;
    uint8 internal constant LAST_RULE = 7;
    uint8 internal constant MAX_COMMITTEE = 31;
    uint8 internal constant MAX_STALENESS = 16;

    /// @dev EIP-712 style name; `params` enters as keccak256 of its 48 words (see createTask).
    bytes32 public constant TASK_TYPEHASH =
        keccak256("Task(uint256 chainId,address coordinator,address sponsor,bytes32 paramsHash)");

    function createTask(TaskParams calldata p, string calldata specUri) external returns (uint32 task) {
        _validate(p);
        _requireShort(specUri);
        task = ++_s().taskCount;
        Task storage t = _s().tasks[task];
        t.id = _taskId(msg.sender, p);
        t.sponsor = msg.sender;
        t.aggregator.account = p.aggregator;
        t.standby.account = p.standby;
        t.params = p;
        if (p.privacyFloor != 0 || p.mode != 0) t.params.purposes |= ACCOUNTED;
        emit TaskCreated(task, t.id, msg.sender, p, specUri);
        _s().treasury.openAccount(task, p.token, msg.sender);
        _s().models.genesis(task, p.genesisRoot, specUri);
    }

    function taskOf(uint32 task) external view returns (TaskState memory state) {
        Task storage t = _taskOf(task);
        state = TaskState({
            taskId: t.id,
            sponsor: t.sponsor,
            aggregator: t.aggregator.account,
            standby: t.standby.account,
            aggregatorBonded: t.aggregator.bonded,
            standbyBonded: t.standby.bonded,
            enrolled: t.enrolled,
            indices: t.indices,
            params: t.params
        });
        state.params.purposes &= ~ACCOUNTED;
    }

    function tasks() external view returns (uint32) {
        return _s().taskCount;
    }

    // --- internal

    /// @dev keccak256(abi.encode(TASK_TYPEHASH, block.chainid, address(this), sponsor, keccak256(abi.encode(p)))).
    function _taskId(address sponsor, TaskParams calldata p) internal view returns (bytes32) {
        return
            keccak256(
                abi.encode(TASK_TYPEHASH, block.chainid, address(this), sponsor, keccak256(abi.encode(p)))
            );
    }

    function _validate(TaskParams calldata p) internal view {
        _check(p.specHash != 0, "specHash");
        _check(p.genesisRoot != 0, "genesisRoot");
        _check(p.purposes != 0 && p.purposes < ACCOUNTED, "purposes");
        _check(p.privacyFloor == 0 || p.modes == DIRECT, "privacyFloor");
        _check(p.commitWindow != 0, "commitWindow");
        _check(p.revealWindow != 0, "revealWindow");
        _check(p.aggregateWindow != 0, "aggregateWindow");
        _check(p.challengeWindow != 0, "challengeWindow");
        _check(p.quorum != 0 && p.quorum <= p.maxParticipants, "quorum");
        _check(p.maxParticipants <= MAX_PARTICIPANTS, "maxParticipants");
        _check(p.maxWeight != 0, "maxWeight");
        _check(p.maxRounds != 0, "maxRounds");
        _check(p.chunkBytes != 0 && p.chunkBytes % 32 == 0, "chunkBytes");
        _check(p.chunks > 1, "chunks");
        _check(p.limit != 0 && p.limit < 2 ** 31, "limit");
        _check(p.disclosure <= 1, "disclosure");
        _check(p.floorBps <= 10_000, "floorBps");
        _check(p.modes & DIRECT != 0 && p.modes < 8 && (p.modes < ROLLED || (p.revealGrace != 0 && p.aggregatorBond != 0)), "modes");
        _check(p.aggregateHeader != 0, "aggregateHeader");
        _check(p.feeBps <= 10_000, "feeBps");
        _check(p.rule <= LAST_RULE, "rule");
        // By examples would pay by the coefficients in the leaves: the examples are in none of them.
        _check(p.rule < Tallies.REWEIGHTED || p.rewardBy != 0, "rewardBy");
        bool buffered = p.buffer != 0;
        bool fits = p.buffer >= p.quorum && p.buffer <= p.maxParticipants && p.modes == DIRECT && p.maxMisses == 0;
        _check(!buffered || fits, "buffer");
        _check(p.maxStaleness == 0 || (buffered && p.maxStaleness <= MAX_STALENESS), "maxStaleness");
        _check(p.aggregator != address(0), "aggregator");
        _check(p.standby != p.aggregator, "standby");
        _validateMasks(p);
        _validateCommittee(p);
        _validateBonds(p);
    }

    /// @dev A single masked word says nothing, so neither a rule for single updates nor a bound on them can apply. Of
    /// groups that mask within themselves the sums show, so a rule by rank may look across them.
    function _validateMasks(TaskParams calldata p) internal pure {
        bool clear = p.mode == 0;
        bool ranked = p.group != 0 && p.rule <= Tallies.TRIMMED_MEAN;
        bool plain = (p.rule == 0 || ranked) && p.normBound == 0 && p.modes < ROLLED && p.buffer == 0;
        _check(clear || (p.mode == 1 && plain && p.committee == 0 && p.disclosure == 0), "mode");
        _check(clear == (p.shareWindow == 0), "shareWindow");
        _check(clear == (p.unmaskWindow == 0), "unmaskWindow");
        _check(clear ? p.threshold == 0 : p.threshold > 1 && p.threshold <= p.quorum, "threshold");
        _check(clear || p.quorum > 2, "quorum");
        _check(p.group == 0 || (!clear && p.group > 2 && p.group <= p.quorum), "group");
    }

    function _validateCommittee(TaskParams calldata p) internal pure {
        bool none = p.committee == 0;
        _check(p.committee <= MAX_COMMITTEE, "committee");
        _check(none == (p.voteWindow == 0), "voteWindow");
        _check(none == (p.voteRevealWindow == 0), "voteRevealWindow");
        _check(none == (p.validatorBond == 0), "validatorBond");
        _check(p.rewardBy < BY_SCORES || (p.rewardBy == BY_SCORES && !none), "rewardBy");
        // A round's reward covers the fee, and a spoilt round's floors, beside the committee's pay.
        uint256 beside = p.feeBps > p.floorBps ? p.feeBps : p.floorBps;
        _check(p.validatorBps == 0 || (!none && p.validatorBps + beside <= 10_000), "validatorBps");
        _check(p.shareCapBps <= 10_000, "shareCapBps");
    }

    function _validateBonds(TaskParams calldata p) internal view {
        bool sameToken = p.token == _s().registry.stakeToken();
        _check(!sameToken || p.aggregatorBond >= p.roundReward, "aggregatorBond");
        // Aggregate and Challenge can come twice, demands stretch Challenge to four windows, and VoteReveal may need
        // a second one; its gap counts only where there is a committee.
        uint256 votes = p.committee == 0
            ? 0
            : uint256(p.voteWindow) + p.finalityGap + 2 * uint256(p.voteRevealWindow);
        uint256 longest = votes + uint256(p.commitWindow) + p.finalityGap + p.revealWindow + p.revealGrace
            + 2 * (uint256(p.aggregateWindow) + 4 * uint256(p.challengeWindow));
        // Each phase of a masked round waits for the chain to be final about the one before.
        if (p.mode != 0) longest += uint256(p.shareWindow) + p.unmaskWindow + 3 * uint256(p.finalityGap);
        // Each of a round's rolls may fall and open Commit again.
        if (p.modes >= ROLLED) longest += MOST_ROLLS * (uint256(p.commitWindow) / 2 + p.finalityGap + p.revealWindow);
        _check(_s().registry.unbondingPeriod() >= 2 * longest, "unbondingPeriod");
    }

    function _check(bool ok, string memory field) internal pure {
        if (!ok) revert InvalidTask(field);
    }
}
