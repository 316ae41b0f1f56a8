// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRolls} from "./interfaces/IRolls.sol";
import {CoordinatorBase} from "./CoordinatorBase.sol";
import {Clock} from "./Clocks.sol";
import {Phases} from "./Phases.sol";

/// @title Who may post rolls, and what a proven fault of theirs does.
abstract contract Posters is CoordinatorBase, IRolls {
    using Phases for Clock;

    uint32 internal constant FOR_GOOD = type(uint32).max;
    // Flags beside the number of a round's rolls.
    uint8 internal constant CLOSED = 0x40; // Commit was opened again, for direct commits
    uint8 internal constant BARED = 0x80; // openings that are void now were public
    uint8 internal constant COUNT = 0x3f;

    function enlistPoster(uint32 task) external {
        TaskParams storage params = _taskOf(task).params;
        _requireRunning(_s().pause);
        if (params.modes & ROLLED == 0) revert NotRolled(task);
        address account = _s().registry.masterOf(msg.sender);
        Poster storage p = _s().posters[task][account];
        if (p.bonded) revert AlreadyBonded(task, account);
        (p.bonded, p.untilRound) = (true, FOR_GOOD);
        emit PosterEnlisted(task, account, params.aggregatorBond);
        _s().registry.lock(account, params.aggregatorBond);
    }

    function resignPoster(uint32 task) external {
        Clock memory c = _advance(task);
        (address account, Poster storage p) = _sendingPoster(task);
        if (!p.bonded || p.untilRound != FOR_GOOD) revert NotAPoster(task, account);
        p.untilRound = c.round;
        emit PosterResigned(task, account, c.round);
    }

    function releasePoster(uint32 task, address account) external {
        Clock memory c = _advance(task);
        TaskParams storage params = _taskOf(task).params;
        Poster storage p = _s().posters[task][account];
        if (!p.bonded) revert NotAPoster(task, account);
        bool past = p.untilRound < c.round || (p.untilRound != FOR_GOOD && c.idle());
        uint256 answered = (c.idle() ? uint256(c.deadline) : c.opensAt) + 2 * uint256(params.challengeWindow);
        bool over = past && (uint256(p.untilRound) + 1 < c.round || c.nowS > answered);
        if (!over) revert BondHeld(task, account, c.round);
        p.bonded = false;
        emit PosterReleased(task, account, params.aggregatorBond);
        _s().registry.unlock(account, params.aggregatorBond);
    }

    function posterOf(uint32 task, address account) external view returns (Poster memory) {
        return _s().posters[task][account];
    }

    function rolledOf(uint32 task) external view returns (Rolled memory) {
        Round storage r = _s().rounds[task];
        return Rolled(r.rolls & COUNT, r.leaves, r.opened, r.lifted);
    }

    // --- internal

    function _sendingPoster(uint32 task) internal view returns (address account, Poster storage p) {
        account = _s().registry.masterOf(msg.sender);
        p = _s().posters[task][account];
    }

    /// @dev The poster's roll of this round, standing.
    function _rollOf(uint32 task, uint32 round, address account) internal view returns (Poster storage p) {
        p = _s().posters[task][account];
        bool stands = p.round == round && (p.state == RollState.Committed || p.state == RollState.Opened);
        if (!stands) revert NoRoll(task, round, account);
    }

    /// @dev Takes a poster's bond, if it is still there, and half of it goes to the accuser.
    function _slashPoster(
        uint32 task,
        uint32 round,
        address account,
        address accuser,
        bytes32 evidence,
        string memory reason
    ) internal returns (bool) {
        Poster storage p = _s().posters[task][account];
        if (!p.bonded) return false;
        (p.bonded, p.untilRound) = (false, round);
        uint256 bond = _s().tasks[task].params.aggregatorBond;
        (uint256 taken, uint256 bounty) = _s().registry.slashFor(account, bond, evidence, accuser);
        emit PosterSlashed(task, round, account, taken, bounty, reason);
        return true;
    }

    /// @dev A roll without its openings. Later than Reveal they stay, since a proposal rests on them: what is wrong
    /// with one of them cannot land.
    function _voidOpenings(uint32 task, Clock memory c, address account, Poster storage p)
        internal
        returns (bool)
    {
        if (c.phase != Phase.Reveal || p.state != RollState.Opened) return false;
        Round storage r = _s().rounds[task];
        r.opened -= p.opened;
        r.rolls |= BARED;
        c.revealed -= p.opened;
        (p.opened, p.moved, p.state) = (0, 0, RollState.Committed);
        _save(task, c);
        emit RollVoided(task, c.round, account, true);
        return true;
    }

    /// @dev A whole roll, until Reveal is over, but for who was lifted out of it: those count like any direct commit.
    /// While nobody's opening was public, those in it may commit again.
    function _voidRoll(uint32 task, Clock memory c, address account, Poster storage p) internal returns (bool) {
        if (c.phase > Phase.Reveal || p.round != c.round || p.state == RollState.Void) return false;
        Round storage r = _s().rounds[task];
        bool again = c.phase == Phase.Reveal && c.revealed == 0 && c.late == 0 && r.rolls & BARED == 0;
        if (p.state == RollState.Opened) {
            r.opened -= p.opened;
            c.revealed -= p.opened;
        }
        uint16 gone = p.leaves - p.lifted;
        r.leaves -= gone;
        c.committed -= gone;
        p.state = RollState.Void;
        emit RollVoided(task, c.round, account, false);
        uint40 least = c.nowS + _s().tasks[task].params.commitWindow / 2;
        if (again) {
            (c.phase, c.opensAt, c.deadline) = (Phase.Commit, c.nowS, least);
            r.revealDeadline = 0;
            r.rolls |= CLOSED;
        } else if (c.phase == Phase.Commit && c.deadline < least) {
            c.deadline = least;
        }
        _turn(task, c);
        return true;
    }
}
