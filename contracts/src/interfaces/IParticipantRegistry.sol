// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Who takes part: identity, master and delegate keys, sealing keys, stake.
/// @notice One account per organisation (the master). A delegate may act in rounds in its name, and can
/// move no money. Stake is free, locked (a bond of some task) or unbonding; all three can be slashed.
/// balance = sum of (stake + unbonding) + held + forfeited + sum of bounties.
interface IParticipantRegistry {
    /// Held: taken, and may be appealed. Restored: given back. Upheld: gone, to accuser and treasury.
    enum SlashState {
        None,
        Held,
        Restored,
        Upheld
    }

    /// @param at When, unix seconds. @param previous The participant's slash before this one; 0 is none.
    /// @param taken In the stake token's smallest unit. @param accuser Gets half of it once it is upheld; 0 is nobody.
    struct Slash {
        address participant;
        uint40 at;
        SlashState state;
        uint40 previous;
        uint128 taken;
        address accuser;
    }

    /// @param delegate May commit, reveal and propose in the participant's name; 0 if there is none.
    /// @param keyVersion Counts the sealing keys, from 1; older keys are in the events.
    /// @param stake Deposited and not yet asked back, the locked part included.
    /// @param locked The part of `stake` that bonds of tasks hold.
    /// @param unbonding Asked back, payable from `unbondAt` (unix seconds), until then still slashable.
    /// @param lastSlash Its latest slash; 0 if it was never slashed.
    /// @param sealingKey X25519 public key; salts and content keys are derived from its private half.
    struct Participant {
        address delegate;
        uint32 keyVersion;
        bool admitted;
        bool registered;
        uint128 stake;
        uint128 locked;
        uint128 unbonding;
        uint40 unbondAt;
        uint40 lastSlash;
        bytes32 sealingKey;
    }

    /// Thrown when an account acts that neither is registered nor is the delegate of one that is.
    error UnknownParticipant(address account);
    /// Thrown when an account registers for the second time.
    error AlreadyRegistered(address account);
    /// Thrown when the sealing key is zero.
    error MissingSealingKey(address account);
    /// Thrown when a delegate already acts for somebody, is registered itself, or has accepted another master.
    error DelegateTaken(address delegate, address by);
    /// Thrown when more is locked or asked back than is free. All amounts in the stake token's smallest unit.
    error InsufficientStake(address participant, uint256 have, uint256 need);
    /// Thrown when a withdrawal comes before the end of the unbonding period.
    error StillUnbonding(address participant, uint256 unbondAt, uint256 nowS);
    /// Thrown when there is nothing to pay out.
    error NothingToWithdraw(address participant);
    /// Thrown when somebody other than the coordinator calls a function that is the coordinator's.
    error OnlyCoordinator(address caller);
    /// Thrown when somebody other than Appeals decides what becomes of a slash.
    error OnlyAppeals(address caller);
    /// Thrown when a slash is decided that is not held: there is none, or it was decided before.
    error NotHeld(uint256 id);
    /// Thrown when stake is deposited in a pause; `until` is its last second.
    error WhilePaused(uint256 until);

    event Registered(address indexed participant, address indexed delegate, bytes32 sealingKey);
    event DelegateSet(address indexed participant, address indexed delegate);
    event DelegationAccepted(address indexed delegate, address indexed participant);
    event SealingKeyRotated(address indexed participant, uint32 version, bytes32 sealingKey);
    event AdmissionSet(address indexed participant, bool admitted);
    event OpenAdmissionSet(bool open);
    event Deposited(address indexed participant, uint256 amount, uint256 stake);
    event UnbondRequested(address indexed participant, uint256 amount, uint256 unbondAt);
    event Withdrawn(address indexed participant, uint256 amount);
    event Locked(address indexed participant, uint256 amount, uint256 locked);
    event Unlocked(address indexed participant, uint256 amount, uint256 locked);
    event Slashed(
        address indexed participant, uint256 amount, bytes32 indexed evidence, uint256 id, address accuser
    );
    event SlashRestored(uint256 indexed id, address indexed participant, uint256 amount);
    event SlashUpheld(uint256 indexed id, address indexed participant, uint256 amount, uint256 bounty);
    event SlashedForwarded(uint256 amount);
    event BountyCredited(address indexed accuser, uint256 amount);
    event BountyCollected(address indexed accuser, uint256 amount);

