// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {RelayBase} from "./RelayBase.sol";
import {vm} from "./RoundBase.sol";

/// What the campaign remembers beside the contracts: each flag is a rule that somebody broke.
abstract contract Ghosts is RelayBase {
    uint256 internal constant ACTORS = 6;

    bool public blocked; // stake, an opening, a claim or a withdrawal of consent that was due was refused
    bool public usedWithdrawn; // a commit under a grant that had been withdrawn
    bool public committedInPause;
    bool public overslashed; // somebody lost more than it had locked
    uint256 public withdrawals; // of consent
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
        return i < ACTORS ? _silo(i) : i == ACTORS ? aggregator : standby;
    }

    function _funds() internal view returns (uint256[] memory funds, uint256[] memory locks) {
        (funds, locks) = (new uint256[](ACTORS + 2), new uint256[](ACTORS + 2));
        for (uint256 i; i < ACTORS + 2; ++i) {
            funds[i] = uint256(registry.participant(_actor(i)).stake) + registry.participant(_actor(i)).unbonding;
            locks[i] = registry.participant(_actor(i)).locked;
        }
    }

    function _noteCommit(address silo) internal {
        if (withdrawn[silo]) usedWithdrawn = true;
        if (coordinator.pausedUntil() != 0) committedInPause = true;
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

    function _renewConsent(address silo) internal {
        if (!withdrawn[silo]) return;
        grants[silo] = _bringGrant(_grantFor(silo, ++nonce));
        withdrawn[silo] = false;
    }
}
