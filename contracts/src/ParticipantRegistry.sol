// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AnnouncedUpgrades} from "./AnnouncedUpgrades.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IPausing} from "./interfaces/IPausing.sol";
import {Payments} from "./Payments.sol";
import {Slashes} from "./Slashes.sol";

/// @notice Documented in IParticipantRegistry.
contract ParticipantRegistry is Slashes, AnnouncedUpgrades {
    using SafeCast for uint256;

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
        address coordinator_,
        address treasury,
        address appeals_,
        address reputation_,
        address stakeToken_,
        uint40 unbondingPeriod_
    ) external initializer {
        __AnnouncedUpgrades_init(manager, address(this));
        RegistryStorage storage s = _storage();
        (s.coordinator, s.treasury) = (coordinator_, treasury);
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

    function coordinator() external view returns (address) {
        return _storage().coordinator;
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

    // --- internal

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
}
