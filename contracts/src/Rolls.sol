// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Clock} from "./Clocks.sol";
import {Mark, Marks} from "./Marks.sol";
import {MerklePath} from "./MerklePath.sol";
import {Posters} from "./Posters.sol";
import {RelaySignatures} from "./RelaySignatures.sol";
import {RollLeaves} from "./RollLeaves.sol";

/// @title Roots of commits and of openings, and single leaves of them brought on chain.
abstract contract Rolls is Posters, RelaySignatures {
    using MerklePath for bytes;
    using MerklePath for bytes32;
    using RollLeaves for bytes;
    using Marks for mapping(uint256 => uint256);

    bytes32 private constant EMPTY_LEAF = sha256(hex"00");

    function postCommits(uint32 task, uint32 round, bytes32 root, uint16 leaves, string calldata uri)
        external
    {
        Clock memory c = _require(task, round, Phase.Commit);
        _requireRunning(c.pause);
        _requireShort(uri);
        _requireFirstHalf(c);
        (address account, Poster storage p) = _sendingPoster(task);
        if (!p.bonded || p.untilRound < round) revert NotAPoster(task, account);
        if (p.round == round) revert AlreadyPosted(task, round, account);
        if (root == 0 || leaves == 0 || leaves > c.cohort) revert BadRoll(leaves, c.cohort);
        Round storage r = _s().rounds[task];
        if (r.rolls & COUNT >= MOST_ROLLS || r.rolls & CLOSED != 0) revert NoRoomForRolls(task, round, MOST_ROLLS);

        (p.round, p.leaves, p.opened, p.lifted, p.moved) = (round, leaves, 0, 0, 0);
        p.state = RollState.Committed;
        p.commits = root;
        (r.rolls, r.leaves) = (r.rolls + 1, r.leaves + leaves);
        c.committed += leaves;
        _save(task, c);
        emit CommitsPosted(task, round, account, root, leaves, uri);
    }

    function postOpenings(uint32 task, uint32 round, bytes32 root, uint16 opened, string calldata uri)
        external
    {
        Clock memory c = _require(task, round, Phase.Reveal);
        if (c.nowS < c.opensAt) revert TooEarly(c.pause.firstSecond(c.opensAt), block.timestamp);
        _requireShort(uri);
        _requireFirstHalf(c);
        (address account,) = _sendingPoster(task);
        Poster storage p = _rollOf(task, round, account);
        if (!p.bonded) revert NotAPoster(task, account);
        if (p.state == RollState.Opened) revert AlreadyPosted(task, round, account);
        Round storage r = _s().rounds[task];
        if (root == 0 || opened == 0 || opened > p.leaves) revert BadRoll(opened, p.leaves);

        (p.opened, p.state, p.consentAt) = (opened, RollState.Opened, _consentAt(c));
        p.openings = root;
        r.opened += opened;
        c.revealed += opened;
        _save(task, c);
        emit OpeningsPosted(task, round, account, root, opened, uri);
    }

    function lift(
        uint32 task,
        uint32 round,
        address poster,
        uint16 position,
        Leaf calldata commit,
        bytes32[] calldata gap
    ) external {
        Clock memory c = _require(task, round, Phase.Reveal);
        Poster storage p = _rollOf(task, round, poster);
        _requireCommit(task, p, position, commit);
        bytes calldata leaf = commit.content;
        _requireRollsOver(c, p);
        _requireGood(task, c, leaf, _consentAt(c));
        _requireLive(task, round, leaf, block.timestamp);
        _requireUnmarked(task, round, leaf);
        if (_isGap(p, position, gap)) {
            if (uint256(p.opened) + p.lifted >= p.leaves) revert Overclaimed(task, round, p.leaves);
        } else if (_actor(task) != leaf.participant()) {
            revert OpenedInRoll(task, round, leaf.participant());
        } else if (p.opened != 0) {
            (--p.opened, ++p.moved);
            --_s().rounds[task].opened;
            --c.revealed;
            _save(task, c);
        }
        ++p.lifted;
        ++_s().rounds[task].lifted;
        _put(task, round, leaf, Mark.Committed);
        _tellLifted(task, c, leaf);
    }

    function land(
        uint32 task,
        uint32 round,
        address poster,
        uint16 position,
        Leaf calldata commit,
        Leaf calldata opening
    ) external {
        Clock memory c = _current(task, round);
        if (c.phase <= Phase.Reveal) revert WrongPhase(task, round, Phase.Aggregate, c.phase);
        Poster storage p = _rollOf(task, round, poster);
        _requireRecord(task, c, p, position, commit, opening);
        _requireUnmarked(task, round, commit.content);
        _s().landed[task].set(round, commit.content.index(), Mark.Revealed);
        _put(task, round, commit.content, Mark.Revealed);
        emit Landed(task, round, commit.content.participant(), commit.content.index());
    }

    function rolledRecord(
        uint32 task,
        uint32 round,
        address poster,
        uint16 position,
        Leaf calldata commit,
        Leaf calldata opening
    ) external view returns (address participant, bytes32 payloadRoot, uint32 weight) {
        Clock memory c = _load(task);
        if (c.round != round) revert WrongRound(task, round, c.round);
        _requireRecord(task, c, _rollOf(task, round, poster), position, commit, opening);
        Opening memory o = opening.content.opening();
        return (commit.content.participant(), o.payloadRoot, o.weight);
    }

    function isLanded(uint32 task, uint32 round, uint16 index) external view returns (bool) {
        return _s().landed[task].get(round, index) == Mark.Revealed;
    }

    // --- internal

    function _requireFirstHalf(Clock memory c) internal view {
        uint256 last = uint256(c.opensAt) + (c.deadline - c.opensAt) / 2;
        if (c.nowS > last) revert TooLateToPost(c.pause.lastSecond(last), block.timestamp);
    }

    /// @dev The roll's openings are posted, or cannot come any more: a poster about to open is not crossed.
    function _requireRollsOver(Clock memory c, Poster storage p) internal view {
        uint256 last = uint256(c.opensAt) + (c.deadline - c.opensAt) / 2;
        if (c.nowS > last || p.state == RollState.Opened || !p.bonded) return;
        revert TooEarly(c.pause.firstSecond(last + 1), block.timestamp);
    }

    /// @dev In Reveal: the second before it opened. Nobody can change any more what was granted then.
    function _consentAt(Clock memory c) internal pure returns (uint40) {
        return c.pause.firstSecond(c.opensAt) - 1;
    }

    /// @dev A commit and its opening at the same place of a roll, of which nothing is wrong.
    function _requireRecord(
        uint32 task,
        Clock memory c,
        Poster storage p,
        uint256 position,
        Leaf calldata commit,
        Leaf calldata opening
    ) internal view {
        if (p.state != RollState.Opened) revert NotOpened(task, c.round);
        _requireCommit(task, p, position, commit);
        _requireIn(p.openings, p.leaves, position, opening);
        _requireGood(task, c, commit.content, p.consentAt);
        if (!_opens(task, c, commit.content, opening.content)) {
            revert BadOpening(task, c.round, commit.content.index());
        }
    }

    /// @dev That a commit's leaf could stand, by what nobody can change afterwards: who is behind it, its signature,
    /// and that the grant was live before Reveal. Not the bond: that may be gone for another offence.
    function _requireGood(uint32 task, Clock memory c, bytes calldata leaf, uint256 at) internal view {
        (uint16 index, address participant) = (leaf.index(), leaf.participant());
        Enrolment storage e = _s().enrolments[task][participant];
        bool known = _inCohort(e, c.round) && e.index == index;
        bool whole = leaf.commitment() != 0 && leaf.evidenceHash() != 0;
        if (!known || !whole || !_signedLeaf(task, c.round, leaf)) revert BadLeaf(task, c.round, index);
        _requireLive(task, c.round, leaf, at);
    }

    function _requireLive(uint32 task, uint32 round, bytes calldata leaf, uint256 at) internal view {
        uint64 purposes = _s().tasks[task].params.purposes;
        bool live = _s().consent.liveAt(leaf.grantId(), leaf.participant(), purposes, at);
        if (!live) revert BadLeaf(task, round, leaf.index());
    }

    function _requireUnmarked(uint32 task, uint32 round, bytes calldata leaf) internal view {
        bool marked = _markOf(task, round, leaf.index()) != Mark.None;
        if (marked) revert AlreadyCommitted(task, round, leaf.participant());
    }

    function _signedLeaf(uint32 task, uint32 round, bytes calldata leaf) internal view returns (bool) {
        bytes32 structHash = keccak256(
            abi.encode(
                COMMIT_TYPEHASH,
                task,
                round,
                leaf.participant(),
                leaf.commitment(),
                leaf.grantId(),
                leaf.evidenceHash()
            )
        );
        (bytes32 r, bytes32 vs) = leaf.signature(118);
        return _isBy(leaf.participant(), _typed(structHash), r, vs);
    }

    /// @dev Whether an opening's leaf opens this commit, and says where under the participant's own signature.
    function _opens(uint32 task, Clock memory c, bytes calldata commit, bytes calldata leaf)
        internal
        view
        returns (bool)
    {
        if (!leaf.isOpening() || leaf.index() != commit.index()) return false;
        address participant = commit.participant();
        Opening memory o = leaf.opening();
        if (leaf.participant() != participant || o.weight == 0 || o.weight > c.maxWeight) return false;
        if (leaf.uri().length > MAX_URI_BYTES) return false;
        if (o.groundsHash != _grounds(commit.grantId(), commit.evidenceHash())) return false;
        if (_digestOf(task, c.round, participant, o) != commit.commitment()) return false;
        (bytes32 r, bytes32 vs) = leaf.signature(186);
        return _isBy(participant, _location(_domain(), task, c.round, participant, leaf.uri()), r, vs);
    }

    /// @dev `_digest` of an opening in memory.
    function _digestOf(uint32 task, uint32 round, address participant, Opening memory o)
        internal
        view
        returns (bytes32)
    {
        bytes32 base = _s().rounds[task].baseVersion;
        bytes memory head =
            abi.encode(COMMITMENT_TYPEHASH, block.chainid, address(this), task, round, base, participant);
        return keccak256(bytes.concat(head, abi.encode(o)));
    }

    function _tellLifted(uint32 task, Clock memory c, bytes calldata leaf) internal {
        (uint16 index, address participant) = (leaf.index(), leaf.participant());
        emit UpdateCommitted(
            task, c.round, participant, index, leaf.commitment(), leaf.grantId(), leaf.evidenceHash()
        );
        emit Lifted(task, c.round, participant, index, c.pause.lastSecond(_openUntil(task)));
    }

    function _put(uint32 task, uint32 round, bytes calldata leaf, Mark mark) internal {
        bytes32 groundsHash = _grounds(leaf.grantId(), leaf.evidenceHash());
        _s().records[task][leaf.index()] = _record(leaf.participant(), leaf.commitment(), groundsHash);
        _setMark(task, round, leaf.index(), mark);
    }

    function _requireCommit(uint32 task, Poster storage p, uint256 position, Leaf calldata commit)
        internal
        view
    {
        _requireIn(p.commits, p.leaves, position, commit);
        if (commit.content.length != RollLeaves.COMMIT_BYTES) {
            revert BadLeaf(task, p.round, type(uint16).max);
        }
    }

    function _requireIn(bytes32 root, uint256 leaves, uint256 position, Leaf calldata leaf) internal view {
        _requireRoot(root, leaf.content.leaf().rootOf(position, leaves, leaf.path));
    }

    function _requireGap(Poster storage p, uint256 position, bytes32[] calldata path) internal view {
        _requireRoot(p.openings, EMPTY_LEAF.rootOf(position, p.leaves, path));
    }

    /// @dev Whether the roll leaves its commit at this place unopened, as far as the path shows. No path, of several
    /// leaves, shows nothing.
    function _isGap(Poster storage p, uint256 position, bytes32[] calldata path) internal view returns (bool) {
        if (p.state == RollState.Committed) return true;
        if (path.length == 0 && p.leaves > 1) return false;
        return EMPTY_LEAF.rootOf(position, p.leaves, path) == p.openings;
    }

    function _requireRoot(bytes32 expected, bytes32 actual) internal pure {
        if (expected != actual) revert NotInRoll(expected, actual);
    }
}
