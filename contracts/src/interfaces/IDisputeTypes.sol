// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICoordinatorTypes} from "./ICoordinatorTypes.sol";
import {IRolls} from "./IRolls.sol";

/// @title The words of a dispute: what is shown, what can be wrong with it, and what came of it.
interface IDisputeTypes is ICoordinatorTypes {
    /// A chunk of a tree, or an included leaf's 56 bytes (participant, payload root, weight), with its siblings.
    struct Piece {
        bytes content;
        bytes32[] path;
    }

    /// A word of a chunk. `low` and `high` matter to median, trimmed mean and Bulyan only: the smallest and the largest
    /// of the words that the rule keeps.
    struct Coordinate {
        uint32 chunk;
        uint32 word;
        int32 low;
        int32 high;
    }

    /// An included update, and its chunk at the coordinate.
    struct Shown {
        address participant;
        bytes32 payloadRoot;
        uint32 weight;
        bytes chunk;
        bytes32[] path;
    }

    /// An included update as its leaf has it, in the order of the included tree.
    struct Record {
        address participant;
        bytes32 payloadRoot;
        uint32 weight;
    }

    /// What an account was owed before the round, and where it stands among the included.
    /// @param place 1 + its position among the included, 0 if it is not among them.
    struct Entry {
        address account;
        uint128 owed;
        uint16 place;
    }

    /// Where an index is missing among the included: the leaves before and after it, or the first or the last leaf
    /// alone; none where nobody is included.
    /// @param position Of the first of `near`.
    struct Gap {
        uint32 position;
        Piece[] near;
    }

    /// A commit and its opening at a place of a poster's roll.
    struct RolledProof {
        address poster;
        uint16 position;
        IRolls.Leaf commit;
        IRolls.Leaf opening;
    }

    /// What somebody committed in a round by itself, beside whose it is: the record at the coordinator binds all of it.
    struct Committed {
        bytes32 commitment;
        bytes32 evidenceHash;
        bytes32 grantId;
    }

    /// What a committee showed of the round's updates; empty where the task does not pay by scores.
    /// @param vectors The scores of each member that showed a vote, by seat, as they stand in ScoresShown.
    /// @param medians What the accuser says each included update's score is: big-endian uint32 words in their order.
    struct Scored {
        bytes[] vectors;
        bytes medians;
    }

    /// Trees of a proposal whose bytes anybody may ask for. Payload: of the update at an included position. Record: not
    /// bytes but where the update at an included position was revealed (answerRecord).
    enum Tree {
        Aggregate,
        Model,
        Included,
        Payload,
        Record
    }

    /// @param position Place among the included (Included, Payload, Record; else 0).
    /// @param chunk Chunk (Aggregate, Model, Payload; else 0).
    struct Target {
        Tree tree;
        uint32 position;
        uint32 chunk;
    }

    /// @param by Who asked. @param due Last second of the answer, running time. @param deposit What the answer earns, native.
    struct Demand {
        address by;
        uint40 due;
        uint128 deposit;
    }

