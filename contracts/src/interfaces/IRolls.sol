// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICoordinatorTypes} from "./ICoordinatorTypes.sol";

/// @title Rolled commits and openings: many behind two roots that a bonded poster answers for.
/// @notice Called at the coordinator's address. A roll is one poster's pair of roots in one round: commits in the first
/// half of Commit, openings of the same leaves at the same positions in the first half of Reveal. Nothing of a leaf
/// is checked when its root is posted; what is wrong with one is shown later, and strikes what is wrong and no more.
/// The second halves belong to those who act for themselves: a commit of one's own beats a leaf, and a leaf that was
/// not opened, or whose participant wants it out, is put on chain (`lift`) and opened there. So while a roll stands,
/// neither phase ends before its deadline, whoever has acted.
///
/// Trees are those of MerklePath. A commit's leaf holds 182 bytes, ascending by index: index (2), participant (20),
/// commitment, grant id, evidence hash, r, vs, as in SignedCommit. An opening's holds 252 bytes and the URI: index (2),
/// participant (20), payload root, sealed root, content key hash, weight (4), grounds hash, salt, r and vs of
/// `hashLocation`, length of the URI (2), URI; nothing at all where the commit is not opened there.
/// Both signatures are of the participant itself: a delegate could be dismissed later, and take a good leaf with it.
interface IRolls is ICoordinatorTypes {
    enum RollState {
        None,
        Committed,
        Opened,
        Void
    }

    /// An account that may post, and its last roll.
    /// @param bonded Whether the task holds its bond, as large as the aggregator's. @param untilRound Last round in which
    /// it may post. @param round The roll's. @param leaves Its commits. @param opened How many of them it says it opened.
    /// @param lifted How many of them were put on chain one by one. @param moved Of these, how many it had opened.
    /// @param consentAt Second at which the grants of its commits must be live: the last one before Reveal.
    struct Poster {
        bool bonded;
        uint32 untilRound;
        uint32 round;
        uint16 leaves;
        uint16 opened;
        uint16 lifted;
        uint16 moved;
        RollState state;
        uint40 consentAt;
        bytes32 commits;
        bytes32 openings;
    }

    /// A leaf with its siblings.
    struct Leaf {
        bytes content;
        bytes32[] path;
    }

    /// What a poster signs when it is given a commit. @param signature The poster's own, of `hashInclusion`.
    struct Receipt {
        address participant;
        bytes32 commitment;
        bytes signature;
    }

    /// @param rolls Posted in the round. @param leaves Commits in them. @param opened Of these, opened in roots.
    /// @param lifted Of the commits, put on chain one by one.
    struct Rolled {
        uint8 rolls;
        uint16 leaves;
        uint16 opened;
        uint16 lifted;
    }

    /// Thrown when a poster comes to a task that does not allow rolled commits.
    error NotRolled(uint32 task);
    /// Thrown when somebody posts who has not locked a bond for it, or gave the place up.
    error NotAPoster(uint32 task, address account);
    /// Thrown when a poster posts its second roll of a round.
    error AlreadyPosted(uint32 task, uint32 round, address poster);
    /// Thrown when a round has as many rolls as it may have, or a void one has reopened Commit.
    error NoRoomForRolls(uint32 task, uint32 round, uint256 most);
    /// Thrown when a root comes in the half of a window that belongs to those who act for themselves.
    error TooLateToPost(uint256 last, uint256 nowS);
    /// Thrown when a roll says it holds no leaf or more than it can.
    error BadRoll(uint256 leaves, uint256 most);
    /// Thrown when a call is about a roll that the poster has not posted, or that does not stand.
    error NoRoll(uint32 task, uint32 round, address poster);
    /// Thrown when a leaf is no commit that could stand: signature, cohort or consent.
    error BadLeaf(uint32 task, uint32 round, uint16 index);
    /// Thrown when an opening leaf does not open the commit at its position.
    error BadOpening(uint32 task, uint32 round, uint16 index);
    /// Thrown when a leaf or path does not lead to the posted root.
    error NotInRoll(bytes32 expected, bytes32 actual);
    /// Thrown when a commit is lifted although its roll says that all others are opened; `refuteCount` shows that it lies.
    error Overclaimed(uint32 task, uint32 round, uint256 leaves);
    /// Thrown when somebody else's commit is lifted although its roll opened it, or nothing shows that it did not.
    error OpenedInRoll(uint32 task, uint32 round, address participant);
    /// Thrown when a record is shown from a roll without openings.
    error NotOpened(uint32 task, uint32 round);
    /// Thrown when a proof against a poster proves nothing.
    error NoFault(uint32 task, uint32 round, address poster);
    /// Thrown when absences are noted in a round with rolls: who is in one has no mark of its own.
    error RolledRound(uint32 task, uint32 round);

