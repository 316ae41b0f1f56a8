// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICoordinatorTypes} from "./ICoordinatorTypes.sol";

/// @title Masked rounds: nobody sees a single update, everybody can see to it that their sum is right.
/// @notice Share -> Commit -> Reveal -> Unmask -> Aggregate. Each participant deals the secrets of its mask out to the others,
/// sealed to each, promises and shows its masked update, and then shows its shares of others: of the own mask of who has
/// revealed, of the pairwise ones of who has not. Who has revealed is what this contract says: there are no two sets of
/// survivors. Called at the coordinator's address. Commits go through `commitPrivate`, also where no privacy loss is counted,
/// or are relayed (IMaskedRelays).
///
/// Bonawitz et al. 2017, https://doi.org/10.1145/3133956.3133982
interface IMasking is ICoordinatorTypes {
    /// What a participant has dealt out lies in the store under `root`; `maskingKey` is the public half of this round's key.
    event SharesDealt(
        uint32 indexed task,
        uint32 indexed round,
        address indexed participant,
        uint16 index,
        bytes32 maskingKey,
        bytes32 root,
        bytes32 grantId,
        string uri
    );
    /// The shares of others that a survivor shows lie in the store under `root`.
    event SharesShown(
        uint32 indexed task,
        uint32 indexed round,
        address indexed participant,
        uint16 index,
        bytes32 root,
        string uri
    );
    /// Somebody shared whose consent was withdrawn since: it owes no commit.
    event SharesRetracted(
        uint32 indexed task, uint32 indexed round, address indexed participant, uint16 index, bytes32 grantId
    );

    /// Thrown when somebody shares, or shows shares, a second time in a round.
    error AlreadyShared(uint32 task, uint32 round, address participant);
    /// Thrown when a masking key or a root is zero.
    error MissingShares(uint32 task, uint32 round, address participant);
    /// Thrown when somebody commits, or shows shares, who has not shared in this round, or has not revealed.
    error NotShared(uint32 task, uint32 round, address participant);
    /// Thrown when shares are to be taken back that were not dealt so.
    error SharesMismatch(uint32 task, uint32 round, address participant);
    /// Thrown when nothing was owed that somebody is to be slashed for: the round ended before.
    error NothingOwed(uint32 task, uint32 round, Phase phase);

    /// Deals the secrets of the sender's mask out. In Share, once a round; its grant must be live until it can have revealed,
    /// which in a task that counts privacy loss the commit alone asks.
    /// @param maskingKey X25519, made for this round.
    /// @param root SHA-256 root of the transcript: sealed shares, their hashes, the hash of the own mask's seed.
    function dealShares(
        uint32 task,
        uint32 round,
        bytes32 grantId,
        bytes32 maskingKey,
        bytes32 root,
        string calldata uri
    ) external;

    /// Shows the sender's shares of others. In Unmask, once, by somebody who revealed in time.
    /// @param root SHA-256 root of the transcript.
    function showShares(uint32 task, uint32 round, bytes32 root, string calldata uri) external;

    /// Takes somebody out who shared, has not committed, and whose grant was withdrawn since: no bond is lost. Anyone,
    /// until Reveal is over.
    function retractShares(
        uint32 task,
        uint32 round,
        address participant,
        bytes32 grantId,
        bytes32 maskingKey,
        bytes32 root
    ) external;

    /// Takes the bonds of those among the indices who shared and did not commit (once Reveal is over), or revealed and
    /// showed no shares (once Unmask is over), where enough others did. Anyone; the rest is passed over.
    function slashUnmasked(uint32 task, uint32 round, uint16[] calldata indices) external;

    /// How far the masks of the task's current round are.
    function masksOf(uint32 task) external view returns (Masks memory);

    /// Whether somebody has shared in a round, and has shown shares.
    function sharesOf(uint32 task, uint32 round, uint16 index)
        external
        view
        returns (bool shared, bool unmasked);

    /// keccak256(abi.encode(participant, grantId, maskingKey, root)) of the last shares of an index, and the root it last showed.
    function dealtAt(uint32 task, uint16 index) external view returns (bytes32 dealt, bytes32 shown);
}
