// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AnnouncedUpgrades} from "./AnnouncedUpgrades.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IAppeals} from "./interfaces/IAppeals.sol";
import {IParticipantRegistry} from "./interfaces/IParticipantRegistry.sol";
import {ITreasury} from "./interfaces/ITreasury.sol";
import {Payments} from "./Payments.sol";

/// @notice Documented in IAppeals.
contract Appeals is IAppeals, AnnouncedUpgrades, ReentrancyGuardTransient {
    /// @custom:storage-location erc7201:prefect-federated.Appeals
    struct AppealsStorage {
        IParticipantRegistry registry;
        uint40 window; // seconds
        uint40 period; // seconds
        ITreasury treasury;
        uint128 deposit;
        mapping(uint256 id => Appeal) appeals;
        mapping(address account => uint256) deposits; // returned, not yet collected
    }

    uint256 internal constant MAX_URI_BYTES = 512;

    // keccak256(abi.encode(uint256(keccak256("prefect-federated.Appeals")) - 1)) & ~bytes32(uint256(0xff))
    bytes32 private constant STORAGE_SLOT =
        0x50d43ebbeb59a2420031d40b713d36b9a67f02ede25cd76d91c5101782d40300;

    /// @custom:oz-upgrades-unsafe-allow constructor
    constructor() {
        _disableInitializers();
    }

    /// @param deposit_ What an appeal costs until it is closed, wei. @param window_ To appeal, seconds.
    /// @param period_ To answer, seconds.
    function initialize(
        address manager,
        address registry,
        address treasury,
        uint128 deposit_,
        uint40 window_,
        uint40 period_
    ) external initializer {
        __AnnouncedUpgrades_init(manager, registry);
        AppealsStorage storage s = _storage();
        (s.registry, s.treasury) = (IParticipantRegistry(registry), ITreasury(treasury));
        (s.deposit, s.window, s.period) = (deposit_, window_, period_);
        uint256 most = s.registry.unbondingPeriod();
        if (window_ == 0 || period_ == 0 || uint256(window_) + period_ > most) {
            revert BadTerms(window_, period_, most);
        }
    }

    function open(uint256 id, string calldata uri) external payable {
        AppealsStorage storage s = _storage();
        IParticipantRegistry.Slash memory k = _held(id);
        if (msg.sender != k.participant) revert NotAppellant(id, msg.sender, k.participant);
        if (s.appeals[id].openedAt != 0) revert AlreadyAppealed(id);
        uint256 until = uint256(k.at) + s.window;
        if (block.timestamp > until) revert WindowOver(id, until, block.timestamp);
        if (bytes(uri).length > MAX_URI_BYTES) revert UriTooLong(bytes(uri).length, MAX_URI_BYTES);
        if (msg.value != s.deposit) revert Payments.WrongValue(msg.value, s.deposit);
        s.appeals[id] = Appeal(uint40(block.timestamp), Ruling.None, uint128(msg.value));
        emit AppealOpened(id, msg.sender, msg.value, block.timestamp + s.period, uri);
    }

    function answer(uint256 id, Ruling ruling) external restricted {
        if (ruling == Ruling.None) revert MissingRuling(id);
        uint256 until = _answerableUntil(id);
        if (block.timestamp > until) revert PeriodOver(id, until, block.timestamp);
        _close(id, ruling, true);
    }

    function close(uint256 id) external {
        uint256 until = _answerableUntil(id);
        if (block.timestamp <= until) revert StillOpen(id, until, block.timestamp);
        _close(id, Ruling.Draw, false);
    }

    function uphold(uint256[] calldata ids) external {
        AppealsStorage storage s = _storage();
        for (uint256 i; i < ids.length; ++i) {
            IParticipantRegistry.Slash memory k = _held(ids[i]);
            if (s.appeals[ids[i]].openedAt != 0) revert AlreadyAppealed(ids[i]);
            uint256 until = uint256(k.at) + s.window;
            if (block.timestamp <= until) revert StillOpen(ids[i], until, block.timestamp);
            s.registry.upholdSlash(ids[i]);
        }
    }

    function collectDeposit(address account) external nonReentrant {
        uint256 amount = _storage().deposits[account];
        if (amount == 0) revert NothingToCollect(account);
        _storage().deposits[account] = 0;
        emit DepositCollected(account, amount);
        Payments.payNative(account, amount);
    }

    // --- views

    function appealOf(uint256 id) external view returns (Appeal memory) {
        return _storage().appeals[id];
    }

    function depositOf(address account) external view returns (uint256) {
        return _storage().deposits[account];
    }

    function terms() external view returns (uint128, uint40, uint40) {
        AppealsStorage storage s = _storage();
        return (s.deposit, s.window, s.period);
    }

    // --- internal

    function _close(uint256 id, Ruling ruling, bool answered) internal {
        AppealsStorage storage s = _storage();
        address participant = s.registry.slashOf(id).participant;
        uint256 deposit = s.appeals[id].deposit;
        s.appeals[id].ruling = ruling;
        if (ruling != Ruling.Reject) s.deposits[participant] += deposit;
        emit AppealClosed(id, participant, ruling, answered);
        if (ruling == Ruling.Accept) s.registry.restoreSlash(id);
        else s.registry.upholdSlash(id);
        if (ruling == Ruling.Reject) s.treasury.creditDeposit{value: deposit}();
    }

    /// @dev The last second in which an open appeal may be answered.
    function _answerableUntil(uint256 id) internal view returns (uint256) {
        Appeal storage a = _storage().appeals[id];
        if (a.openedAt == 0 || a.ruling != Ruling.None) revert NoAppeal(id);
        return uint256(a.openedAt) + _storage().period;
    }

    function _held(uint256 id) internal view returns (IParticipantRegistry.Slash memory k) {
        k = _storage().registry.slashOf(id);
        if (k.state != IParticipantRegistry.SlashState.Held) revert NotHeld(id);
    }

    function _storage() private pure returns (AppealsStorage storage s) {
        bytes32 slot = STORAGE_SLOT;
        assembly {
            s.slot := slot
        }
    }
}
