// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRoundTypes} from "./interfaces/IRoundTypes.sol";
import {Pause} from "./Pauses.sol";

/// Everything about a running round that changes with each call. Stored as one word, 253 bits of it used;
/// the last two fields are not stored: they say when it was read. All its times are running time (Pauses).
struct Clock {
    uint32 round;
    IRoundTypes.Phase phase;
    IRoundTypes.Status status;
    uint40 opensAt;
    uint40 deadline;
    uint16 cohort;
    uint16 committed;
    uint16 revealed;
    uint16 late;
    uint16 slashed;
    uint32 maxWeight;
    uint8 overturned;
    IRoundTypes.Verdict verdict;
    bool extended; // VoteReveal has been given its second window
    uint40 nowS;
    Pause pause;
}

/// @title A clock as one storage word.
/// @notice Done by hand because the compiler reads and writes such a struct field by field, which would
/// cost each commit and reveal about 2,000 gas. From the lowest bit: the fields in their order.
library Clocks {
    function pack(Clock memory c) internal pure returns (uint256) {
        return uint256(c.round) | (uint256(c.phase) << 32) | (uint256(c.status) << 40)
            | (uint256(c.opensAt) << 48) | (uint256(c.deadline) << 88) | (uint256(c.cohort) << 128)
            | (uint256(c.committed) << 144) | (uint256(c.revealed) << 160) | (uint256(c.late) << 176)
            | (uint256(c.slashed) << 192) | (uint256(c.maxWeight) << 208)
            | (uint256(c.overturned) << 240) | (uint256(c.verdict) << 248)
            | (c.extended ? uint256(1) << 252 : 0);
    }

    /// @param pause Says what time it is.
    function unpack(uint256 word, Pause pause) internal view returns (Clock memory c) {
        c.round = uint32(word);
        c.phase = IRoundTypes.Phase(uint8(word >> 32));
        c.status = IRoundTypes.Status(uint8(word >> 40));
        c.opensAt = uint40(word >> 48);
        c.deadline = uint40(word >> 88);
        c.cohort = uint16(word >> 128);
        c.committed = uint16(word >> 144);
        c.revealed = uint16(word >> 160);
        c.late = uint16(word >> 176);
        c.slashed = uint16(word >> 192);
        c.maxWeight = uint32(word >> 208);
        c.overturned = uint8(word >> 240);
        c.verdict = IRoundTypes.Verdict(uint8(word >> 248) & 15);
        c.extended = (word >> 252) & 1 == 1;
        c.nowS = pause.runningTime();
        c.pause = pause;
    }
}