    event PosterEnlisted(uint32 indexed task, address indexed poster, uint256 bond);
    event PosterResigned(uint32 indexed task, address indexed poster, uint32 untilRound);
    event PosterReleased(uint32 indexed task, address indexed poster, uint256 bond);
    event PosterSlashed(
        uint32 indexed task,
        uint32 indexed round,
        address indexed poster,
        uint256 taken,
        uint256 bounty,
        string reason
    );
    /// @param uri Where the leaves lie, one after the other.
    event CommitsPosted(
        uint32 indexed task,
        uint32 indexed round,
        address indexed poster,
        bytes32 root,
        uint16 leaves,
        string uri
    );
    event OpeningsPosted(
        uint32 indexed task,
        uint32 indexed round,
        address indexed poster,
        bytes32 root,
        uint16 opened,
        string uri
    );
    /// @param openings Whether only the openings are void, and the commits stand.
    event RollVoided(uint32 indexed task, uint32 indexed round, address indexed poster, bool openings);
    /// @param until Last second at which it may be opened, chain time.
    event Lifted(
        uint32 indexed task, uint32 indexed round, address indexed participant, uint16 index, uint40 until
    );
    event Landed(uint32 indexed task, uint32 indexed round, address indexed participant, uint16 index);

    // --- who may post

    /// Locks the sender's poster bond. Anyone with the stake, in a task that allows rolled commits.
    function enlistPoster(uint32 task) external;

    /// The current round is the sender's last.
    function resignPoster(uint32 task) external;

    /// Gives a resigned poster's bond back, once every leaf that was asked for must have been shown: two challenge
    /// windows after its last round, or after the opening of the phase that the next one is in; at the latest in the
    /// round after that. Anyone.
    function releasePoster(uint32 task, address poster) external;

    // --- rolls

    /// Posts a root over commits. One roll a poster and round.
    function postCommits(uint32 task, uint32 round, bytes32 root, uint16 leaves, string calldata uri) external;

    /// Posts the root over the openings of the sender's own roll. However many it counts, Reveal goes on: those in the
    /// roll have the rest of it to leave, and anybody to show that the count or an opening is false.
    function postOpenings(uint32 task, uint32 round, bytes32 root, uint16 opened, string calldata uri)
        external;

    /// Puts a rolled commit on chain that its roll has not opened, so that its participant can `reveal`, and owes it:
    /// until the grace is over. In Reveal alone, since a proposal rests on what stands after it, and once this roll's
    /// openings are posted or cannot come any more. Anyone: this is how an opening is demanded. The participant also takes
    /// a commit out that was opened there, for instance because no reader signs that it has seen the payload. Its
    /// grant must be live before Reveal, as for any leaf, and now: nobody comes to owe what it may not open any more.
    /// @param gap Siblings of the empty leaf at the position among the openings; none where none were posted.
    function lift(
        uint32 task,
        uint32 round,
        address poster,
        uint16 position,
        Leaf calldata commit,
        bytes32[] calldata gap
    ) external;

    /// Puts a rolled opening on chain, after Reveal: from then on it counts as any other, for proofs and floors. Fails
    /// if anything about it is wrong, so who can land it has shown that it is right. Anyone.
    function land(
        uint32 task,
        uint32 round,
        address poster,
        uint16 position,
        Leaf calldata commit,
        Leaf calldata opening
    ) external;

    /// What a roll says of an update, and nothing of it is wrong: `land` would take it, were it not that its participant
    /// may have a mark by now. Reverts otherwise.
    function rolledRecord(
        uint32 task,
        uint32 round,
        address poster,
        uint16 position,
        Leaf calldata commit,
        Leaf calldata opening
    ) external view returns (address participant, bytes32 payloadRoot, uint32 weight);

    /// Whether the opening of the participant with this index was brought here by `land`.
    function isLanded(uint32 task, uint32 round, uint16 index) external view returns (bool);

    // --- what costs a poster its bond, half of it to the sender

    /// Two neighbours among the commits that do not ascend by index, or one that is no leaf at all: the roll is void,
    /// and as long as no opening was public, Commit is open again for half a window.
    function refuteOrder(
        uint32 task,
        uint32 round,
        address poster,
        uint16 position,
        Leaf calldata first,
        Leaf calldata second
    ) external;

    /// An opening that does not open the commit at its position: the openings are void, the commits stand.
    function refuteOpening(
        uint32 task,
        uint32 round,
        address poster,
        uint16 position,
        Leaf calldata commit,
        Leaf calldata opening
    ) external;

    /// More empty openings than the poster left room for.
    /// @param positions Ascending. @param paths Of the empty leaf at each.
    function refuteCount(
        uint32 task,
        uint32 round,
        address poster,
        uint16[] calldata positions,
        bytes32[][] calldata paths
    ) external;

    /// The poster signed that it would post this commit, and did not: no roll, or neighbours with nothing between them,
    /// or another commitment at its index. Who committed for itself meanwhile has lost nothing and proves nothing.
    /// @param position Of the first of `near`.
    /// @param near The leaf that has the index; or the one before and the one after; or the first or last alone.
    function challengeInclusion(
        uint32 task,
        uint32 round,
        address poster,
        Receipt calldata receipt,
        uint16 position,
        Leaf[] calldata near
    ) external;

    /// Slashes a poster that withheld a leaf. Disputes only.
    function strikePoster(uint32 task, uint32 round, address poster, address accuser, bytes32 evidence)
        external;

    // --- views

    function posterOf(uint32 task, address account) external view returns (Poster memory);

    /// Of the current or last round.
    function rolledOf(uint32 task) external view returns (Rolled memory);

    /// EIP-712 digest of a poster's receipt, in the coordinator's domain:
    /// Inclusion(uint32 task,uint32 round,address participant,bytes32 commitment).
    function hashInclusion(uint32 task, uint32 round, address participant, bytes32 commitment)
        external
        view
        returns (bytes32);
}
