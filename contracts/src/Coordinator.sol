// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MulticallUpgradeable} from "@openzeppelin/contracts-upgradeable/utils/MulticallUpgradeable.sol";
import {Proxy} from "@openzeppelin/contracts/proxy/Proxy.sol";
import {AnnouncedUpgrades} from "./AnnouncedUpgrades.sol";
import {ICommittee} from "./interfaces/ICommittee.sol";
import {IConsentLedger} from "./interfaces/IConsentLedger.sol";
import {IModelRegistry} from "./interfaces/IModelRegistry.sol";
import {IParticipantRegistry} from "./interfaces/IParticipantRegistry.sol";
import {ITreasury} from "./interfaces/ITreasury.sol";
import {Clock} from "./Clocks.sol";
import {Phases} from "./Phases.sol";
import {PrivateUpdates} from "./PrivateUpdates.sol";
import {Results} from "./Results.sol";
import {TaskDesk} from "./TaskDesk.sol";
import {Updates} from "./Updates.sol";

/// @notice Documented in ICoordinator.
/// @dev Its parts, in the order of a round: TaskDesk (Tasks, Enrolments), openRound, Updates, PrivateUpdates, Results, Court.
/// What is not a function of this contract goes to the desk, which shares its storage.
contract Coordinator is Updates, PrivateUpdates, Results, AnnouncedUpgrades, MulticallUpgradeable, Proxy {
    using Phases for Clock;

    /// @custom:oz-upgrades-unsafe-allow state-variable-immutable
    address private immutable DESK;

    /// @custom:oz-upgrades-unsafe-allow constructor
    /// @param court The Court that rules in disputes.
    constructor(address court) {
        DESK = address(new TaskDesk(court));
        _disableInitializers();
    }

    function initialize(
        address manager,
        address registry,
        address consent,
        address models,
        address treasury,
        address disputes,
        address committee
    ) external initializer {
        __AnnouncedUpgrades_init(manager, registry);
        CoordinatorStorage storage s = _s();
        s.registry = IParticipantRegistry(registry);
        s.consent = IConsentLedger(consent);
        s.models = IModelRegistry(models);
        s.treasury = ITreasury(treasury);
        s.disputes = disputes;
        s.committee = ICommittee(committee);
    }

    function openRound(uint32 task) external {
        Task storage t = _sponsored(task);
        Clock memory last = _requireIdle(task);
        _requireRunning(last.pause);
        Round storage r = _s().rounds[task];
        uint256 silent = _silent(last, r);
        if (silent != 0) revert UnslashedSilence(task, last.round, silent);
        if (last.opensAt < last.deadline && last.nowS <= last.deadline) { // floors can be fetched
            revert TooEarly(last.pause.firstSecond(uint256(last.deadline) + 1), block.timestamp);
        }
        if (last.round >= t.params.maxRounds) revert RoundsExhausted(task, t.params.maxRounds);
        if (t.enrolled < t.params.quorum) revert TooFewEnrolled(task, t.enrolled, t.params.quorum);
        _requireAggregator(task, t);
        if (t.params.committee != 0) _s().committee.openBallot(task, last.round + 1, t.params.committee);

        Clock memory c = _fresh(last, t);
        r.revealDeadline = 0;
        (r.leaves, r.opened, r.lifted, r.rolls) = (0, 0, 0, 0);
        uint32 number;
        (r.baseVersion, number) = _s().models.head(task);
        _keepBase(task, r.baseVersion, number);
        uint40 deadline = c.pause.lastSecond(c.deadline);
        emit RoundStarted(task, c.round, r.baseVersion, c.cohort, uint40(block.timestamp), deadline);
        _turn(task, c);
        _s().treasury.reserve(task, t.params.roundReward);
    }

    function tick(uint32 task) external {
        _taskOf(task);
        _advance(task);
    }

    // --- internal

    /// @dev The aggregator with its bond; else the standby with its own takes the place.
    function _requireAggregator(uint32 task, Task storage t) internal {
        if (t.aggregator.bonded) return;
        if (!t.standby.bonded) revert NoBondedAggregator(task, t.aggregator.account);
        t.aggregator = t.standby;
        delete t.standby;
        emit StandbyPromoted(task, t.aggregator.account);
    }

    function _fresh(Clock memory last, Task storage t) internal view returns (Clock memory c) {
        c.round = last.round + 1;
        bool masked = t.params.mode != 0;
        c.phase = masked ? Phase.Share : Phase.Commit;
        c.nowS = last.nowS;
        c.pause = last.pause;
        c.opensAt = c.nowS;
        c.deadline = c.opensAt + (masked ? t.params.shareWindow : t.params.commitWindow);
        uint16 buffer = t.params.buffer;
        c.cohort = buffer != 0 && buffer < t.enrolled ? buffer : t.enrolled;
        c.maxWeight = t.params.maxWeight;
    }

    function _implementation() internal view override returns (address) {
        return DESK;
    }
}
