// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IBallots} from "./IBallots.sol";
import {ICommitteeDesk} from "./ICommitteeDesk.sol";

/// @title Validators of a task, and the committee of them that is drawn anew for each round.
/// @notice In the order of a round:
///
///     admitReader -> enlist    openBallot -> draw    castVote, attest -> revealVote    publish    resign -> releaseBond
///                              (the round opens)     Vote -> VoteReveal                (it settles)
///
/// A ballot is accepted when more than half of the votes shown accept, and at least two thirds of the committee
/// have shown theirs. Dissent never costs anything.
interface ICommittee is IBallots, ICommitteeDesk {}
