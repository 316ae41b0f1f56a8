// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Actions} from "./Actions.sol";
import {IRelays} from "../src/interfaces/IRelays.sol";

/// What relayers do at any time, always with one bad entry among the good.
abstract contract RelayedActions is Actions {
    /// Somebody brings all commits but one, of which one is signed by somebody else.
    function relayCommits(uint256 without) external watched {
        IRelays.SignedCommit[] memory batch = _commits(ACTORS);
        batch[without % ACTORS] = _sign(_key(ACTORS), batch[without % ACTORS]);
        bool[] memory had = _committed();
        try coordinator.commitMany(task, round, batch) {} catch {}
        bool[] memory has = _committed();
        for (uint256 i; i < ACTORS; ++i) {
            if (has[i] && !had[i]) _noteCommit(_silo(i));
        }
    }

    function _committed() internal view returns (bool[] memory there) {
        there = new bool[](ACTORS);
        for (uint16 i; i < ACTORS; ++i) {
            there[i] = coordinator.hasCommitted(task, round, i);
        }
    }

    function relayOpenings(uint256 without) external watched {
        IRelays.RelayedOpening[] memory batch = _openings(ACTORS);
        batch[without % ACTORS].opening.salt = 0;
        try coordinator.revealMany(task, round, batch) {} catch {}
    }
}
