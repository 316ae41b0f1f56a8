// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRelays} from "../src/interfaces/IRelays.sol";
import {RelayBase} from "./RelayBase.sol";
import {vm} from "./RoundBase.sol";

/// What a participant pays in a batch of `n` from the second round on: a whole transaction (21,000 and calldata
/// included, nothing warm), through the proxies, divided by `n`. The figures land in snapshots/relay.json.
/// forge-config: default.isolate = true
contract GasRelaysTest is RelayBase {
    string internal constant URI =
        "s3://federated/9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

    /// forge-config: default.isolate = true
    function test_gas_of_10() public {
        _measure(10, "10");
    }

    /// forge-config: default.isolate = true
    function test_gas_of_40() public {
        _measure(40, "40");
    }

    /// forge-config: default.isolate = true
    function test_gas_of_100() public {
        _measure(100, "100");
    }

    function _measure(uint256 n, string memory name) internal {
        for (uint256 i = SILOS; i < n; ++i) {
            _join(i);
        }
        _open();
        _relay(_commits(n));
        vm.warp(coordinator.roundOf(task).opensAt);
        _relay(_openings(n));
        Proposal memory p = _proposal();
        _propose(p);
        _settle(p);
        _open();
        _relay(_commits(n));
        _note(n, string.concat("commit, batch of ", name, ", each"));
        vm.warp(coordinator.roundOf(task).opensAt);
        uint256 start = vm.snapshotState();
        _relay(_with(n, ""));
        _note(n, string.concat("reveal, batch of ", name, ", no uri, each"));
        vm.revertToState(start);
        _relay(_with(n, URI));
        _note(n, string.concat("reveal, batch of ", name, ", uri of 79 bytes, each"));
        _assertPhase(Phase.Aggregate);
    }

    function _with(uint256 n, string memory uri)
        internal
        view
        returns (IRelays.RelayedOpening[] memory batch)
    {
        batch = new IRelays.RelayedOpening[](n);
        for (uint256 i; i < n; ++i) {
            batch[i] = _openingAt(i, uri);
        }
    }

    function _note(uint256 n, string memory name) internal {
        vm.snapshotValue("relay", name, vm.lastCallGas().gasTotalUsed / n);
    }
}
