// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title The words of a round: its phases, and what is promised, shown and proposed.
/// @notice Commit -> Reveal -> Vote -> VoteReveal -> Aggregate -> Challenge -> Settled, or Voided; a task without
/// a committee skips the votes, a masked one has Share before Commit and Unmask after Reveal. The phase follows from block time and counters: it ends at its deadline, or once
/// everybody has acted (Commit and Reveal of a round with rolls at their deadlines alone); anybody may call `tick`. Times
/// are unix seconds; a deadline is the last second of its phase. Rounds are numbered per task from 1, participants of a
/// task have a dense index from 0.
interface IRoundTypes {
    /// Share and Unmask belong to masked tasks (IMasking).
    enum Phase {
        None,
        Share,
        Commit,
        Reveal,
        Unmask,
        Vote,
        VoteReveal,
        Aggregate,
        Challenge,
        Settled,
        Voided
    }

    /// SUCCESS: everybody of the cohort is in the aggregate. DEGRADED: some are not. REJECTED: the committee voted
    /// against the updates, and the model stays as it was.
    enum Status {
        NONE,
        SUCCESS,
        DEGRADED,
        REJECTED,
        VOIDED
    }

    /// What the committee decided in a round; NONE as long as fewer than two thirds of it have shown their votes.
    enum Verdict {
        NONE,
        ACCEPTED,
        REJECTED
    }

    /// @param specHash SHA-256 of the canonical spec. @param genesisRoot Root of the first model.
    /// @param purposes Bits that a grant must cover.
    /// @param revealGrace After the Reveal deadline, how long a late opening still saves the bond.
    /// @param finalityGap Between Commit and Reveal, at least the chain's finality. All windows in seconds.
    /// @param quorum Least number that must commit, and reveal. @param maxParticipants At most 10,000.
    /// @param maxMisses Rounds in a row that one can be noted as absent from before one is un-enrolled; 0 is never.
    /// @param waitRounds Rounds that whoever was retracted sits out before it may enrol again; 0 is none.
    /// @param chunkBytes Chunk size of the Merkle trees. @param mode 0 clear, 1 masked: nobody sees a single update
    /// (IMasking). Masked, the rule is the mean without a bound (in groups also 1 or 2), never rolled, with neither buffer,
    /// committee nor disclosure.
    /// @param rule 0 mean, 1 median, 2 trimmed mean, 3 Multi-Krum, 4 Bulyan; 5 geometric median, 6 centred clipping, 7 root of
    /// trust: under these three leaves hold coefficients for weights, and pay does not go by examples.
    /// @param buffer A round ends Commit once so many have committed, whoever they are; 0 waits for all enrolled. With it
    /// the only mode is direct, and nobody is noted as absent.
    /// @param maxStaleness How many versions an update's base may lie behind the round's, at most 16; 0 is none. Older
    /// ones count less (Bases). Needs a buffer.
    /// @param bond A participant's. @param aggregatorBond The aggregator's, and the standby's (stake token).
    /// @param roundReward Most that one round pays, in `token` (0 is native).
    /// @param standby May be 0. @param chunks Chunks of an update, an aggregate or a model, the header included.
    /// @param limit Largest magnitude of an update's word. @param trim trimmed mean, Bulyan: left out at each end.
    /// @param normBound Largest L2 norm of an update in words, 0 is none.
    /// @param step 0 the model is base + aggregate; 1 another server step, which no challenge covers.
    /// @param disclosure 1 a dispute may show single chunks of payloads; 0 none.
    /// @param floorBps Hundredths of a percent of a head's equal share that a reveal earns when fraud voids a round.
    /// @param modes Bits of the ways to commit: 1 direct (always), 2 relayed, 4 rolled (then revealGrace and
    /// aggregatorBond are not 0).
    /// @param aggregateHeader SHA-256(0x00 || chunk 0) of every aggregate.
    /// @param rewardBy How a round's reward is split among the included: 0 by weight, 1 equally, 2 by the committee's
    /// median scores. Except by weight, only who is admitted by name may enrol.
    /// @param feeBps Hundredths of a percent of it that the proposer gets first.
    /// @param committee Validators drawn for each round, at most 31; 0 is none, and then the next three are 0.
    /// @param voteWindow To promise a vote. @param voteRevealWindow To show it, twice if too few do.
    /// @param validatorBond The least that a validator locks (stake token); its chance of being drawn grows with more.
    /// @param validatorBps Hundredths of a percent of a round's reward for its committee: each seat's equal part, for a
    /// shown vote. @param shareCapBps The most of the rest that a single participant gets, likewise; 0 is no limit.
    /// @param privacyFloor The least privacy loss that a commit counts, in each lane (RdpVector); 0 where none is counted.
    /// With one, the only mode is direct: `commitPrivate`.
    /// @param shareWindow Masked tasks alone: to share the secrets of a mask. @param unmaskWindow To show the shares of
    /// others that open the sum. @param threshold So many shares open a secret; 2 .. quorum; the quorum
    /// is 3 or more: two who are left would read each other off the sum. All three 0 in clear tasks.
    /// @param group Masked tasks alone: members of a group that masks within itself, or a few more; 3 .. quorum. The sum of
    /// each shows, the rule looks across their means, and a proposal may leave whole groups out. 0 is one sum of all.
    struct TaskParams {
        bytes32 specHash;
        bytes32 genesisRoot;
        uint64 purposes;
        uint32 commitWindow;
        uint32 revealWindow;
        uint32 aggregateWindow;
        uint32 challengeWindow;
        uint32 revealGrace;
        uint32 finalityGap;
        uint16 quorum;
        uint16 maxParticipants;
        uint16 maxMisses;
        uint16 waitRounds;
        uint32 maxWeight;
        uint32 maxRounds;
        uint32 chunkBytes;
        uint8 mode;
        uint8 rule;
        uint16 buffer;
        uint8 maxStaleness;
        uint128 bond;
        uint128 aggregatorBond;
        uint128 roundReward;
        address token;
        address aggregator;
        address standby;
        uint32 chunks;
        uint32 limit;
        uint16 trim;
        uint64 normBound;
        uint8 step;
        uint8 disclosure;
        uint16 floorBps;
        uint8 modes;
        bytes32 aggregateHeader;
        uint8 rewardBy;
        uint16 feeBps;
        uint8 committee;
        uint32 voteWindow;
        uint32 voteRevealWindow;
        uint128 validatorBond;
        uint16 validatorBps;
        uint16 shareCapBps;
        uint256 privacyFloor;
        uint32 shareWindow;
        uint32 unmaskWindow;
        uint16 threshold;
        uint16 group;
    }

