// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Clock} from "./Clocks.sol";
import {IRelays} from "./interfaces/IRelays.sol";
import {Lines} from "./Lines.sol";
import {Mark, Marks} from "./Marks.sol";
import {RelaySignatures} from "./RelaySignatures.sol";

/// @title Many commits, many openings in one transaction.
/// @notice What participants share is read and written once a batch: the clock, the task's parameters, one word of
/// marks for 112 participants, one event.
abstract contract Relays is RelaySignatures, IRelays {
    using Lines for bytes;
    using Marks for mapping(uint256 => uint256);

    /// @dev What a batch holds in memory: a word of marks, with its place.
    struct Batch {
        uint32 task;
        uint32 round;
        bool masked;
        bytes32 domain;
        uint256 marksAt;
        uint256 marks;
        uint16 done;
        bytes lines;
    }

    uint256 internal constant COMMIT_LINE_BYTES = 118;
    uint256 internal constant OPENING_LINE_BYTES = 188;
    uint256 private constant NOWHERE = type(uint256).max;

    function commitMany(uint32 task, uint32 round, SignedCommit[] calldata batch) external {
        Clock memory c = _require(task, round, Phase.Commit);
        _requireRelayed(task);
        _requireRunning(c.pause);
        Batch memory b = _begin(task, round, batch.length * COMMIT_LINE_BYTES);
        b.domain = _domain();
        b.masked = _s().tasks[task].params.mode != 0;
        if (b.masked) _requireGapOver(c);
        uint256[] memory live = _live(task, c, batch);
        for (uint256 i; i < batch.length; ++i) {
            (bool ok, Skip reason) = _commitOf(b, batch[i], (live[i / 256] >> (i % 256)) & 1 != 0);
            if (!ok) emit CommitSkipped(task, round, batch[i].participant, reason);
        }
        if (b.done == 0) return;
        _s().marks[task][b.marksAt] = b.marks;
        emit UpdatesCommitted(task, round, b.lines);
        c.committed += b.done;
        bool all = c.committed == (b.masked ? _s().masks[task].shared : c.cohort);
        _count(task, c, all && _s().rounds[task].leaves == 0);
    }

    function revealMany(uint32 task, uint32 round, RelayedOpening[] calldata batch) external {
        Clock memory c = _current(task, round);
        _requireRelayed(task);
        bool late = _requireOpen(task, c);
        Batch memory b = _begin(task, round, batch.length * OPENING_LINE_BYTES + _uriBytes(batch));
        b.domain = _domain();
        for (uint256 i; i < batch.length; ++i) {
            (bool ok, Skip reason) = _reveal(b, batch[i], c.maxWeight, late ? Mark.Closed : Mark.Revealed);
            if (!ok) emit RevealSkipped(task, round, batch[i].participant, reason);
        }
        if (b.done == 0) return;
        _s().marks[task][b.marksAt] = b.marks;
        emit UpdatesRevealed(task, round, late, b.lines);
        if (late) c.late += b.done;
        else c.revealed += b.done;
        _count(task, c, !late && _allOpened(task, c));
    }

    function hashCommit(uint32 task, uint32 round, SignedCommit calldata signed)
        external
        view
        returns (bytes32)
    {
        return _hash(_domain(), task, round, signed);
    }

    function hashLocation(uint32 task, uint32 round, address participant, string calldata uri)
        external
        view
        returns (bytes32)
    {
        return _location(_domain(), task, round, participant, bytes(uri));
    }

    // --- internal

    /// @dev The effect of `commit` for one entry, or why it has none. The dear check comes last.
    function _commitOf(Batch memory b, SignedCommit calldata signed, bool live)
        internal
        returns (bool, Skip reason)
    {
        address participant = signed.participant;
        Enrolment memory e = _s().enrolments[b.task][participant];
        bool may = e.bonded && e.fromRound <= b.round && (e.enrolled || b.round <= e.untilRound);
        if (!may) return (false, Skip.NotInCohort);
        uint16 index = e.index;
        _turnTo(b, index);
        if (Marks.markIn(b.marks, index) != Mark.None) return (false, Skip.AlreadyCommitted);
        if (signed.commitment == 0) return (false, Skip.MissingCommitment);
        if (signed.evidenceHash == 0) return (false, Skip.MissingEvidence);
        if (b.masked && _s().sharers[b.task].get(b.round, index) != Mark.Committed) {
            return (false, Skip.NotShared);
        }
        if (!live) return (false, Skip.NoConsent);
        if (!_isSigned(b.domain, b.task, b.round, signed)) return (false, Skip.BadSignature);

        bytes32 groundsHash = _grounds(signed.grantId, signed.evidenceHash);
        _s().records[b.task][index] = _record(participant, signed.commitment, groundsHash);
        b.marks = Marks.marked(b.marks, index, Mark.Committed);
        ++b.done;
        _addMember(b.lines, index, participant);
        b.lines.add(_words(signed));
        return (true, reason);
    }

    /// @dev The effect of `reveal` for one entry, or why it has none. That the record is this participant's
    /// needs no look at its enrolment: it is in the record's hash.
    function _reveal(Batch memory b, RelayedOpening calldata given, uint32 maxWeight, Mark mark)
        internal
        returns (bool, Skip reason)
    {
        (uint16 index, address participant) = (given.index, given.participant);
        Opening calldata o = given.opening;
        _turnTo(b, index);
        if (Marks.markIn(b.marks, index) != Mark.Committed) return (false, Skip.NothingToReveal);
        if (o.weight == 0 || o.weight > maxWeight) return (false, Skip.WeightOutOfRange);
        bytes calldata uri = bytes(given.uri);
        if (uri.length > MAX_URI_BYTES) return (false, Skip.UriTooLong);
        bytes32 digest = _digest(b.task, b.round, participant, o);
        if (_record(participant, digest, o.groundsHash) != _s().records[b.task][index]) {
            return (false, Skip.CommitmentMismatch);
        }
        digest = _location(b.domain, b.task, b.round, participant, uri);
        if (!_isSignedBy(participant, digest, given.r, given.vs)) return (false, Skip.BadSignature);

        b.marks = Marks.marked(b.marks, index, mark);
        ++b.done;
        _addMember(b.lines, index, participant);
        _addOpening(b.lines, o);
        b.lines.add(bytes32(uri.length << 240), 2);
        b.lines.add(uri);
        return (true, reason);
    }

    function _addMember(bytes memory lines, uint16 index, address participant) internal pure {
        lines.add(bytes32((uint256(index) << 240) | (uint256(uint160(participant)) << 80)), 22);
    }

    function _addOpening(bytes memory lines, Opening calldata o) internal pure {
        bytes calldata head;
        bytes calldata tail;
        assembly {
            head.offset := o
            head.length := 96
            tail.offset := add(o, 128)
            tail.length := 64
        }
        lines.add(head);
        lines.add(bytes32(uint256(o.weight) << 224), 4);
        lines.add(tail);
    }

    /// @dev Commitment, grant id, evidence hash, as they lie in calldata.
    function _words(SignedCommit calldata signed) internal pure returns (bytes calldata words) {
        assembly {
            words.offset := add(signed, 32)
            words.length := 96
        }
    }

    // --- a batch's words

    function _begin(uint32 task, uint32 round, uint256 lineBytes) internal pure returns (Batch memory b) {
        (b.task, b.round) = (task, round);
        b.marksAt = NOWHERE;
        b.lines = Lines.reserve(lineBytes);
    }

    /// @dev Brings the word with this index's mark into memory, the one before it back into storage.
    function _turnTo(Batch memory b, uint16 index) internal {
        uint256 at = index / Marks.PER_WORD;
        if (at == b.marksAt) return;
        if (b.marksAt != NOWHERE) _s().marks[b.task][b.marksAt] = b.marks;
        b.marksAt = at;
        b.marks = _s().marks[b.task].wordOf(b.round, index);
    }

    // --- checks of a whole batch

    function _live(uint32 task, Clock memory c, SignedCommit[] calldata batch)
        internal
        view
        returns (uint256[] memory)
    {
        bytes32[] memory grantIds = new bytes32[](batch.length);
        address[] memory silos = new address[](batch.length);
        for (uint256 i; i < batch.length; ++i) {
            SignedCommit calldata signed = batch[i];
            (grantIds[i], silos[i]) = (signed.grantId, signed.participant);
        }
        uint64 purposes = _s().tasks[task].params.purposes & ~ACCOUNTED; // no relayed task counts a loss
        return _s().consent.liveMany(grantIds, silos, purposes, _consentUntil(task, c));
    }

    function _uriBytes(RelayedOpening[] calldata batch) internal pure returns (uint256 total) {
        for (uint256 i; i < batch.length; ++i) {
            total += bytes(batch[i].uri).length;
        }
    }
}
