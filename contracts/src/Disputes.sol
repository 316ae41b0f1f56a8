// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EIP712Upgradeable} from "@openzeppelin/contracts-upgradeable/utils/cryptography/EIP712Upgradeable.sol";
import {Proxy} from "@openzeppelin/contracts/proxy/Proxy.sol";
import {AnnouncedUpgrades} from "./AnnouncedUpgrades.sol";
import {Demands} from "./Demands.sol";
import {ICoordinator} from "./interfaces/ICoordinator.sol";
import {IModelRegistry} from "./interfaces/IModelRegistry.sol";
import {Payments} from "./Payments.sol";
import {RecordAnswers} from "./RecordAnswers.sol";
import {RecordDesk} from "./RecordDesk.sol";
import {StepChallenges} from "./StepChallenges.sol";
import {SumChallenges} from "./SumChallenges.sol";

/// @notice Documented in IDisputes.
/// @dev Its parts: SumChallenges, StepChallenges, Demands, RecordAnswers; what is not a function of this contract goes to its
/// RecordDesk (RecordChallenges, RightsChallenges, RewardChallenges), and from there to the MaskDesk (MaskedSums, MaskFaults); both share
/// its storage.
contract Disputes is
    SumChallenges,
    StepChallenges,
    Demands,
    RecordAnswers,
    EIP712Upgradeable,
    AnnouncedUpgrades,
    Proxy
{
    /// @custom:oz-upgrades-unsafe-allow state-variable-immutable
    address private immutable DESK;

    /// @custom:oz-upgrades-unsafe-allow constructor
    /// @param maskDesk The MaskDesk that judges masked rounds.
    constructor(address maskDesk) {
        DESK = address(new RecordDesk(maskDesk));
        _disableInitializers();
    }

    /// @param deposit_ Of a demand, native: about what an answer costs to send.
    function initialize(
        address manager,
        address coordinator,
        address models,
        address registry,
        uint128 deposit_
    ) external initializer {
        __AnnouncedUpgrades_init(manager, registry);
        __EIP712_init("prefect-federated disputes", "1");
        _s().coordinator = ICoordinator(coordinator);
        _s().models = IModelRegistry(models);
        _s().deposit = deposit_;
    }

    /// @dev The credit is gone before the receiver is called: calling back finds nothing.
    function collect(address account) external {
        uint256 amount = _s().credits[account];
        if (amount == 0) revert NothingToCollect(account);
        _s().credits[account] = 0;
        emit Collected(account, amount);
        Payments.payNative(account, amount);
    }

    function setDeposit(uint128 deposit_) external restricted {
        _s().deposit = deposit_;
        emit DepositSet(deposit_);
    }

    function deposit() external view returns (uint128) {
        return _s().deposit;
    }

    function creditOf(address account) external view returns (uint256) {
        return _s().credits[account];
    }

    function _implementation() internal view override returns (address) {
        return DESK;
    }
}
