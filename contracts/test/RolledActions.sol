// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRolls} from "../src/interfaces/IRolls.sol";
import {RelayedActions} from "./RelayedActions.sol";
import {bound, vm} from "./RoundBase.sol";
import {Trees} from "./Trees.sol";

/// What two posters do at any time, honest or not, and what others do about their rolls.
abstract contract RolledActions is RelayedActions {
    uint256 public rolledRounds;
    uint256 public lifts;
    uint256 public landings;
    bool public cutShort; // Reveal ended before its deadline, and a roll stood
    uint40 private revealsUntil; // while a roll stands in Reveal
    mapping(address => bytes[]) private commitsOf;
    mapping(address => bytes[]) private openingsOf;

    function setUp() public virtual override {
        super.setUp();
        for (uint256 i; i < 2; ++i) {
            _register(_poster(i));
            _deposit(_poster(i), DUTY_BOND);
            minted += DUTY_BOND;
        }
    }

    function enlist(uint256 i) external watched {
        this.refill(_poster(i));
        vm.prank(_poster(i));
        try coordinator.enlistPoster(task) {} catch {}
    }

    /// Who lost its stake comes again with another.
    function refill(address who) external watched {
        if (registry.participant(who).stake >= DUTY_BOND || coordinator.pausedUntil() != 0) return;
        _deposit(who, DUTY_BOND);
        minted += DUTY_BOND;
    }

    /// Some of the silos' commits; a wrong signature, or two out of order, now and then.
    function rollCommits(uint256 i, uint256 who, uint256 spoilt) external watched {
        address by = _poster(i);
        (bytes[] memory c, bytes[] memory o) = _chosen(1 + who % 63);
        if (spoilt % 11 == 0) c[0][100] ^= 0x01;
        if (spoilt % 7 == 0 && c.length > 1) (c[0], c[1], o[0], o[1]) = (c[1], c[0], o[1], o[0]);
        bytes32 root = Trees.root(c);
        vm.prank(by);
        try coordinator.postCommits(task, round, root, uint16(c.length), COMMITS) {
            (commitsOf[by], openingsOf[by]) = (c, o);
        } catch {}
    }

    /// Openings of the roll, but for some; one too many is claimed now and then, or one is spoilt.
    function rollOpenings(uint256 i, uint256 closed, uint256 spoilt) external watched {
        address by = _poster(i);
        bytes[] memory o = openingsOf[by];
        if (o.length == 0) return;
        uint16 count = uint16(o.length);
        for (uint256 k; k < o.length; ++k) {
            if ((closed >> k) & 1 == 0 || count == 1) continue;
            o[k] = "";
            --count;
        }
        if (spoilt % 5 == 0 && o[0].length != 0) o[0][60] ^= 0x01;
        if (spoilt % 3 == 0 && count < o.length) ++count;
        bytes32 root = Trees.root(o);
        vm.prank(by);
        try coordinator.postOpenings(task, round, root, count, OPENINGS) {
            openingsOf[by] = o;
            ++rolledRounds;
        } catch {}
    }

    function lift(uint256 i, uint256 position, bool bySilo) external watched {
        address of_ = _poster(i);
        (bytes[] memory c, bytes[] memory o) = (commitsOf[of_], openingsOf[of_]);
        if (c.length == 0) return;
        position %= c.length;
        address silo = _ownerOf(c[position]);
        bool opened = coordinator.posterOf(task, of_).state == IRolls.RollState.Opened;
        bytes32[] memory gap = opened ? Trees.path(o, position) : new bytes32[](0);
        IRolls.Leaf memory leaf = _leafAt(c, position);
        vm.prank(bySilo ? silo : stranger);
        try coordinator.lift(task, round, of_, uint16(position), leaf, gap) {
            _noteLift(silo);
            ++lifts;
        } catch {}
    }

    function land(uint256 i, uint256 position) external watched {
        address of_ = _poster(i);
        if (commitsOf[of_].length == 0) return;
        position %= commitsOf[of_].length;
        IRolls.Leaf memory commit = _leafAt(commitsOf[of_], position);
        IRolls.Leaf memory opening = _leafAt(openingsOf[of_], position);
        try coordinator.land(task, round, of_, uint16(position), commit, opening) {
            ++landed;
            ++landings;
        } catch {}
    }

    /// A stranger accuses the poster of whatever may be; what is true costs one bond, what is not, nothing.
    function refute(uint256 i, uint256 position, uint256 how) external watched bounded {
        address who = _poster(i);
        if (commitsOf[who].length == 0) return;
        coordinator.tick(task); // a vanished aggregator's bond is another matter
        uint256 before = _taken();
        bool bonded = coordinator.posterOf(task, who).bonded;
        bool ok = how % 3 == 0 ? _refuteOpening(who, position) : _refuteOrder(who, position, how);
        if (_taken() - before != (ok && bonded ? DUTY_BOND : 0)) unjust = true; // without a bond, a void roll at most
        if (ok) ++rollVoids;
    }

    function withdrawPoster(uint256 i) external watched {
        vm.prank(_poster(i));
        try coordinator.resignPoster(task) {} catch {}
        try coordinator.releasePoster(task, _poster(i)) {} catch {}
    }

    /// What leads a round with rolls on, each call one thing.
    function playRolls(uint256 seed) external watched {
        RoundState memory r = coordinator.roundOf(task);
        bool late = block.timestamp > (uint256(r.opensAt) + r.deadline) / 2;
        if (!late) {
            this.rollOpenings(seed, seed / 5, seed % 7);
            this.rollOpenings(seed ^ 1, seed / 3, seed % 9);
            if (seed % 2 == 0) this.refute(seed, seed / 11, seed / 2);
            for (uint256 i; i < ACTORS; ++i) {
                this.reveal(i);
            }
            if (_phase() == Phase.Reveal) vm.warp((uint256(r.opensAt) + r.deadline) / 2 + 1);
            return;
        }
        for (uint256 i; i < 2 * ACTORS; ++i) {
            this.lift(i, i / 2, false);
        }
        if (seed % 2 == 0) this.revealMost();
        if (_phase() == Phase.Reveal) vm.warp(uint256(r.deadline) + 1);
        for (uint256 i; i < 2 * ACTORS; ++i) {
            this.land(i, i / 2);
        }
    }

    // --- internal

    function _watch() internal override {
        super._watch();
        RoundState memory r = coordinator.roundOf(task);
        if (r.phase > Phase.Reveal && block.timestamp <= revealsUntil) cutShort = true;
        bool stands = r.phase == Phase.Reveal && coordinator.rolledOf(task).leaves != 0;
        revealsUntil = stands ? r.deadline : 0;
    }

    function _poster(uint256 i) internal view returns (address) {
        return i % 2 == 0 ? poster : other;
    }

    function _taken() internal view returns (uint256) {
        return _slashed() + registry.bountyOf(stranger);
    }

    /// The leaves of the silos whose bits are set.
    function _chosen(uint256 bits) private view returns (bytes[] memory c, bytes[] memory o) {
        (c, o) = (new bytes[](ACTORS), new bytes[](ACTORS));
        uint256 count;
        for (uint256 i; i < ACTORS; ++i) {
            if ((bits >> i) & 1 == 0) continue;
            (c[count], o[count]) = (_commitLeaf(i), _openingLeaf(i));
            ++count;
        }
        assembly {
            mstore(c, count)
            mstore(o, count)
        }
    }

    function _ownerOf(bytes memory leaf) private pure returns (address owner) {
        assembly {
            owner := shr(96, mload(add(leaf, 34)))
        }
    }

    function _refuteOpening(address who, uint256 position) private returns (bool) {
        position %= commitsOf[who].length;
        IRolls.Leaf memory commit = _leafAt(commitsOf[who], position);
        IRolls.Leaf memory opening = _leafAt(openingsOf[who], position);
        vm.prank(stranger);
        try coordinator.refuteOpening(task, round, who, uint16(position), commit, opening) {
            return true;
        } catch {
            return false;
        }
    }

    /// Or, one time in three, what Disputes does when a leaf was withheld.
    function _refuteOrder(address who, uint256 position, uint256 how) private returns (bool) {
        position %= commitsOf[who].length;
        IRolls.Leaf memory first = _leafAt(commitsOf[who], position);
        IRolls.Leaf memory second = _leafAt(commitsOf[who], bound(position + 1, 0, commitsOf[who].length - 1));
        vm.prank(how % 3 == 1 ? stranger : address(disputes));
        if (how % 3 == 1) {
            try coordinator.refuteOrder(task, round, who, uint16(position), first, second) {
                return true;
            } catch {
                return false;
            }
        }
        try coordinator.strikePoster(task, round, who, stranger, keccak256("evidence")) {
            return true;
        } catch {
            return false;
        }
    }
}
