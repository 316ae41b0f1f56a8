// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IProofs} from "./interfaces/IProofs.sol";
import {IRulings} from "./interfaces/IRulings.sol";
import {Rights} from "./Rights.sol";
import {RollLeaves} from "./RollLeaves.sol";
import {Tallies} from "./Tallies.sol";

/// @title Where an included update was revealed, in a round with rolls: asked for, and shown.
abstract contract RecordAnswers is Rights, IProofs {
    using RollLeaves for bytes;

    function answerRecord(
        uint32 task,
        uint32 round,
        Proposal calldata p,
        uint32 position,
        Piece calldata included,
        RolledProof calldata rolled
    ) external {
        IRulings.Case memory k = _case(task, round, p);
        Demand memory d = _close(_demandId(task, round, k.proposalHash, Target(Tree.Record, position, 0)));
        if (k.nowS > d.due) revert WrongTime(k.pause.lastSecond(d.due), block.timestamp);
        (address participant, bytes32 payloadRoot, uint32 weight) = _requireIncluded(included, p, position);
        if (!_isDirect(task, round, participant)) {
            (address by, bytes32 root, uint32 w) = _s().coordinator
                .rolledRecord(task, round, rolled.poster, rolled.position, rolled.commit, rolled.opening);
            bool weighed = w == weight || k.rule >= Tallies.REWEIGHTED;
            if (by != participant || root != payloadRoot || !weighed) revert NotRevealed(participant);
            _requireGiven(p, participant, rolled.commit.content.grantId());
        }
        emit Answered(task, round, _demandId(task, round, k.proposalHash, Target(Tree.Record, position, 0)), msg.sender);
        _credit(msg.sender, d.deposit);
    }

    // --- internal

    /// @dev Of two commits that somebody signed, the one shown is the one that was taken: its grant counts, not the
    /// other's. So rights are asked for with the record, and no challenge shows them.
    function _requireGiven(Proposal calldata p, address participant, bytes32 grantId) internal view {
        (bool gives, uint64 purposes) = _gives(p, participant, grantId);
        if (!gives) revert RightsExceedGrant(participant, grantId, purposes, p.purposes);
    }
}
