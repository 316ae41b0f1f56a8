// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IMaskDesk} from "./IMaskDesk.sol";
import {IMaskFaults} from "./IMaskFaults.sol";
import {IProofs} from "./IProofs.sol";
import {IRecordDesk} from "./IRecordDesk.sol";

/// @title Proving a proposal wrong, each way in one transaction, and asking for bytes that are withheld.
/// @notice Between propose and settle anybody may show that a result is not what the bound updates make of it.
/// The proposer's bond is gone, half of it to the accuser, the rest to the treasury; the standby proposes next,
/// or the round voids. Every proof names its place and both values in an event; its bytes are the calldata.
/// Trees are those of MerklePath; a payload's chunk 0 is its header, words are little-endian int32.
interface IDisputes is IProofs, IRecordDesk, IMaskDesk, IMaskFaults {}
