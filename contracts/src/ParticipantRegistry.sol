// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AnnouncedUpgrades} from "./AnnouncedUpgrades.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IParticipantRegistry} from "./interfaces/IParticipantRegistry.sol";
import {IPausing} from "./interfaces/IPausing.sol";
import {ITreasury} from "./interfaces/ITreasury.sol";
import {Payments} from "./Payments.sol";

/// @notice Documented in IParticipantRegistry.
contract ParticipantRegistry is IParticipantRegistry, AnnouncedUpgrades, ReentrancyGuardTransient {
    using SafeCast for uint256;
    using SafeERC20 for IERC20;

    /// @custom:storage-location erc7201:prefect-federated.ParticipantRegistry
    struct RegistryStorage {
        address coordinator;
        address treasury;
        address stakeToken; // 0 is native
        uint40 unbondingPeriod; // seconds
        bool openAdmission;
        uint40 slashCount;
        uint256 forfeited;
        mapping(address => Participant) participants;
        mapping(address delegate => address) masterOf;
        mapping(address delegate => address) accepted;
        mapping(address accuser => uint256) bounties;
        address appeals;
        address reputation;
        uint256 held;
        mapping(uint256 id => Slash) slashes;
    }

    // keccak256(abi.encode(uint256(keccak256("prefect-federated.ParticipantRegistry")) - 1)) & ~bytes32(uint256(0xff))
    bytes32 private constant STORAGE_SLOT =
        0x80dea23591accbdf9363e8fc9480f5133cb72b8fcf15dd5cb099e4f4a0f60000;

    modifier onlyCoordinator() {
        if (msg.sender != _storage().coordinator) revert OnlyCoordinator(msg.sender);
        _;
    }

    modifier onlyAppeals() {
        if (msg.sender != _storage().appeals) revert OnlyAppeals(msg.sender);
        _;
    }

    modifier onlyRegistered() {
        if (!_storage().participants[msg.sender].registered) revert UnknownParticipant(msg.sender);
        _;
    }

    /// @custom:oz-upgrades-unsafe-allow constructor
    constructor() {
        _disableInitializers();
    }

    /// @param unbondingPeriod_ Seconds, at least twice the longest round of any task (checked by the coordinator).
    function initialize(
        address manager,
        address coordinator,
        address treasury,
        address appeals_,
        address reputation_,
        address stakeToken_,
        uint40 unbondingPeriod_
    ) external initializer {
        __AnnouncedUpgrades_init(manager, address(this));
        RegistryStorage storage s = _storage();
        (s.coordinator, s.treasury) = (coordinator, treasury);
        (s.appeals, s.reputation) = (appeals_, reputation_);
        (s.stakeToken, s.unbondingPeriod) = (stakeToken_, unbondingPeriod_);
    }

    // --- identity and keys

    function register(bytes32 sealingKey, address delegate) external {
        Participant storage p = _storage().participants[msg.sender];
        if (p.registered) revert AlreadyRegistered(msg.sender);
        if (sealingKey == 0) revert MissingSealingKey(msg.sender);
        p.registered = true;
        p.keyVersion = 1;
        p.sealingKey = sealingKey;
        emit Registered(msg.sender, delegate, sealingKey);
        if (delegate != address(0)) _setDelegate(delegate);
    }

    function setDelegate(address delegate) external onlyRegistered {
        _setDelegate(delegate);
    }

    function acceptDelegation(address participant_) external {
        RegistryStorage storage s = _storage();
        s.accepted[msg.sender] = participant_;
        address holder = s.masterOf[msg.sender];
        if (holder != address(0) && holder != participant_) {
            delete s.masterOf[msg.sender];
            delete s.participants[holder].delegate;
            emit DelegateSet(holder, address(0));
        }
        emit DelegationAccepted(msg.sender, participant_);
    }

    function rotateSealingKey(bytes32 sealingKey) external onlyRegistered {
        if (sealingKey == 0) revert MissingSealingKey(msg.sender);
        Participant storage p = _storage().participants[msg.sender];
        p.sealingKey = sealingKey;
        emit SealingKeyRotated(msg.sender, ++p.keyVersion, sealingKey);
    }

    function setAdmission(address participant_, bool admitted) external restricted {
        _storage().participants[participant_].admitted = admitted;
        emit AdmissionSet(participant_, admitted);
    }

    function setOpenAdmission(bool open) external restricted {
        _storage().openAdmission = open;
        emit OpenAdmissionSet(open);
    }

    // --- stake

    function deposit(uint256 amount) external payable onlyRegistered nonReentrant {
        RegistryStorage storage s = _storage();
        uint256 until = IPausing(s.coordinator).pausedUntil();
        if (until != 0) revert WhilePaused(until);
        uint256 credited = Payments.take(s.stakeToken, amount);
        Participant storage p = s.participants[msg.sender];
        p.stake += credited.toUint128();
        emit Deposited(msg.sender, credited, p.stake);
    }

    function requestUnbond(uint256 amount) external {
        RegistryStorage storage s = _storage();
        Participant storage p = s.participants[msg.sender];
        uint256 free = p.stake - p.locked;
        if (amount > free) revert InsufficientStake(msg.sender, free, amount);
        p.stake -= uint128(amount);
        p.unbonding += uint128(amount);
        p.unbondAt = uint40(block.timestamp) + s.unbondingPeriod;
        emit UnbondRequested(msg.sender, amount, p.unbondAt);
    }

    function withdraw() external nonReentrant {
        RegistryStorage storage s = _storage();
        Participant storage p = s.participants[msg.sender];
        uint256 amount = p.unbonding;
        if (amount == 0) revert NothingToWithdraw(msg.sender);
        if (block.timestamp < p.unbondAt) revert StillUnbonding(msg.sender, p.unbondAt, block.timestamp);
        p.unbonding = 0;
        emit Withdrawn(msg.sender, amount);
        Payments.pay(s.stakeToken, msg.sender, amount);
    }

    // --- bonds, for the coordinator

    function lock(address participant_, uint256 amount) external onlyCoordinator {
        Participant storage p = _storage().participants[participant_];
        uint256 free = p.stake - p.locked;
        if (amount > free) revert InsufficientStake(participant_, free, amount);
        p.locked += uint128(amount);
        emit Locked(participant_, amount, p.locked);
    }

    function unlock(address participant_, uint256 amount) external onlyCoordinator {
        Participant storage p = _storage().participants[participant_];
        p.locked -= amount.toUint128();
        emit Unlocked(participant_, amount, p.locked);
    }

    function slash(address participant_, uint256 amount, bytes32 evidence)
        external
        onlyCoordinator
        returns (uint256 taken)
    {
        taken = _take(participant_, amount, evidence, address(0));
    }

    function slashFor(address participant_, uint256 amount, bytes32 evidence, address accuser)
        external
        onlyCoordinator
        returns (uint256 taken, uint256 bounty)
    {
        taken = _take(participant_, amount, evidence, accuser);
        bounty = taken / 2;
    }

    // --- what became of a slash, for Appeals

    function restoreSlash(uint256 id) external onlyAppeals {
        Slash storage k = _close(id, SlashState.Restored);
        _storage().participants[k.participant].stake += k.taken;
        emit SlashRestored(id, k.participant, k.taken);
    }

    function upholdSlash(uint256 id) external onlyAppeals {
        Slash storage k = _close(id, SlashState.Upheld);
        RegistryStorage storage s = _storage();
        uint256 bounty = k.accuser == address(0) ? 0 : k.taken / 2;
        s.forfeited += k.taken - bounty;
        emit SlashUpheld(id, k.participant, k.taken, bounty);
        if (bounty == 0) return;
        s.bounties[k.accuser] += bounty;
        emit BountyCredited(k.accuser, bounty);
    }

    function collectBounty(address accuser) external nonReentrant {
        uint256 amount = _storage().bounties[accuser];
        if (amount == 0) revert NothingToWithdraw(accuser);
        _storage().bounties[accuser] = 0;
        emit BountyCollected(accuser, amount);
        Payments.pay(_storage().stakeToken, accuser, amount);
    }

    function forwardSlashed() external nonReentrant {
        RegistryStorage storage s = _storage();
        uint256 amount = s.forfeited;
        if (amount == 0) return;
        s.forfeited = 0;
        emit SlashedForwarded(amount);
        if (s.stakeToken == address(0)) {
            ITreasury(s.treasury).creditSlash{value: amount}(address(0), amount);
        } else {
            IERC20(s.stakeToken).forceApprove(s.treasury, amount);
            ITreasury(s.treasury).creditSlash(s.stakeToken, amount);
        }
    }

    // --- views

    function masterOf(address signer) external view returns (address master) {
        RegistryStorage storage s = _storage();
        if (s.participants[signer].registered) return signer;
        master = s.masterOf[signer];
        if (master == address(0)) revert UnknownParticipant(signer);
    }

    function mayEnrol(address participant_) external view returns (bool) {
        RegistryStorage storage s = _storage();
        Participant storage p = s.participants[participant_];
        return p.registered && (p.admitted || s.openAdmission);
    }

    function participant(address account) external view returns (Participant memory) {
        return _storage().participants[account];
    }

    function stakeToken() external view returns (address) {
        return _storage().stakeToken;
    }

    function unbondingPeriod() external view returns (uint40) {
        return _storage().unbondingPeriod;
    }

    function openAdmission() external view returns (bool) {
        return _storage().openAdmission;
    }

    function bountyOf(address accuser) external view returns (uint256) {
        return _storage().bounties[accuser];
    }

    function appeals() external view returns (address) {
        return _storage().appeals;
    }

    function reputation() external view returns (address) {
        return _storage().reputation;
    }

    function slashOf(uint256 id) external view returns (Slash memory) {
        return _storage().slashes[id];
    }

    function slashCount() external view returns (uint40) {
        return _storage().slashCount;
    }

    function held() external view returns (uint256) {
        return _storage().held;
    }

    function forfeited() external view returns (uint256) {
        return _storage().forfeited;
    }

    // --- internal

    /// @dev From locked, then free, then unbonding stake; takes what is there, and holds it.
    function _take(address participant_, uint256 amount, bytes32 evidence, address accuser)
        internal
        returns (uint256 taken)
    {
        RegistryStorage storage s = _storage();
        Participant storage p = s.participants[participant_];
        uint256 fromStake = Math.min(amount, p.stake);
        uint256 fromUnbonding = Math.min(amount - fromStake, p.unbonding);
        taken = fromStake + fromUnbonding;
        p.locked -= uint128(Math.min(amount, p.locked));
        p.stake -= uint128(fromStake);
        p.unbonding -= uint128(fromUnbonding);
        uint40 id = ++s.slashCount;
        Slash storage k = s.slashes[id];
        (k.participant, k.at, k.state) = (participant_, uint40(block.timestamp), SlashState.Held);
        (k.previous, k.taken) = (p.lastSlash, taken.toUint128());
        if (accuser != address(0)) k.accuser = accuser;
        p.lastSlash = id;
        s.held += taken;
        emit Slashed(participant_, taken, evidence, id, accuser);
    }

    /// @dev Once; what was taken is held no more.
    function _close(uint256 id, SlashState state) internal returns (Slash storage k) {
        RegistryStorage storage s = _storage();
        k = s.slashes[id];
        if (k.state != SlashState.Held) revert NotHeld(id);
        k.state = state;
        s.held -= k.taken;
    }

    function _setDelegate(address delegate) internal {
        RegistryStorage storage s = _storage();
        Participant storage p = s.participants[msg.sender];
        if (p.delegate != address(0)) delete s.masterOf[p.delegate];
        if (delegate != address(0)) {
            _requireFree(delegate);
            s.masterOf[delegate] = msg.sender;
        }
        p.delegate = delegate;
        emit DelegateSet(msg.sender, delegate);
    }

    function _requireFree(address delegate) internal view {
        RegistryStorage storage s = _storage();
        if (s.participants[delegate].registered) revert DelegateTaken(delegate, delegate);
        address holder = s.masterOf[delegate];
        if (holder != address(0)) revert DelegateTaken(delegate, holder);
        address chosen = s.accepted[delegate];
        if (chosen != address(0) && chosen != msg.sender) revert DelegateTaken(delegate, chosen);
    }


    function _storage() private pure returns (RegistryStorage storage s) {
        bytes32 slot = STORAGE_SLOT;
        assembly {
            s.slot := slot
        }
    }
}
