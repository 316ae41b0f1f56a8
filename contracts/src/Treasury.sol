// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AnnouncedUpgrades} from "./AnnouncedUpgrades.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {ITreasury} from "./interfaces/ITreasury.sol";
import {Payments} from "./Payments.sol";
import {SumTree} from "./SumTree.sol";

/// @notice Documented in ITreasury.
contract Treasury is ITreasury, AnnouncedUpgrades, ReentrancyGuardTransient {
    using SafeCast for uint256;

    /// @custom:storage-location erc7201:prefect-federated.Treasury
    struct TreasuryStorage {
        address coordinator;
        address registry;
        mapping(uint32 task => Account) accounts;
        mapping(uint32 task => mapping(address => uint256)) claimed;
        mapping(address token => uint256) slashed;
        address appeals;
    }

    // keccak256(abi.encode(uint256(keccak256("prefect-federated.Treasury")) - 1)) & ~bytes32(uint256(0xff))
    bytes32 private constant STORAGE_SLOT =
        0x177837ddff5f1613834604eacce0ad5912ef0737c7cb88760a76c3bb80f27000;

    modifier onlyCoordinator() {
        if (msg.sender != _storage().coordinator) revert OnlyCoordinator(msg.sender);
        _;
    }

    /// @custom:oz-upgrades-unsafe-allow constructor
    constructor() {
        _disableInitializers();
    }

    function initialize(address manager, address coordinator, address registry, address appeals)
        external
        initializer
    {
        __AnnouncedUpgrades_init(manager, registry);
        TreasuryStorage storage s = _storage();
        (s.coordinator, s.registry, s.appeals) = (coordinator, registry, appeals);
    }

    // --- before and in a round

    function openAccount(uint32 task, address token, address sponsor) external onlyCoordinator {
        if (token != address(0) && token.code.length == 0) revert NotAToken(token);
        Account storage a = _storage().accounts[task];
        if (a.sponsor != address(0)) revert AccountExists(task);
        a.token = token;
        a.sponsor = sponsor;
        emit AccountOpened(task, token, sponsor);
    }

    function fund(uint32 task, uint256 amount) external payable nonReentrant {
        Account storage a = _accountOf(task);
        uint256 credited = Payments.take(a.token, amount);
        a.escrow += credited.toUint128();
        emit Funded(task, msg.sender, credited);
    }

    function reserve(uint32 task, uint256 amount) external onlyCoordinator {
        Account storage a = _accountOf(task);
        if (a.floors != 0) {
            a.escrow += a.floors;
            a.floors = 0;
        }
        if (amount > a.escrow) revert InsufficientEscrow(task, a.escrow, amount);
        a.escrow -= uint128(amount);
        a.reserved += uint128(amount);
        emit Reserved(task, amount);
    }

    function release(uint32 task) external onlyCoordinator {
        Account storage a = _accountOf(task);
        uint128 amount = a.reserved;
        a.reserved = 0;
        a.escrow += amount;
        emit Released(task, amount);
    }

    function setAside(uint32 task, uint256 amount) external onlyCoordinator {
        Account storage a = _accountOf(task);
        uint128 kept = uint128(Math.min(amount, a.reserved));
        a.escrow += a.reserved - kept;
        a.reserved = 0;
        a.floors = kept;
        emit FloorsSetAside(task, kept);
    }

    function payFloor(uint32 task, address account, uint256 amount) external onlyCoordinator nonReentrant {
        Account storage a = _accountOf(task);
        a.floors -= amount.toUint128();
        emit FloorSent(task, account, amount);
        Payments.pay(a.token, account, amount);
    }

    function post(uint32 task, bytes32 rewardRoot, uint256 total) external onlyCoordinator {
        Account storage a = _accountOf(task);
        uint256 most = uint256(a.total) + a.reserved;
        if (total < a.total || total > most) revert RewardOutOfRange(task, total, a.total, most);
        uint256 added = total - a.total;
        a.escrow += uint128(a.reserved - added);
        a.reserved = 0;
        a.total = uint128(total);
        a.rewardRoot = rewardRoot;
        emit RewardsPosted(task, rewardRoot, total, added);
    }

    // --- after a round

    function claim(uint32 task, address account, uint256 cumulative, SumNode[] calldata proof)
        external
        nonReentrant
    {
        Account storage a = _accountOf(task);
        uint256 total = a.total;
        if (!SumTree.verify(a.rewardRoot, total, account, cumulative, proof)) {
            revert BadProof(task, account, cumulative);
        }
        uint256 amount = _owed(task, account, cumulative);
        uint256 left = total - a.claimed;
        if (amount > left) revert ClaimExceedsTotal(task, amount, left);
        a.claimed += uint128(amount);
        _storage().claimed[task][account] = cumulative;
        emit Claimed(task, account, amount, cumulative);
        Payments.pay(a.token, account, amount);
    }

    function refundEscrow(uint32 task, uint256 amount) external nonReentrant {
        Account storage a = _accountOf(task);
        if (msg.sender != a.sponsor) revert OnlySponsor(msg.sender, a.sponsor);
        if (amount > a.escrow) revert InsufficientEscrow(task, a.escrow, amount);
        a.escrow -= uint128(amount);
        emit EscrowRefunded(task, msg.sender, amount);
        Payments.pay(a.token, msg.sender, amount);
    }

    // --- slashed stake

    function creditSlash(address token, uint256 amount) external payable nonReentrant {
        if (msg.sender != _storage().registry) revert OnlyRegistry(msg.sender);
        uint256 credited = Payments.take(token, amount);
        _storage().slashed[token] += credited;
        emit SlashCredited(token, credited);
    }

    function creditDeposit() external payable {
        if (msg.sender != _storage().appeals) revert OnlyAppeals(msg.sender);
        _storage().slashed[address(0)] += msg.value;
        emit SlashCredited(address(0), msg.value);
    }

    function withdrawSlashed(address token, address to, uint256 amount) external restricted nonReentrant {
        uint256 have = _storage().slashed[token];
        if (amount > have) revert InsufficientSlashed(token, have, amount);
        _storage().slashed[token] = have - amount;
        emit SlashedWithdrawn(token, to, amount);
        Payments.pay(token, to, amount);
    }

    // --- views

    function accountOf(uint32 task) external view returns (Account memory) {
        return _accountOf(task);
    }

    function claimedOf(uint32 task, address account) external view returns (uint256) {
        return _storage().claimed[task][account];
    }

    function slashed(address token) external view returns (uint256) {
        return _storage().slashed[token];
    }

    // --- internal

    function _owed(uint32 task, address account, uint256 cumulative) internal view returns (uint256) {
        uint256 paid = _storage().claimed[task][account];
        if (cumulative <= paid) revert NothingToClaim(task, account, cumulative, paid);
        return cumulative - paid;
    }

    function _accountOf(uint32 task) internal view returns (Account storage a) {
        a = _storage().accounts[task];
        if (a.sponsor == address(0)) revert UnknownTask(task);
    }

    function _storage() private pure returns (TreasuryStorage storage s) {
        bytes32 slot = STORAGE_SLOT;
        assembly {
            s.slot := slot
        }
    }
}