    /// How far the masks of a round are. @param round Theirs: an older one says that nobody has shared in this one.
    /// @param shared How many have shared their secrets. @param unmasked How many have shown shares of others.
    /// @param openedAt When the round opened, running time: a pause since then takes no consent away.
    struct Masks {
        uint32 round;
        uint16 shared;
        uint16 unmasked;
        uint40 openedAt;
    }

    /// What the round needs from a participant's sealed update, once Reveal has opened.
    /// @param weight 1 .. maxWeight. @param groundsHash keccak256(abi.encode(grantId, evidenceHash)), as named at commit.
    /// @param salt Derived from the silo's sealing key.
    struct Opening {
        bytes32 payloadRoot;
        bytes32 sealedRoot;
        bytes32 contentKeyHash;
        uint32 weight;
        bytes32 groundsHash;
        bytes32 salt;
    }

    /// @param includedRoot SHA-256 root over the included leaves
    /// sha256(abi.encodePacked(bytes1(0x00), participant, payloadRoot, weight)), by ascending index.
    /// @param rewardTotal Sum of the reward tree: everything the task ever awarded, this round included.
    /// @param included How many updates are in the aggregate; 0 says that nothing usable came.
    /// @param exclusions Packed (uint16 index, uint8 reason), ascending; with the included exactly the revealed, where
    /// there are no rolls.
    /// @param purposes Bits that the base version and the grants of all included have. @param usableUntil The earliest of
    /// their ends.
    struct Proposal {
        bytes32 aggregateRoot;
        bytes32 modelRoot;
        bytes32 stateRoot;
        bytes32 includedRoot;
        bytes32 metricsHash;
        bytes32 rewardRoot;
        uint128 rewardTotal;
        uint16 included;
        uint64 purposes;
        uint40 usableUntil;
        bytes exclusions;
        string uri;
    }

    /// @param aggregator Today's, which may differ from the one in `params` after `appoint` or a promotion.
    /// @param enrolled Enrolled now; the cohort of the next round. @param indices Given out so far.
    struct TaskState {
        bytes32 taskId;
        address sponsor;
        address aggregator;
        address standby;
        bool aggregatorBonded;
        bool standbyBonded;
        uint16 enrolled;
        uint16 indices;
        TaskParams params;
    }

    /// @param phase At the block's time, also if nobody has called since a deadline.
    /// @param revealDeadline 0 until Reveal has begun; the grace ends `revealGrace` after it, a pause in the
    /// grace included. @param late Opened within the grace, or retracted: neither counts nor owes.
    /// @param cohort How many are expected: everybody enrolled, or the buffer if that is fewer.
    /// @param overturned Proposals of this round that were proven wrong.
    /// @param proposalHash keccak256(abi.encode(proposal)), 0 if there is none; so is `proposer`.
    struct RoundState {
        uint32 round;
        Phase phase;
        Status status;
        uint40 opensAt;
        uint40 deadline;
        uint40 revealDeadline;
        uint16 cohort;
        uint16 committed;
        uint16 revealed;
        uint16 late;
        uint16 slashed;
        uint8 overturned;
        bytes32 baseVersion;
        bytes32 proposalHash;
        address proposer;
    }

    /// @param index Dense index, kept for good. @param enrolled Whether it takes part in rounds to come.
    /// @param bonded Whether the task holds its bond. @param fromRound First round it takes part in, 0 if it
    /// never enrolled. @param untilRound Last round, once it is no longer enrolled.
    /// @param missedRound Last round in which it was noted as absent. @param misses In how many in a row up to that.
    /// @param waitsUntil The round that must have begun before it may enrol again, unless no round could begin
    /// without it.
    struct Enrolment {
        uint16 index;
        bool enrolled;
        bool bonded;
        uint32 fromRound;
        uint32 untilRound;
        uint32 missedRound;
        uint16 misses;
        uint32 waitsUntil;
    }
}
