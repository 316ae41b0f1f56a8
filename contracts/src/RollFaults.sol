// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Clock} from "./Clocks.sol";
import {Mark} from "./Marks.sol";
import {RollLeaves} from "./RollLeaves.sol";
import {Rolls} from "./Rolls.sol";
import {Signatures} from "./Signatures.sol";

/// @title What a poster could have seen itself, and posted all the same.
/// @notice A bad commit is not among it: whether somebody is in the cohort or a grant is live may change under a
/// poster's hands, so such a leaf cannot land, and nothing else happens.
abstract contract RollFaults is Rolls {
    using RollLeaves for bytes;
    using Signatures for address;

    bytes32 public constant INCLUSION_TYPEHASH =
        keccak256("Inclusion(uint32 task,uint32 round,address participant,bytes32 commitment)");

    function refuteOrder(
        uint32 task,
        uint32 round,
        address poster,
        uint16 position,
        Leaf calldata first,
        Leaf calldata second
    ) external {
        Clock memory c = _current(task, round);
        Poster storage p = _rollOf(task, round, poster);
        _requireIn(p.commits, p.leaves, position, first);
        bool alone = first.content.length != RollLeaves.COMMIT_BYTES; // no leaf: nothing to compare it with
        if (!alone) {
            _requireIn(p.commits, p.leaves, uint256(position) + 1, second);
            bool ascend = second.content.length == RollLeaves.COMMIT_BYTES
                && first.content.index() < second.content.index();
            if (ascend) revert NoFault(task, round, poster);
        }
        bool void_ = _voidRoll(task, c, poster, p);
        _convict(task, round, poster, void_, "malformed roll");
    }

    function refuteOpening(
        uint32 task,
        uint32 round,
        address poster,
        uint16 position,
        Leaf calldata commit,
        Leaf calldata opening
    ) external {
        Clock memory c = _current(task, round);
        Poster storage p = _openedRoll(task, round, poster);
        _requireIn(p.commits, p.leaves, position, commit);
        _requireIn(p.openings, p.leaves, position, opening);
        bool whole = commit.content.length == RollLeaves.COMMIT_BYTES;
        bool right =
            opening.content.length == 0 || (whole && _opens(task, c, commit.content, opening.content));
        if (right) revert NoFault(task, round, poster);
        bool void_ = _voidOpenings(task, c, poster, p);
        _convict(task, round, poster, void_, "bad opening");
    }

    function refuteCount(
        uint32 task,
        uint32 round,
        address poster,
        uint16[] calldata positions,
        bytes32[][] calldata paths
    ) external {
        Clock memory c = _current(task, round);
        Poster storage p = _openedRoll(task, round, poster);
        if (positions.length + p.opened + p.moved <= p.leaves) revert NoFault(task, round, poster);
        for (uint256 i; i < positions.length; ++i) {
            if (i != 0 && positions[i] <= positions[i - 1]) revert NoFault(task, round, poster);
            _requireGap(p, positions[i], paths[i]);
        }
        bool void_ = _voidOpenings(task, c, poster, p);
        _convict(task, round, poster, void_, "miscounted openings");
    }

    function challengeInclusion(
        uint32 task,
        uint32 round,
        address poster,
        Receipt calldata receipt,
        uint16 position,
        Leaf[] calldata near
    ) external {
        _requireRollsClosed(_current(task, round));
        uint16 index = _s().enrolments[task][receipt.participant].index;
        bytes32 digest = hashInclusion(task, round, receipt.participant, receipt.commitment);
        bool broken = poster.signed(digest, receipt.signature) && _markOf(task, round, index) == Mark.None;
        Poster storage p = _s().posters[task][poster];
        if (p.round == round) broken = broken && _isMissing(task, p, index, receipt, position, near);
        else broken = broken && _s().rounds[task].rolls & COUNT < MOST_ROLLS; // or others had taken every place
        if (!broken) revert NoFault(task, round, poster);
        _convict(task, round, poster, false, "broken receipt");
    }

    function strikePoster(uint32 task, uint32 round, address poster, address accuser, bytes32 evidence)
        external
    {
        if (msg.sender != _s().disputes) revert OnlyDisputes(msg.sender);
        Clock memory c = _advance(task);
        if (c.round == round) _voidRoll(task, c, poster, _s().posters[task][poster]);
        _slashPoster(task, round, poster, accuser, evidence, "withheld leaf");
    }

    function hashInclusion(uint32 task, uint32 round, address participant, bytes32 commitment)
        public
        view
        returns (bytes32)
    {
        return _typed(keccak256(abi.encode(INCLUSION_TYPEHASH, task, round, participant, commitment)));
    }

    // --- internal

    /// @dev This transaction is the evidence; it must have taken a bond, or voided what the bond was for.
    function _convict(uint32 task, uint32 round, address poster, bool void_, string memory reason) internal {
        bool taken = _slashPoster(task, round, poster, msg.sender, keccak256(msg.data), reason);
        if (!taken && !void_) revert NoBond(task, poster);
    }

    function _openedRoll(uint32 task, uint32 round, address poster) internal view returns (Poster storage p) {
        p = _rollOf(task, round, poster);
        if (p.state != RollState.Opened) revert NoRoll(task, round, poster);
    }

    /// @dev No roll can come any more.
    function _requireRollsClosed(Clock memory c) internal view {
        if (c.phase != Phase.Commit) return;
        uint256 last = uint256(c.opensAt) + (c.deadline - c.opensAt) / 2;
        if (c.nowS <= last) revert TooEarly(c.pause.firstSecond(last + 1), block.timestamp);
    }

    /// @dev That the commit is not in the poster's roll: its place is another commit's, or nobody's. One under a
    /// signature that the participant did not give could never stand, and is another.
    function _isMissing(
        uint32 task,
        Poster storage p,
        uint16 index,
        Receipt calldata receipt,
        uint256 position,
        Leaf[] calldata near
    ) internal view returns (bool) {
        if (near.length == 0 || near.length > 2) return false;
        for (uint256 i; i < near.length; ++i) {
            _requireIn(p.commits, p.leaves, position + i, near[i]);
            if (near[i].content.length != RollLeaves.COMMIT_BYTES) return false; // see refuteOrder
        }
        bytes calldata first = near[0].content;
        if (near.length == 2) return first.index() < index && index < near[1].content.index();
        if (first.index() == index) {
            bool same = first.participant() == receipt.participant && first.commitment() == receipt.commitment;
            return !same || !_signedLeaf(task, p.round, first);
        }
        return (position == 0 && index < first.index()) || (position + 1 == p.leaves && first.index() < index);
    }
}