    /// Thrown when a challenge names a round that has no standing proposal.
    error NothingToChallenge(uint32 task, uint32 round, Phase phase);
    /// Thrown when a challenge proves nothing: what was proposed is right.
    error NotWrong(int256 expected, int256 claimed);
    /// Thrown when shown bytes do not hash to the root that the chain holds.
    error RootMismatch(bytes32 expected, bytes32 actual);
    /// Thrown when a chunk has another length than the task's chunks.
    error ChunkLength(uint256 length, uint256 expected);
    /// Thrown when a coordinate lies outside the payload.
    error OutOfPayload(uint256 chunk, uint256 word);
    /// Thrown when a task allows no payload to be shown; its committee decides.
    error NotDisclosed(uint32 task);
    /// Thrown when a task's server step is not base + aggregate, so that only re-execution can check it.
    error StepNotProvable(uint32 task, uint8 step);
    /// Thrown when updates come out of turn: a batch starts where the last ended, on a multiple of its size.
    error OutOfTurn(uint256 next, uint256 size, uint256 included);
    /// Thrown when a given opening is not what the participant revealed in the round.
    error NotRevealed(address participant);
    /// Thrown when somebody is said not to have revealed who may have done so in a roll: demand the record.
    error MayBeRolled(address participant);
    /// Thrown when a shown commit is not what the coordinator keeps of the participant.
    error NotCommitted(address participant, bytes32 expected, bytes32 actual);
    /// Thrown when a demanded record is shown whose grant gives less than the proposal says of its version.
    error RightsExceedGrant(address participant, bytes32 grantId, uint256 granted, uint256 claimed);
    /// Thrown when a leaf is asked of a roll that does not stand, or that has no such leaf.
    error NoSuchLeaf(address poster, uint256 position, uint256 leaves);
    /// Thrown when a model version that is shown is not the round's base.
    error NotTheBase(bytes32 expected, bytes32 actual);
    /// Thrown when the entries of a ledger do not ascend by account.
    error LedgerOrder(address account);
    /// Thrown when a ledger's entry names a place among the included that is not its account's.
    error WrongPlace(address account, uint16 place);
    /// Thrown when a ledger lacks somebody who is included, the proposer although it earns a fee, or a validator that
    /// is paid.
    error LedgerIncomplete(uint256 placed, uint256 included);
    /// Thrown when the scores of more or fewer members are given than showed their votes.
    error ScoresIncomplete(uint256 given, uint256 shown);
    /// Thrown when a score is given that is not the lower median of the members' scores.
    error NotTheMedian(address participant, uint256 claimed);
    /// Thrown when a demand carries another deposit than is asked for.
    error WrongDeposit(uint256 sent, uint256 expected);
    /// Thrown when bytes are asked for a second time.
    error AlreadyDemanded(bytes32 id);
    /// Thrown when an answer, forfeit or refund names a demand that is not open.
    error NoDemand(bytes32 id);
    /// Thrown when a demand comes too late in a challenge window to be answered and judged.
    error TooLateToDemand(uint256 last, uint256 nowS);
    /// Thrown when a forfeit comes before the answer was due, or an answer after it.
    error WrongTime(uint256 due, uint256 nowS);
    /// Thrown when a deposit is asked back while the proposal that it is about stands.
    error StillStands(uint32 task, uint32 round);
    /// Thrown when an account collects that has no credit here.
    error NothingToCollect(address account);

    event SumRefuted(
        uint32 indexed task,
        uint32 indexed round,
        address indexed accuser,
        uint32 chunk,
        uint32 word,
        int256 expected,
        int256 claimed
    );
    event SumTallied(
        uint32 indexed task, uint32 indexed round, address indexed accuser, uint256 counted, uint256 included
    );
    event HeaderRefuted(uint32 indexed task, uint32 indexed round, address indexed accuser, bytes32 leaf);
    event StepRefuted(
        uint32 indexed task,
        uint32 indexed round,
        address indexed accuser,
        uint32 chunk,
        uint32 word,
        int256 expected,
        int256 claimed
    );
    event LeafRefuted(
        uint32 indexed task,
        uint32 indexed round,
        address indexed accuser,
        uint32 position,
        address participant
    );
    event RightsRefuted(
        uint32 indexed task,
        uint32 indexed round,
        address indexed accuser,
        uint32 position,
        address participant,
        bytes32 grantId
    );
    event ExclusionRefuted(
        uint32 indexed task, uint32 indexed round, address indexed accuser, uint16 index, uint8 reason
    );
    event RewardRefuted(
        uint32 indexed task,
        uint32 indexed round,
        address indexed accuser,
        bytes32 expectedRoot,
        uint256 expectedTotal
    );
    event RangeRefuted(
        uint32 indexed task,
        uint32 indexed round,
        address indexed accuser,
        address participant,
        uint32 chunk,
        uint32 word,
        int32 value
    );
    event Demanded(
        uint32 indexed task, uint32 indexed round, bytes32 indexed id, Target target, address by, uint40 due
    );
    event Answered(uint32 indexed task, uint32 indexed round, bytes32 indexed id, address by);
    event Forfeited(uint32 indexed task, uint32 indexed round, bytes32 indexed id);
    event LeafDemanded(
        uint32 indexed task,
        uint32 indexed round,
        address indexed poster,
        bool openings,
        uint16 position,
        bytes32 id,
        address by,
        uint40 due
    );
    event LeafAnswered(uint32 indexed task, uint32 indexed round, bytes32 indexed id, address by, bytes content);
    event LeafForfeited(uint32 indexed task, uint32 indexed round, bytes32 indexed id);
    event Omitted(uint32 indexed task, uint32 indexed round, address indexed accuser, uint16 index);
    event Credited(address indexed account, uint256 amount);
    event Collected(address indexed account, uint256 amount);
    event DepositSet(uint128 deposit);
}
