// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CoordinatorBase} from "./CoordinatorBase.sol";

/// @title The versions that updates may be made over.
/// @notice Buffered asynchronous rounds (FedBuff: Nguyen et al., AISTATS 2022, https://arxiv.org/abs/2106.06639): a round
/// takes the first `buffer` commits, and an update may come over a version up to `maxStaleness` before the round's base.
/// A commitment holds its base, so which one it was shows when it opens, and nobody can change it afterwards.
abstract contract Bases is CoordinatorBase {
    /// @dev Keeps the version that a round begins from, where a later round may need it: a new word a round.
    function _keepBase(uint32 task, bytes32 base, uint32 number) internal {
        if (_s().tasks[task].params.maxStaleness != 0) _s().bases[task][number] = base;
    }

    /// @dev Whether the record was made of this opening, and how many versions before the round's its base lies.
    function _behind(uint32 task, uint32 round, address participant, Opening calldata o, bytes32 record)
        internal
        view
        returns (bool known, uint8 behind)
    {
        bytes32 base = _s().rounds[task].baseVersion;
        if (_isOver(task, round, base, participant, o, record)) return (true, 0);
        uint8 most = _s().tasks[task].params.maxStaleness;
        if (most == 0) return (false, 0);
        mapping(uint32 => bytes32) storage bases = _s().bases[task];
        (, uint32 number) = _s().models.head(task);
        while (bases[number] != base) --number; // the round has settled since, and the head is ahead of its base
        for (behind = 1; behind <= most && behind <= number; ++behind) {
            base = bases[number - behind];
            if (_isOver(task, round, base, participant, o, record)) return (true, behind);
        }
        return (false, 0);
    }

    function _isOver(
        uint32 task,
        uint32 round,
        bytes32 base,
        address participant,
        Opening calldata o,
        bytes32 record
    ) private view returns (bool) {
        return _record(participant, _digestOver(task, round, base, participant, o), o.groundsHash) == record;
    }
}