    /// Registers the sender with its sealing key and, unless 0, a delegate. Deposits and enrolment come after.
    function register(bytes32 sealingKey, address delegate) external;

    /// Names another delegate, or none (0).
    function setDelegate(address delegate) external;

    /// Called by the delegate's key: it will act for `participant` only. Ends any link that somebody else
    /// made to this key without asking, so that nobody can block a key by naming it first.
    function acceptDelegation(address participant) external;

    /// Replaces the sealing key; the version goes up by one, the old key stays in the events.
    function rotateSealingKey(bytes32 sealingKey) external;

    /// Adds to the sender's stake. Native: value must equal `amount`. ERC-20: what arrives is credited.
    function deposit(uint256 amount) external payable;

    /// Moves free stake to unbonding and restarts the period for everything that is unbonding.
    function requestUnbond(uint256 amount) external;

    /// Pays out what has unbonded, to the participant itself.
    function withdraw() external;

    /// Admits or bars an account; only matters while admission is not open. Already enrolled stay enrolled.
    function setAdmission(address participant, bool admitted) external;

    /// Open admission lets every registered account enrol.
    function setOpenAdmission(bool open) external;

    /// Reserves free stake as a bond. Coordinator only.
    function lock(address participant, uint256 amount) external;

    /// Frees a bond. Coordinator only.
    function unlock(address participant, uint256 amount) external;

    /// Takes up to `amount` from locked, then free, then unbonding stake, and never reverts for too little.
    /// What is taken is held here until its appeal is decided, or none can come any more: no token is called that
    /// could stop a round or call back into it. Coordinator only.
    /// @param evidence What shows the offence: the unopened record, or keccak256(abi.encode(task, round)).
    /// @return taken What was there to take.
    function slash(address participant, uint256 amount, bytes32 evidence) external returns (uint256 taken);

    /// Slashes as `slash` does; half of what was taken, rounded down, goes to who proved the offence once the slash
    /// is upheld. Coordinator only.
    function slashFor(address participant, uint256 amount, bytes32 evidence, address accuser)
        external
        returns (uint256 taken, uint256 bounty);

    /// Gives everything back that a slash took, as free stake; its accuser gets nothing. Appeals only.
    function restoreSlash(uint256 id) external;

    /// Credits the accuser its half, and leaves the rest to the treasury. Appeals only.
    function upholdSlash(uint256 id) external;

    /// Pays out an accuser's bounties, to the accuser itself. Anyone.
    function collectBounty(address accuser) external;

    /// Sends what upheld slashes left to the treasury. Anyone.
    function forwardSlashed() external;

    /// The participant in whose name `signer` acts: itself if registered, else who named it delegate.
    function masterOf(address signer) external view returns (address);

    /// Whether the account is registered, and admitted (or admission is open).
    function mayEnrol(address participant) external view returns (bool);

    function participant(address account) external view returns (Participant memory);

    /// Who may lock and slash.
    function coordinator() external view returns (address);

    function stakeToken() external view returns (address);

    /// Seconds between `requestUnbond` and `withdraw`.
    function unbondingPeriod() external view returns (uint40);

    function openAdmission() external view returns (bool);

    /// Bounties of an account that it has not collected.
    function bountyOf(address accuser) external view returns (uint256);

    /// Who decides what becomes of slashes.
    function appeals() external view returns (address);

    /// Where the participants' reputation is kept.
    function reputation() external view returns (address);

    /// @param id Counts all slashes, from 1.
    function slashOf(uint256 id) external view returns (Slash memory);

    function slashCount() external view returns (uint40);

    /// What was taken by slashes that are neither restored nor upheld.
    function held() external view returns (uint256);

    /// Upheld and not yet sent to the treasury.
    function forfeited() external view returns (uint256);
}
