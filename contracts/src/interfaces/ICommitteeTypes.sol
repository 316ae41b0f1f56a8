// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRoundTypes} from "./IRoundTypes.sol";

/// @title The words of a committee: types, errors, events.
interface ICommitteeTypes {
    /// @param fromRound First round it can be drawn for. @param untilRound Last one.
    /// @param skipped Round for which it is not drawn, having shown no vote in the one before.
    /// @param weight In the draw. @param bonded What the task still holds of its stake.
    struct Validator {
        address account;
        uint32 fromRound;
        uint32 untilRound;
        uint32 skipped;
        uint128 weight;
        uint128 bonded;
    }

    /// @param drawBlock Fixed when the round opened. @param size Of the committee. @param cast Votes promised and
    /// not void. @param revealed Votes shown. @param accepts Shown votes that accept.
    /// @param early Drawn before Vote began. @param closed Who was absent has been dealt with.
    /// @param mix Enters the seed. @param shown Exclusive or over this round's shown salts.
    struct Ballot {
        uint32 round;
        uint64 drawBlock;
        uint8 size;
        uint8 cast;
        uint8 revealed;
        uint8 accepts;
        bool drawn;
        bool early;
        bool closed;
        bytes32 mix;
        bytes32 shown;
    }

    enum VoteState {
        None,
        Cast,
        Revealed,
        Void
    }

    /// @param paid For this vote, in a round that pays no rewards.
    struct Seat {
        address member;
        VoteState state;
        bool accept;
        int64 metric;
        bool paid;
        bytes32 commitment;
        bytes32 scoresHash;
    }

    /// @param metric Of the candidate model on the member's held-out set, in 1e-9 units.
    /// @param scoresHash Of the member's scores of the updates. @param salt 32 secret random bytes.
    struct Vote {
        bool accept;
        int64 metric;
        bytes32 scoresHash;
        bytes32 salt;
    }

    /// @param signature Of the EIP-712 Attestation by the member or its delegate; empty for the vote on chain.
    struct Attestation {
        bytes32 commitment;
        bytes signature;
    }

    /// @param signature Of what the seat's member is said to have signed, by it or its delegate.
    struct SeatSignature {
        uint8 seat;
        bytes signature;
    }

