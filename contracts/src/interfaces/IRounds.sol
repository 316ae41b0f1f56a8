// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICoordinatorTypes} from "./ICoordinatorTypes.sol";

/// @title A round, in its order: open, commit, reveal, propose, settle.
interface IRounds is ICoordinatorTypes {
    /// Opens the next round for everybody enrolled, on the newest model version. Sponsor.
    function openRound(uint32 task) external;

    /// Promises an update: `commitment` is the digest of an Opening (see `reveal`), made for this sender.
    /// Needs a live grant for the task's purposes until the latest end of Reveal and its grace.
    function commit(uint32 task, uint32 round, bytes32 commitment, bytes32 grantId, bytes32 evidenceHash)
        external;

    /// Opens the sender's commitment. digest = keccak256(abi.encode(COMMITMENT_TYPEHASH, chain id, this
    /// contract, task, round, baseVersion, participant, payloadRoot, sealedRoot, contentKeyHash, weight,
    /// groundsHash, salt)). Until `revealGrace` after the deadline a late opening still saves the bond, but
    /// earns nothing and is not aggregated.
    /// @param uri Where the sealed payload lies.
    function reveal(uint32 task, uint32 round, Opening calldata o, string calldata uri) external;

    /// Slashes the bonds of those among `indices` who committed and never opened. Anyone, after the grace.
    function slashSilent(uint32 task, uint32 round, uint16[] calldata indices) external;

    /// Proposes the round's result. The aggregator at any time of Aggregate; the standby in its second
    /// half, in which case the aggregator loses its bond for not having come.
    function propose(uint32 task, uint32 round, Proposal calldata p) external;

    /// Makes the unchallenged proposal final: model head, rewards, status. Anyone, after the challenge window.
    function settle(uint32 task, uint32 round, Proposal calldata p) external;

    /// Moves the round on as far as time allows. Anyone; every other call does the same first.
    function tick(uint32 task) external;
}
