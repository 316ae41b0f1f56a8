// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AnnouncedUpgrades} from "./AnnouncedUpgrades.sol";
import {ICoordinator} from "./interfaces/ICoordinator.sol";
import {IRoundTypes} from "./interfaces/IRoundTypes.sol";
import {IParticipantRegistry} from "./interfaces/IParticipantRegistry.sol";
import {IReputation} from "./interfaces/IReputation.sol";
import {Mark, Marks} from "./Marks.sol";

/// @notice Documented in IReputation.
contract Reputation is IReputation, AnnouncedUpgrades {
    using Marks for mapping(uint256 => uint256);

    struct Earned {
        uint16 earned;
        uint40 at;
    }

    /// @custom:storage-location erc7201:prefect-federated.Reputation
    struct ReputationStorage {
        ICoordinator coordinator;
        IParticipantRegistry registry;
        mapping(address participant => Earned) earned;
        mapping(uint32 task => mapping(uint256 => uint256)) counted; // Marks: who was counted for the last round
    }

    uint256 public constant MAX = 10_000;
    uint256 public constant GROWTH_PART = 20;
    uint256 public constant GROWTH_EVERY = 1 days;
    uint256 public constant HALF_LIFE = 180 days;
    uint256 public constant PENALTY = 4_000;
    uint256 public constant SLASHES_COUNTED = 16;

    uint256 internal constant EXCLUSION_BYTES = 3;

    // keccak256(abi.encode(uint256(keccak256("prefect-federated.Reputation")) - 1)) & ~bytes32(uint256(0xff))
    bytes32 private constant STORAGE_SLOT =
        0x76fb151341a49d3ca6d283e9d245c04cacb7b12a4bda285531d79176209edb00;

    /// @custom:oz-upgrades-unsafe-allow constructor
    constructor() {
        _disableInitializers();
    }

    function initialize(address manager, address coordinator, address registry) external initializer {
        __AnnouncedUpgrades_init(manager, registry);
        _storage().coordinator = ICoordinator(coordinator);
        _storage().registry = IParticipantRegistry(registry);
    }

    function record(
        uint32 task,
        uint32 round,
        IRoundTypes.Proposal calldata p,
        uint16[] calldata indices
    ) external {
        IRoundTypes.RoundState memory r = _storage().coordinator.roundOf(task);
        bool settled = r.round == round && r.phase == IRoundTypes.Phase.Settled;
        if (!settled || keccak256(abi.encode(p)) != r.proposalHash) revert NotSettled(task, round);
        uint256 next; // the first exclusion that is not below the index
        for (uint256 i; i < indices.length; ++i) {
            uint16 index = indices[i];
            if (i != 0 && index <= indices[i - 1]) revert NotAscending(index);
            while (_excludedAt(p.exclusions, next) < index) next += EXCLUSION_BYTES;
            if (_excludedAt(p.exclusions, next) != index) _record(task, round, index);
        }
    }

    // --- views

    function scoreOf(address participant) external view returns (uint256) {
        Earned storage e = _storage().earned[participant];
        uint256 earned = decayed(e.earned, block.timestamp - e.at);
        uint256 lost = _lost(participant);
        return earned > lost ? earned - lost : 0;
    }

    function earnedOf(address participant) external view returns (uint16, uint40) {
        Earned storage e = _storage().earned[participant];
        return (e.earned, e.at);
    }

    function decayed(uint256 a, uint256 elapsed) public pure returns (uint256) {
        uint256 half = a >> (elapsed / HALF_LIFE);
        return half - half * (elapsed % HALF_LIFE) / (2 * HALF_LIFE);
    }

    // --- internal

    function _record(uint32 task, uint32 round, uint16 index) internal {
        ReputationStorage storage s = _storage();
        if (s.counted[task].get(round, index) != Mark.None) return;
        if (!s.coordinator.hasRevealed(task, round, index)) return;
        address participant = s.coordinator.participantAt(task, index);
        Earned storage e = s.earned[participant];
        if (block.timestamp < e.at + GROWTH_EVERY) return;
        s.counted[task].set(round, index, Mark.Closed);
        uint256 earned = decayed(e.earned, block.timestamp - e.at);
        earned += (MAX - earned) / GROWTH_PART;
        (e.earned, e.at) = (uint16(earned), uint40(block.timestamp));
        emit Recorded(task, round, participant, uint16(earned), uint40(block.timestamp));
    }

    /// @dev What its slashes take from it now: of the last few, each that stands.
    function _lost(address participant) internal view returns (uint256 lost) {
        IParticipantRegistry registry = _storage().registry;
        uint256 id = registry.participant(participant).lastSlash;
        for (uint256 i; i < SLASHES_COUNTED && id != 0; ++i) {
            IParticipantRegistry.Slash memory k = registry.slashOf(id);
            if (k.state != IParticipantRegistry.SlashState.Restored) {
                lost += decayed(PENALTY, block.timestamp - k.at);
            }
            id = k.previous;
        }
    }

    /// @dev The index of the exclusion at an offset; above all indices after the last.
    function _excludedAt(bytes calldata exclusions, uint256 at) internal pure returns (uint256) {
        if (at >= exclusions.length) return type(uint256).max;
        return uint16(bytes2(exclusions[at:at + 2]));
    }

    function _storage() private pure returns (ReputationStorage storage s) {
        bytes32 slot = STORAGE_SLOT;
        assembly {
            s.slot := slot
        }
    }
}
