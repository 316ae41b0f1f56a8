// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICoordinatorTypes} from "./ICoordinatorTypes.sol";

/// @title Tasks and who takes part in them; what is called between rounds.
/// @notice Called at the coordinator's address, which passes these calls on to its TaskDesk.
interface ITaskDesk is ICoordinatorTypes {
    /// Creates a task with the sender as sponsor, opens its account and writes its genesis model.
    /// taskId = keccak256(abi.encode(TASK_TYPEHASH, chain id, this contract, sponsor, keccak256(abi.encode(p)))).
    function createTask(TaskParams calldata p, string calldata specUri) external returns (uint32 task);

    /// Locks the sender's bond; it takes part from the next round on. Enrolling again while the bond is
    /// still held takes a `leave` back.
    function enrol(uint32 task) external;

    /// Takes no part from the next round on. The bond comes back at once if no round holds it.
    function leave(uint32 task) external;

    /// Gives the bond back of somebody who left, once the round that held it is over. Anyone.
    function releaseBond(uint32 task, address participant) external;

    /// How many tasks there are; they are numbered from 1.
    function tasks() external view returns (uint32);

    function taskOf(uint32 task) external view returns (TaskState memory);

    function enrolmentOf(uint32 task, address participant) external view returns (Enrolment memory);

    function participantAt(uint32 task, uint16 index) external view returns (address);
}
