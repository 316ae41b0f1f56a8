// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IVerdicts} from "./interfaces/IVerdicts.sol";
import {Clock, Clocks} from "./Clocks.sol";
import {CoordinatorStore} from "./CoordinatorStore.sol";
import {Pause} from "./Pauses.sol";
import {Phases} from "./Phases.sol";

/// @title What the parts of the coordinator share: the clock, and who is who.
abstract contract CoordinatorBase is CoordinatorStore {
    using Phases for Clock;

    bytes32 public constant COMMITMENT_TYPEHASH = keccak256(
        "Commitment(uint256 chainId,address coordinator,uint32 task,uint32 round,bytes32 baseVersion,address participant,bytes32 payloadRoot,bytes32 sealedRoot,bytes32 contentKeyHash,uint32 weight,bytes32 groundsHash,bytes32 salt)"
    );

    uint256 internal constant MAX_URI_BYTES = 512;

    // The ways to commit; a task always allows the first, so that no relayer can keep anybody out.
    uint8 internal constant DIRECT = 1;
    uint8 internal constant RELAYED = 2;
    uint8 internal constant ROLLED = 4;
    uint8 internal constant MOST_ROLLS = 4; // in a round

    // How a round's reward is split; 1 is equally.
    uint8 internal constant BY_WEIGHT = 0;
    uint8 internal constant BY_SCORES = 2;

    // --- the clock

    /// @dev Moves the round on as far as block time allows, and returns where it is.
    function _advance(uint32 task) internal returns (Clock memory c) {
        c = Clocks.unpack(_s().rounds[task].clock, _s().pause); // not _load: each return of a clock costs gas
        while (c.overdue()) _next(task, c, c.deadline);
    }

    /// @dev One step, written through: `c` is the clock afterwards.
    function _next(uint32 task, Clock memory c, uint40 endedAt) internal {
        Phase ended = c.phase;
        c.next(_s().tasks[task].params, _s().masks[task], endedAt);
        if (c.phase == Phase.Reveal) _s().rounds[task].revealDeadline = c.deadline;
        _turn(task, c);
        if (ended == Phase.VoteReveal && c.idle()) IVerdicts(address(this)).undecided(task);
        else if (c.phase == Phase.Voided) _voided(task, c.round, ended);
    }

    function _voided(uint32 task, uint32 round, Phase ended) internal {
        emit RoundVoided(task, round, ended);
        _s().treasury.release(task);
        if (ended == Phase.Commit) _s().unread[task][round >> 8] |= 1 << (round & 255);
        if (ended != Phase.Aggregate) return;
        Task storage t = _s().tasks[task];
        _slashDuty(task, round, t.aggregator);
        _slashDuty(task, round, t.standby);
    }

    function _slashDuty(uint32 task, uint32 round, Duty storage duty) internal {
        if (!duty.bonded) return;
        duty.bonded = false;
        uint256 bond = _s().tasks[task].params.aggregatorBond;
        uint256 taken = _s().registry.slash(duty.account, bond, keccak256(abi.encode(task, round)));
        emit DutySlashed(task, round, duty.account, taken, "no proposal");
    }

    /// @dev The grant of a commit must last until an opening could at the latest be made, were the round never
    /// paused: a pause takes no consent away, and one before the round gives none. In Share and Commit only.
    function _consentUntil(uint32 task, Clock memory c) internal view returns (uint40) {
        TaskParams storage p = _s().tasks[task].params;
        uint256 until = uint256(c.deadline) + p.finalityGap + p.revealWindow + p.revealGrace;
        uint256 since = c.opensAt;
        if (c.phase == Phase.Share) until += uint256(p.finalityGap) + p.commitWindow;
        else if (p.mode != 0) since = _s().masks[task].openedAt;
        return c.pause.unpaused(until, since);
    }

    /// @dev A grant for the task covers what the silo is about to do, or the call is over.
    function _requireConsent(uint32 task, Clock memory c, address silo, bytes32 grantId) internal view {
        uint64 purposes = _s().tasks[task].params.purposes & ~ACCOUNTED;
        _s().consent.requireLive(grantId, silo, purposes, _consentUntil(task, c));
    }

    /// @dev How many of the last round committed, never opened, and were not slashed yet. A commit in a roll owes
    /// nothing before it is lifted.
    function _silent(Clock memory c, Round storage r) internal view returns (uint256) {
        if (r.revealDeadline == 0) return 0; // Reveal never began: nobody owes anything
        uint256 owed = uint256(c.committed) + r.lifted + r.opened - r.leaves;
        return owed - c.revealed - c.late - c.slashed;
    }

    /// @dev Last second of running time at which an opening saves the bond: the end of the grace.
    function _openUntil(uint32 task) internal view returns (uint256) {
        return uint256(_s().rounds[task].revealDeadline) + _s().tasks[task].params.revealGrace;
    }

    // --- guards

    function _require(uint32 task, uint32 round, Phase expected) internal returns (Clock memory c) {
        c = _current(task, round);
        if (c.phase != expected) revert WrongPhase(task, round, expected, c.phase);
    }

    function _current(uint32 task, uint32 round) internal returns (Clock memory c) {
        c = _advance(task);
        if (c.round == round && round != 0) return c;
        _taskOf(task);
        revert WrongRound(task, round, c.round);
    }

    function _requireIdle(uint32 task) internal returns (Clock memory c) {
        c = _advance(task);
        if (!c.idle()) revert RoundRunning(task, c.round, c.phase);
    }

    function _requireRunning(Pause pause) internal view {
        if (pause.active()) revert WhilePaused(pause.until());
    }

    /// @dev The chain is final about the phase before.
    function _requireGapOver(Clock memory c) internal view {
        if (c.nowS < c.opensAt) revert TooEarly(c.pause.firstSecond(c.opensAt), block.timestamp);
    }

    function _sponsored(uint32 task) internal view returns (Task storage t) {
        t = _taskOf(task);
        if (msg.sender != t.sponsor) revert OnlySponsor(task, msg.sender, t.sponsor);
    }

    function _taskOf(uint32 task) internal view returns (Task storage t) {
        t = _s().tasks[task];
        if (t.sponsor == address(0)) revert UnknownTask(task);
    }

    function _requireShort(string calldata uri) internal pure {
        if (bytes(uri).length > MAX_URI_BYTES) revert UriTooLong(bytes(uri).length, MAX_URI_BYTES);
    }

    /// @dev The participant in whose name the sender acts. Who is enrolled itself costs no second look-up.
    function _actor(uint32 task) internal view returns (address) {
        if (_s().enrolments[task][msg.sender].fromRound != 0) return msg.sender;
        return _s().registry.masterOf(msg.sender);
    }

    // --- who takes part

    function _inCohort(Enrolment storage e, uint32 round) internal view returns (bool) {
        return e.fromRound != 0 && e.fromRound <= round && (e.enrolled || round <= e.untilRound);
    }

    /// @dev Takes who is enrolled out of all later rounds; the bond is another matter.
    function _remove(uint32 task, address participant, Clock memory c) internal {
        Enrolment storage e = _s().enrolments[task][participant];
        // Its last round is the current one; who enrolled for the next never had one.
        e.untilRound = e.fromRound > c.round ? e.fromRound - 1 : c.round;
        e.enrolled = false;
        --_s().tasks[task].enrolled;
        emit Left(task, participant, e.index, e.untilRound);
    }

    /// @dev What was proven against a participant: half of its bond goes to the accuser.
    function _strike(
        uint32 task,
        Clock memory c,
        address participant,
        address accuser,
        bytes32 evidence,
        string memory reason
    ) internal {
        Enrolment storage e = _s().enrolments[task][participant];
        if (!_answers(e, c)) revert NoBond(task, participant);
        _takeBond(task, c, e, participant, accuser, evidence, reason);
    }

    /// @dev Takes the bond of who broke its word, unless it was taken already, for another offence.
    function _forfeit(uint32 task, Clock memory c, uint16 index, bytes32 evidence, string memory reason) internal {
        address participant = _s().members[task][index];
        Enrolment storage e = _s().enrolments[task][participant];
        if (_answers(e, c)) _takeBond(task, c, e, participant, address(0), evidence, reason);
    }

    /// @dev Whether a bond stands for this round: who lost it and enrolled anew has another, for the rounds to come.
    function _answers(Enrolment storage e, Clock memory c) internal view returns (bool) {
        return e.bonded && e.fromRound <= c.round;
    }

    function _takeBond(
        uint32 task,
        Clock memory c,
        Enrolment storage e,
        address participant,
        address accuser,
        bytes32 evidence,
        string memory reason
    ) internal {
        if (e.enrolled) _remove(task, participant, c);
        e.bonded = false;
        uint256 bond = _s().tasks[task].params.bond;
        (uint256 taken,) = _s().registry.slashFor(participant, bond, evidence, accuser);
        emit ParticipantSlashed(task, c.round, participant, taken, reason);
    }

    // --- commitments

    /// @dev What the slot keeps: keccak256(abi.encode(participant, commitment, groundsHash)), so that the opening must
    /// carry the grant and the evidence that were named at commit, and the slot alone says whose it is. By hand, as is
    /// the next: the compiler's own way costs each commit and each opening more.
    function _record(address participant, bytes32 commitment, bytes32 groundsHash)
        internal
        pure
        returns (bytes32 record)
    {
        assembly ("memory-safe") {
            let at := mload(0x40)
            mstore(at, shr(96, shl(96, participant)))
            mstore(add(at, 0x20), commitment)
            mstore(add(at, 0x40), groundsHash)
            record := keccak256(at, 0x60)
        }
    }

    /// @dev keccak256(abi.encode(grantId, evidenceHash)): what an update rests on.
    function _grounds(bytes32 grantId, bytes32 evidenceHash) internal pure returns (bytes32 groundsHash) {
        assembly ("memory-safe") {
            mstore(0, grantId)
            mstore(0x20, evidenceHash)
            groundsHash := keccak256(0, 0x40)
        }
    }

    /// @dev keccak256(abi.encode(COMMITMENT_TYPEHASH, block.chainid, address(this), task, round, baseVersion,
    /// participant, payloadRoot, sealedRoot, contentKeyHash, weight, groundsHash, salt)). By hand: the compiler's
    /// own way costs each opening of a batch 700 gas more.
    function _digestOver(uint32 task, uint32 round, bytes32 baseVersion, address participant, Opening calldata o)
        internal
        view
        returns (bytes32 digest)
    {
        bytes32 typehash = COMMITMENT_TYPEHASH;
        assembly ("memory-safe") {
            let at := mload(0x40)
            mstore(at, typehash)
            mstore(add(at, 0x20), chainid())
            mstore(add(at, 0x40), address())
            mstore(add(at, 0x60), task)
            mstore(add(at, 0x80), round)
            mstore(add(at, 0xa0), baseVersion)
            mstore(add(at, 0xc0), participant)
            calldatacopy(add(at, 0xe0), o, 0xc0)
            digest := keccak256(at, 0x1a0)
        }
    }

    function _digest(uint32 task, uint32 round, address participant, Opening calldata o)
        internal
        view
        returns (bytes32)
    {
        return _digestOver(task, round, _s().rounds[task].baseVersion, participant, o);
    }

    /// @dev In Reveal, true to its time; after it, within the grace, as a late opening.
    function _requireOpen(uint32 task, Clock memory c) internal view returns (bool late) {
        if (c.phase == Phase.Reveal) {
            if (c.nowS < c.opensAt) revert TooEarly(c.pause.firstSecond(c.opensAt), block.timestamp);
            return false;
        }
        if (_s().rounds[task].revealDeadline == 0 || c.nowS > _openUntil(task)) {
            revert WrongPhase(task, c.round, Phase.Reveal, c.phase);
        }
        return true;
    }

    /// @dev Nobody is waited for in Reveal. In a round with rolls that is never so: a poster's count is a claim, and who
    /// stands in a roll has the second half to leave it, unless a reader has signed for its payload. Sums of 16 bits: no
    /// check is needed, and each opening comes here; only the last one looks for rolls.
    function _allOpened(uint32 task, Clock memory c) internal view returns (bool) {
        unchecked {
            return uint256(c.revealed) + c.late == c.committed && _s().rounds[task].leaves == 0;
        }
    }

    /// @dev Stores the clock; when everybody has acted the phase ends now instead of at its deadline.
    function _count(uint32 task, Clock memory c, bool everybody) internal {
        if (everybody) _next(task, c, c.nowS);
        else _save(task, c);
    }

    /// @dev Saves a clock whose phase has changed, and says so.
    function _turn(uint32 task, Clock memory c) internal {
        _save(task, c);
        (uint40 opensAt, uint40 deadline) = (c.pause.firstSecond(c.opensAt), c.pause.lastSecond(c.deadline));
        emit PhaseChanged(task, c.round, c.phase, opensAt, deadline);
    }
}
