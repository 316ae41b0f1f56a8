// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICommitteeTypes} from "./ICommitteeTypes.sol";
import {IRoundTypes} from "./IRoundTypes.sol";

/// @title Who may be drawn, and what committees measured.
/// @notice Called at the address of the Committee, which passes these calls on to its CommitteeDesk.
interface ICommitteeDesk is ICommitteeTypes {
    // --- validators

    /// Lets an account serve as a validator of the task, or no longer: the readers that every silo's policy names.
    /// Who is no longer admitted serves in the current round for the last time. Sponsor.
    function admitReader(uint32 task, address account, bool admitted) external;

    /// Locks `amount` of the sender's stake as its validator bond, at least the task's; it can be drawn from the
    /// next round on. Its weight in the draw is the bond, and changes in no running round.
    function enlist(uint32 task, uint128 amount) external;

    /// Serves in the current round for the last time.
    function resign(uint32 task) external;

    // --- metrics

    /// Writes the median metric of the shown votes as the round's answer. Coordinator only.
    function publish(uint32 task, uint32 round) external;

    /// Notes that a seat is paid for the vote it showed, and returns whose it is. Coordinator only.
    function takePay(uint32 task, uint32 round, uint8 seat) external returns (address member);

    /// Creates the task's feed (AggregatorV3Interface), once. Anyone.
    function createFeed(uint32 task) external returns (address);

    // --- sound updates

    /// Reverts unless at least two thirds of the round's committee signed Sound for what a participant revealed. A seat
    /// whose member has no bond left does not count, whatever it signed; nor does a signature that is not the member's.
    /// @param o What was revealed; that it was is for the caller to know. @param given Ascending by seat, none twice.
    function requireSound(
        uint32 task,
        uint32 round,
        address participant,
        IRoundTypes.Opening calldata o,
        SeatSignature[] calldata given
    ) external view;

    /// EIP-712 digest of "Sound(uint32 task,uint32 round,address participant,bytes32 payloadRoot,uint32 weight,bytes32
    /// sealedRoot,bytes32 contentKeyHash)": who signs it has fetched the payload and opened it, has found it to have
    /// that root and weight, to be well formed and in range, and its key to be wrapped to aggregator and standby too.
    function hashSound(uint32 task, uint32 round, address participant, IRoundTypes.Opening calldata o)
        external
        view
        returns (bytes32);

    // --- views

    function isReader(uint32 task, address account) external view returns (bool);

    function validatorsOf(uint32 task) external view returns (Validator[] memory);

    /// The median metric of a round that settled, and when; 0 and 0 if there is none.
    function answerOf(uint32 task, uint32 round) external view returns (int64 metric, uint40 settledAt);

    /// The last round with an answer; 0 if there is none.
    function lastAnswered(uint32 task) external view returns (uint32);

    /// Address of the task's feed; 0 before `createFeed`.
    function feedOf(uint32 task) external view returns (address);
}
