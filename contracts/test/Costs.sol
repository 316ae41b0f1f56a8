// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {RoundBase, vm} from "./RoundBase.sol";

/// What a challenge costs as a whole transaction: the dearer of execution and the calldata floor (EIP-7623), within
/// the cap of 2^24 gas (EIP-7825). The figures land in snapshots/challenge.json.
abstract contract Costs is RoundBase {
    uint256 internal constant CAP = 2 ** 24;

    function _record(uint256 n, string memory name, string memory each, bytes memory call) internal {
        (uint256 cost, uint256 execution) = _cost(call);
        vm.snapshotValue("challenge", name, cost);
        vm.snapshotValue("challenge", string.concat(name, ", ", each), cost / n);
        vm.snapshotValue("challenge", string.concat(name, ", ", each, ", execution alone"), execution / n);
    }

    /// Makes the call, and returns what it costs as a transaction, and the execution in it.
    function _cost(bytes memory call) internal returns (uint256 cost, uint256 execution) {
        uint256 tokens = _tokens(call);
        (bool ok,) = address(disputes).call(call);
        execution = vm.lastCallGas().gasTotalUsed; // of the callee alone: this test's memory is dear
        vm.assertTrue(ok, "refuted");
        uint256 standard = 21_000 + 4 * tokens + execution;
        uint256 floor = 21_000 + 10 * tokens;
        cost = standard > floor ? standard : floor;
        vm.assertLe(cost, CAP, "one transaction");
    }

    /// EIP-7623: a zero byte is one token, any other four.
    function _tokens(bytes memory data) internal pure returns (uint256 tokens) {
        for (uint256 i; i < data.length; ++i) {
            tokens += data[i] == 0 ? 1 : 4;
        }
    }
}
