// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {RoundCost} from "./RoundCost.sol";

/// Everybody sends its own two transactions, and names where its payload lies.
/// forge-config: default.isolate = true
contract DirectCostTest is RoundCost {
    function _mode() internal pure override returns (string memory) {
        return "direct";
    }

    function _commitEverybody() internal override returns (uint256 gas) {
        for (uint256 i; i < n; ++i) {
            _commit(_silo(i));
            gas += _gas();
        }
    }
}
