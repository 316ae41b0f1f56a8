// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICoordinatorTypes} from "./ICoordinatorTypes.sol";

/// @title What follows from a committee's votes, and the bonds of its validators.
/// @notice Called at the coordinator's address, which passes these calls on to its Court. All for the Committee
/// contract alone, except where something else is said.
interface IVerdicts is ICoordinatorTypes {
    /// Ends Vote now: every member has promised a vote. Committee only.
    function endVote(uint32 task, uint32 round) external;

    /// Notes what the votes shown so far come to. `final_`: nobody is left to show one, so VoteReveal ends now.
    /// Committee only.
    function tally(uint32 task, uint32 round, Verdict verdict, bool final_) external;

    /// Settles or voids the accounts of a round that ends with VoteReveal. The coordinator itself, as it moves on.
    function undecided(uint32 task) external;

    /// Locks a validator's bond, not in a pause. Committee only.
    function lockValidator(address validator, uint256 amount) external;

    /// Gives a validator's bond back. Committee only.
    function unlockValidator(address validator, uint256 amount) external;

    /// Takes a validator's bond or a part of it; half goes to `accuser`, nothing if that is 0. Committee only.
    function slashValidator(address validator, uint256 amount, bytes32 evidence, address accuser)
        external
        returns (uint256 taken, uint256 bounty);

    /// Whether the current round called for votes that can no longer change.
    function voteOver(uint32 task, uint32 round) external view returns (bool);

    /// Whether the task pays by scores, and if so the most bytes of a member's: 4 for each index given out, else 0.
    function scoreTerms(uint32 task) external view returns (bool wanted, uint256 most);

    function committeeTerms(uint32 task)
        external
        view
        returns (address sponsor, uint8 committee, uint128 validatorBond);
}
