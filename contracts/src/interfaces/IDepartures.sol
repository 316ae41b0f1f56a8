// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICoordinatorTypes} from "./ICoordinatorTypes.sol";

/// @title Who is taken out of a round because consent was, and who stayed away from it.
/// @notice Called at the coordinator's address.
interface IDepartures is ICoordinatorTypes {
    /// Takes a commit out of the round, opened or not, whose grant was withdrawn before Reveal was over. Anyone, in Commit
    /// and Reveal, also in a pause: whoever shows what the participant's slot holds. No bond is lost over it; the update
    /// can be neither opened nor included. The participant leaves the task, and may enrol again once `waitRounds` more
    /// rounds have begun: else withdrawing were a free way not to open. A commit that stands in a roll was judged by the
    /// second before Reveal, and is not taken out.
    function retract(
        uint32 task,
        uint32 round,
        address participant,
        bytes32 commitment,
        bytes32 evidenceHash,
        bytes32 grantId
    ) external;

    /// Notes who of a round's cohort did not commit, once Commit is over and until the next round opens. Whoever
    /// was noted in `maxMisses` rounds in a row is un-enrolled, and its bond can be released; a round in which
    /// nobody notes it is forgiven. Who was there, or is noted already, is passed over. Anyone.
    function noteAbsent(uint32 task, uint32 round, uint16[] calldata indices) external;
}
