// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICommitteeTypes} from "./ICommitteeTypes.sol";
import {IDisputeTypes} from "./IDisputeTypes.sol";

/// @title Proofs about a proposal's records: who is in, who is out, and who is owed what.
/// @notice Called at the address of Disputes, which passes these calls on to its RecordDesk.
interface IRecordDesk is IDisputeTypes {
    /// In a round with rolls: somebody whose opening is on chain is neither included nor excluded. Of an opening that
    /// `land` brought there, the proposer's receipt shows that it was not withheld from the proposer.
    /// @param o The opening, read where it was landed; so is `receipt`, the proposer's signature of hashReceipt.
    function challengeOmission(
        uint32 task,
        uint32 round,
        Proposal calldata p,
        address participant,
        Gap calldata gap,
        Opening calldata o,
        bytes calldata receipt
    ) external;

    /// Asks a poster for a leaf of its roll, against a deposit that the answer earns; one challenge window to answer.
    /// Anyone, while the roll's round runs.
    /// @param openings Of the openings, else of the commits.
    function demandLeaf(uint32 task, uint32 round, address poster, bool openings, uint16 position)
        external
        payable;

    /// Shows the leaf; anybody may, and its bytes are in the event.
    function answerLeaf(
        uint32 task,
        uint32 round,
        address poster,
        bool openings,
        uint16 position,
        Piece calldata leaf
    ) external;

    /// Takes the poster's bond, if it is still there, for a leaf that was not shown in time, and the roll with it.
    function forfeitLeaf(uint32 task, uint32 round, address poster, bool openings, uint16 position) external;

    /// An included leaf names somebody who did not reveal, or is excluded too, or another payload root or
    /// weight than was revealed. Under a rule that reweights, its weight is a coefficient: readers recompute it, and no
    /// challenge shows it.
    /// @param o What the participant revealed; not read if it revealed nothing.
    function challengeLeaf(
        uint32 task,
        uint32 round,
        Proposal calldata p,
        uint32 position,
        Piece calldata leaf,
        Opening calldata o
    ) external;

    /// The version would have a purpose, or a time, that the grant of an included update does not give. Of an update that
    /// was revealed in a roll the record is demanded instead (answerRecord).
    /// @param c What the participant committed.
    function challengeRights(
        uint32 task,
        uint32 round,
        Proposal calldata p,
        uint32 position,
        Piece calldata leaf,
        Committed calldata c
    ) external;

    /// The included leaves at `position` and after it do not ascend by index.
    function challengeOrder(
        uint32 task,
        uint32 round,
        Proposal calldata p,
        uint32 position,
        Piece calldata leaf,
        Piece calldata following
    ) external;

    /// The reason given for leaving somebody out cannot be true in this task: a norm bound where there is none,
    /// a rule that leaves nobody out, or "unavailable" although the proposer signed a receipt for the payload.
    /// @param which Place among the exclusions. @param o What was revealed. @param receipt The proposer's
    /// signature of hashReceipt, empty for the other two.
    function challengeExclusion(
        uint32 task,
        uint32 round,
        Proposal calldata p,
        uint32 which,
        Opening calldata o,
        bytes calldata receipt
    ) external;

    /// Somebody is left out for a reason that each reader finds out by itself (UNAVAILABLE, UNDECRYPTABLE, ROOT_MISMATCH,
    /// MALFORMED, OUT_OF_RANGE), and two thirds of the round's committee signed that the update is sound.
    /// @param which Place among the exclusions. @param o What was revealed. @param found The members' signatures of
    /// ICommitteeDesk.hashSound, ascending by seat.
    function refuteExclusion(
        uint32 task,
        uint32 round,
        Proposal calldata p,
        uint32 which,
        Opening calldata o,
        ICommitteeTypes.SeatSignature[] calldata found
    ) external;

    /// The proposed rewards are not the old ones and this round's by the task's rule. Rebuilds three trees from
    /// calldata: what was owed before, who is included, and what is due now. Of the round's reward the proposer
    /// gets fee = floor(roundReward * feeBps / 10,000), each member of the committee that showed a vote
    /// pay = floor(roundReward * validatorBps / (10,000 * committee)), and of rest = roundReward - fee - committee * pay
    /// each included floor(rest * share / sum of shares), at most floor(rest * shareCapBps / 10,000) if that is not 0: no
    /// seat earns more by another's silence. A share is the
    /// weight, or 1 where the task pays equally, or the lower median of the shown scores; 1 if all of those are 0.
    /// Leaves ascend by account; who is owed nothing has none. What rounding and the cap leave stays in escrow.
    /// @param ledger Everybody who was owed something before or earns something now, ascending by account.
    /// @param included All included updates, in their order. @param scored Where the task pays by scores, the scores.
    function challengeReward(
        uint32 task,
        uint32 round,
        Proposal calldata p,
        Entry[] calldata ledger,
        Record[] calldata included,
        Scored calldata scored
    ) external;

    /// EIP-712 digest of "Receipt(uint32 task,uint32 round,address participant,bytes32 sealedRoot,bytes32
    /// contentKeyHash)": who signs it has the payload and its key.
    function hashReceipt(uint32 task, uint32 round, address participant, bytes32 sealedRoot, bytes32 contentKeyHash)
        external
        view
        returns (bytes32);
}
