// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {RoundCost, vm} from "./RoundCost.sol";

/// Everybody sends its own two transactions, and names where its payload lies.
/// forge-config: default.isolate = true
contract DirectCostTest is RoundCost {
    string internal constant URI =
        "s3://federated/9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

    function _mode() internal pure override returns (string memory) {
        return "direct";
    }

    function _commitEverybody() internal override returns (uint256 gas) {
        for (uint256 i; i < n; ++i) {
            _commit(_silo(i));
            gas += _gas();
        }
    }

    function _revealEverybody() internal override returns (uint256 gas) {
        for (uint256 i; i < n; ++i) {
            Opening memory o = _opening(_silo(i));
            vm.prank(_silo(i));
            coordinator.reveal(task, round, o, URI);
            gas += _gas();
        }
    }
}
