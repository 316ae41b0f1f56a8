// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Proxy} from "@openzeppelin/contracts/proxy/Proxy.sol";
import {Absences} from "./Absences.sol";
import {AnnouncedUpgrades} from "./AnnouncedUpgrades.sol";
import {CommitteeDesk} from "./CommitteeDesk.sol";
import {ICoordinator} from "./interfaces/ICoordinator.sol";
import {IParticipantRegistry} from "./interfaces/IParticipantRegistry.sol";

/// @notice Documented in ICommittee.
/// @dev Its parts, in the order of a round: Draws, Ballots, Absences; what is not a function of this contract goes to
/// its CommitteeDesk (Validators, Metrics, SoundUpdates), which shares its storage.
contract Committee is Absences, AnnouncedUpgrades, Proxy {
    /// @custom:oz-upgrades-unsafe-allow state-variable-immutable
    address private immutable DESK;

    /// @custom:oz-upgrades-unsafe-allow constructor
    constructor() {
        DESK = address(new CommitteeDesk());
        _disableInitializers();
    }

    /// @param drawDelay_ Blocks between the opening of a round and the block that its draw depends on.
    /// @param hashDraws_ prevrandao is constant on this chain: the block's hash stands in for it.
    function initialize(
        address manager,
        address coordinator,
        address registry,
        uint32 drawDelay_,
        bool hashDraws_
    ) external initializer {
        if (drawDelay_ == 0) revert NoDrawDelay();
        __AnnouncedUpgrades_init(manager, registry);
        CommitteeStorage storage s = _s();
        s.coordinator = ICoordinator(coordinator);
        s.registry = IParticipantRegistry(registry);
        (s.drawDelay, s.hashDraws) = (drawDelay_, hashDraws_);
    }

    /// @return drawDelay In blocks. @return hashDraws Whether the block's hash stands in for prevrandao.
    function drawProfile() external view returns (uint32 drawDelay, bool hashDraws) {
        return (_s().drawDelay, _s().hashDraws);
    }

    function _implementation() internal view override returns (address) {
        return DESK;
    }
}
