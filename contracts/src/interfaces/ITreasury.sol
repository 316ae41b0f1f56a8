// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title The money of the tasks: escrow, round rewards, claims, slashed stake.
/// @notice For each token: balance = sum over tasks of (escrow + reserved + floors + total - claimed) + slashed.
/// Rewards are a cumulative Merkle sum tree per task: one claim covers any number of rounds.
interface ITreasury {
    /// @param token 0 is the chain's own. @param sponsor May take free escrow back.
    /// @param escrow Free for later rounds. @param reserved Held for the running round.
    /// @param total Everything ever awarded. @param claimed Everything ever paid out of it.
    /// @param floors Set aside for those who revealed in a round that fraud voided.
    /// @param rewardRoot Root over (account, cumulative reward) whose sum is `total`.
    struct Account {
        address token;
        address sponsor;
        uint128 escrow;
        uint128 reserved;
        uint128 total;
        uint128 claimed;
        uint128 floors;
        bytes32 rewardRoot;
    }

    /// A sibling on the way from a leaf to the root; `left` when it is the left one.
    struct SumNode {
        bytes32 hash;
        uint256 sum;
        bool left;
    }

    /// Thrown when somebody other than the coordinator calls a function that is the coordinator's.
    error OnlyCoordinator(address caller);
    /// Thrown when somebody other than the participant registry brings slashed stake.
    error OnlyRegistry(address caller);
    /// Thrown when somebody other than Appeals brings a deposit.
    error OnlyAppeals(address caller);
    /// Thrown when somebody other than the task's sponsor takes escrow back.
    error OnlySponsor(address caller, address sponsor);
    /// Thrown when a task has no account.
    error UnknownTask(uint32 task);
    /// Thrown when a task's account is opened for the second time.
    error AccountExists(uint32 task);
    /// Thrown when a token's address has no code.
    error NotAToken(address token);
    /// Thrown when the escrow does not cover a round's reward, or a refund.
    error InsufficientEscrow(uint32 task, uint256 have, uint256 need);
    /// Thrown when a posted total lies outside [old total, old total + reserved].
    error RewardOutOfRange(uint32 task, uint256 total, uint256 least, uint256 most);
    /// Thrown when a claim's proof does not lead to the posted root and total.
    error BadProof(uint32 task, address account, uint256 cumulative);
    /// Thrown when everything awarded so far has been paid.
    error NothingToClaim(uint32 task, address account, uint256 cumulative, uint256 claimed);
    /// Thrown when a claim asks for more than is left of the task's total (a root that took from others).
    error ClaimExceedsTotal(uint32 task, uint256 asked, uint256 left);
    /// Thrown when more slashed stake is taken out than there is.
    error InsufficientSlashed(address token, uint256 have, uint256 need);

    event AccountOpened(uint32 indexed task, address indexed token, address indexed sponsor);
    event Funded(uint32 indexed task, address indexed from, uint256 amount);
    event Reserved(uint32 indexed task, uint256 amount);
    event FloorsSetAside(uint32 indexed task, uint256 amount);
    event FloorSent(uint32 indexed task, address indexed account, uint256 amount);
    event Released(uint32 indexed task, uint256 amount);
    event RewardsPosted(uint32 indexed task, bytes32 rewardRoot, uint256 total, uint256 added);
    event Claimed(uint32 indexed task, address indexed account, uint256 amount, uint256 cumulative);
    event EscrowRefunded(uint32 indexed task, address indexed to, uint256 amount);
    event SlashCredited(address indexed token, uint256 amount);
    event SlashedWithdrawn(address indexed token, address indexed to, uint256 amount);

    /// Opens a task's account in its token (0 is native). Coordinator only.
    function openAccount(uint32 task, address token, address sponsor) external;

    /// Adds to a task's escrow; anyone may. Native: value must equal `amount`. ERC-20: what arrives counts.
    function fund(uint32 task, uint256 amount) external payable;

    /// Holds a round's reward, and gives floors back that nobody fetched. Coordinator only.
    function reserve(uint32 task, uint256 amount) external;

    /// Gives a void round's reward back to the escrow. Coordinator only.
    function release(uint32 task) external;

    /// Keeps `amount` of a void round's reward for floors, and gives the rest back. Coordinator only.
    function setAside(uint32 task, uint256 amount) external;

    /// Pays a floor out of what was set aside. Coordinator only.
    function payFloor(uint32 task, address account, uint256 amount) external;

    /// Posts a settled round's reward tree; what it leaves of the reserve goes back to the escrow.
    /// Coordinator only.
    function post(uint32 task, bytes32 rewardRoot, uint256 total) external;

    /// Pays `account` what its cumulative reward exceeds its payments. Anyone may call.
    /// @param proof Siblings from the leaf up. leaf = keccak256(abi.encode(uint8(0), account, cumulative)),
    /// node = keccak256(abi.encode(uint8(1), leftHash, leftSum, rightHash, rightSum)); the sum of a leaf is
    /// `cumulative`, of a node leftSum + rightSum; an odd last node goes up unchanged.
    function claim(uint32 task, address account, uint256 cumulative, SumNode[] calldata proof) external;

    /// Takes escrow back that no round holds, to the sponsor. Sponsor only.
    function refundEscrow(uint32 task, uint256 amount) external;

    /// Brings slashed stake: value if `token` is 0, else pulled from the registry. Registry only.
    function creditSlash(address token, uint256 amount) external payable;

    /// Brings the deposit of a rejected appeal, which counts as slashed from then on. Appeals only.
    function creditDeposit() external payable;

    /// Pays out slashed stake. Governance only.
    function withdrawSlashed(address token, address to, uint256 amount) external;

    function accountOf(uint32 task) external view returns (Account memory);

    function claimedOf(uint32 task, address account) external view returns (uint256);

    function slashed(address token) external view returns (uint256);
}
