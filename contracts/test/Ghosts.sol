// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Leaves} from "./Leaves.sol";
import {vm} from "./RoundBase.sol";

/// What the campaign remembers beside the contracts: each flag is a rule that somebody broke.
abstract contract Ghosts is Leaves {
    uint256 internal constant ACTORS = 6;
    uint256 internal constant ALL = ACTORS + 4; // with aggregator, standby and two posters

    bool public blocked; // stake, an opening, a claim or a withdrawal of consent that was due was refused
    bool public usedWithdrawn; // a commit under a grant that had been withdrawn
    bool public committedInPause;
    bool public overslashed; // somebody lost more than it had locked
    bool public robbed; // somebody without a commit of its own on chain lost its bond to silence
    bool public retractedWrongly; // a commit under a grant that stood was taken out, or one taken out was still owed
    uint256 public withdrawals; // of consent
    uint256 public retractions;
    uint256 public rollVoids;
    uint256 public landed; // in this round
    mapping(address => uint256) public received; // by claims
    mapping(address => bool) private withdrawn;
    uint256 private nonce = 5000;

    /// Around whatever may slash: nobody loses more than was locked before.
    modifier bounded() {
        (uint256[] memory funds, uint256[] memory locks) = _funds();
        _;
        (uint256[] memory left,) = _funds();
        for (uint256 i; i < funds.length; ++i) {
            if (left[i] + locks[i] < funds[i]) overslashed = true;
        }
    }

    function _actor(uint256 i) internal view returns (address) {
        if (i < ACTORS) return _silo(i);
        if (i < ACTORS + 2) return i == ACTORS ? aggregator : standby;
        return i == ACTORS + 2 ? poster : other;
    }

    function _funds() internal view returns (uint256[] memory funds, uint256[] memory locks) {
        (funds, locks) = (new uint256[](ALL), new uint256[](ALL));
        for (uint256 i; i < ALL; ++i) {
            funds[i] =
                uint256(registry.participant(_actor(i)).stake) + registry.participant(_actor(i)).unbonding;
            locks[i] = registry.participant(_actor(i)).locked;
        }
    }

    function _noteCommit(address silo) internal {
        if (withdrawn[silo]) usedWithdrawn = true;
        if (coordinator.pausedUntil() != 0) committedInPause = true;
    }

    function _noteLift(address silo) internal {
        if (withdrawn[silo]) usedWithdrawn = true;
    }

    function _noteRetracted(address silo) internal {
        ++retractions;
        bool out = !coordinator.owesOpening(task, round, coordinator.enrolmentOf(task, silo).index);
        if (!withdrawn[silo] || !out || coordinator.enrolmentOf(task, silo).enrolled) retractedWrongly = true;
    }

    function _slashed() internal view returns (uint256) {
        return treasury.slashed(stakeToken) + registry.forfeited() + registry.held();
    }

    /// Four void rolls may each open Commit again.
    function _longest() internal pure returns (uint256) {
        uint256 again = 4 * (COMMIT / 2 + GAP + REVEAL);
        return COMMIT + GAP + REVEAL + again + GRACE + 2 * (AGGREGATE + 4 * CHALLENGE) + CHALLENGE;
    }

    /// Whether this opening must be taken now, pause or not.
    function _mayReveal(address silo) internal view returns (bool) {
        RoundState memory r = coordinator.roundOf(task);
        bool open_ = r.phase == Phase.Reveal && r.round == round && block.timestamp >= r.opensAt;
        return open_ && coordinator.owesOpening(task, round, coordinator.enrolmentOf(task, silo).index);
    }

    function _withdrawConsent(address silo) internal {
        if (withdrawn[silo]) return;
        vm.prank(holder);
        try consent.withdraw(grants[silo]) {
            withdrawn[silo] = true;
            ++withdrawals;
        } catch {
            blocked = true;
        }
    }

    /// Between rounds: an opening names the grant of its commit.
    function _renewConsent(address silo) internal {
        if (!withdrawn[silo] || coordinator.roundOf(task).phase < Phase.Settled) return;
        grants[silo] = _bringGrant(_grantFor(silo, ++nonce));
        withdrawn[silo] = false;
    }
}
