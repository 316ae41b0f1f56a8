// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Clock} from "./Clocks.sol";
import {IRelays} from "./interfaces/IRelays.sol";
import {RelaySignatures} from "./RelaySignatures.sol";

/// @title What it costs a participant to sign two different commitments for one round.
abstract contract Equivocations is RelaySignatures, IRelays {
    function challengeEquivocation(
        uint32 task,
        uint32 round,
        SignedCommit calldata first,
        SignedCommit calldata second
    ) external {
        Clock memory c = _current(task, round);
        address participant = first.participant;
        bool two = participant == second.participant && first.commitment != second.commitment;
        bytes32 domain = _domain();
        two = two && _isSigned(domain, task, round, first) && _isSigned(domain, task, round, second);
        if (!two) revert NoEquivocation(task, round, participant);
        emit Equivocated(task, round, participant, msg.sender, first.commitment, second.commitment);
        _strike(task, c, participant, msg.sender, keccak256(msg.data), "equivocation");
    }
}