    /// Thrown when committees would be drawn from a block that is known already when a round opens.
    error NoDrawDelay();
    /// Thrown when somebody other than the coordinator opens a ballot, publishes an answer or takes pay.
    error OnlyCoordinator(address caller);
    /// Thrown when somebody other than the sponsor admits readers.
    error NotTheSponsor(uint32 task, address caller, address sponsor);
    /// Thrown when a task without a committee is asked for one.
    error NoCommittee(uint32 task);
    /// Thrown when an account enlists that the sponsor has not admitted as a reader.
    error NotAReader(uint32 task, address account);
    /// Thrown when a validator enlists whose place still stands.
    error AlreadyEnlisted(uint32 task, address account);
    /// Thrown when somebody resigns, or is released or accused, who is no validator of the task.
    error NotEnlisted(uint32 task, address account);
    /// Thrown when a validator's bond is below the task's.
    error BondTooSmall(uint32 task, uint256 amount, uint256 least);
    /// Thrown when a task has no place left for another validator.
    error TooManyValidators(uint32 task, uint256 most);
    /// Thrown when a round opens with fewer validators than its committee has seats.
    error TooFewValidators(uint32 task, uint256 have, uint256 need);
    /// Thrown when a bond is asked back while its validator's last round runs.
    error StillServing(uint32 task, address account, uint32 round);
    /// Thrown when the committee is drawn twice.
    error AlreadyDrawn(uint32 task, uint32 round);
    /// Thrown when the committee is drawn before its block has come.
    error TooEarlyToDraw(uint256 drawBlock, uint256 blockNumber);
    /// Thrown when the chain no longer knows the hash of the fixed block; `moveDraw` fixes another.
    error BlockForgotten(uint256 drawBlock);
    /// Thrown when another block is asked for while the fixed one can still be used.
    error BlockKnown(uint256 drawBlock);
    /// Thrown when a header does not hash to the hash of the fixed block.
    error WrongHeader(bytes32 expected, bytes32 actual);
    /// Thrown when a call names a round that is not the ballot's.
    error WrongBallot(uint32 task, uint32 asked, uint32 current);
    /// Thrown when a call does not belong to the phase.
    error WrongVotePhase(uint32 task, uint32 round, IRoundTypes.Phase actual);
    /// Thrown when votes are shown before the chain's finality has passed since the last one was promised.
    error TooEarlyToReveal(uint256 opensAt, uint256 nowS);
    /// Thrown when somebody votes whose seat this is not, or whose bond is gone.
    error NotTheMember(uint32 task, uint32 round, uint256 seat, address account);
    /// Thrown when a member votes twice.
    error AlreadyVoted(uint32 task, uint32 round, address member);
    /// Thrown when a vote's commitment is zero.
    error MissingVote(uint32 task, uint32 round, address member);
    /// Thrown when a vote is shown that is not promised, is void, or was shown before.
    error NoVoteToShow(uint32 task, uint32 round, address member);
    /// Thrown when a vote does not hash to what its member promised.
    error VoteMismatch(uint32 task, uint32 round, address member);
    /// Thrown when scores are shown that no task asks for, are no whole number of words, or more than one for each index.
    error BadScores(uint32 task, uint256 length, uint256 most);
    /// Thrown when scores do not hash to the vote's `scoresHash`.
    error ScoresMismatch(uint32 task, uint32 round, address member);
    /// Thrown when a commitment was neither signed by the member nor is its vote on chain.
    error NotAttested(uint32 task, uint32 round, address member, bytes32 commitment);
    /// Thrown when signatures do not ascend by seat, or name a seat that the round's committee does not have.
    error SeatOutOfTurn(uint256 seat, uint256 least, uint256 size);
    /// Thrown when fewer than two thirds of a round's committee signed for an update.
    error TooFewFoundSound(uint32 task, uint32 round, address participant, uint256 found, uint256 size);
    /// Thrown when two attestations say the same.
    error NoConflict(bytes32 commitment);
    /// Thrown when a ballot is closed whose votes can still change, or which is closed.
    error NothingToClose(uint32 task, uint32 round);
    /// Thrown when a seat is paid twice, or showed no vote in the round.
    error NothingToPay(uint32 task, uint32 round, uint256 seat);
    /// Thrown when a task's feed is created again.
    error FeedExists(uint32 task, address feed);

    event ReaderSet(uint32 indexed task, address indexed account, bool admitted);
    event Enlisted(uint32 indexed task, address indexed account, uint256 place, uint32 fromRound, uint256 bond);
    event Resigned(uint32 indexed task, address indexed account, uint32 untilRound);
    event ValidatorReleased(uint32 indexed task, address indexed account, uint256 amount);
    event BallotOpened(uint32 indexed task, uint32 indexed round, uint8 size, uint64 drawBlock, bytes32 mix);
    event DrawMoved(uint32 indexed task, uint32 indexed round, uint64 drawBlock);
    event CommitteeDrawn(uint32 indexed task, uint32 indexed round, bytes32 seed, address[] members);
    event VoteCast(uint32 indexed task, uint32 indexed round, address indexed member, uint8 seat, bytes32 commitment);
    event VoteRevealed(uint32 indexed task, uint32 indexed round, address indexed member, uint8 seat, Vote vote);
    event ScoresShown(uint32 indexed task, uint32 indexed round, address indexed member, uint8 seat, bytes scores);
    event VoteVoided(uint32 indexed task, uint32 indexed round, address indexed member);
    event ValidatorSlashed(
        uint32 indexed task, uint32 indexed round, address indexed account, uint256 taken, uint256 bounty, string reason
    );
    event MetricPublished(uint32 indexed task, uint32 indexed round, int64 metric);
    event FeedCreated(uint32 indexed task, address feed);
}
