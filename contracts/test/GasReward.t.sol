// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {RewardCosts} from "./RewardCosts.sol";

/// What it costs to refute how a reward is split among `n`, all of whom were owed something before.
contract GasRewardTest is RewardCosts {
    function test_10_accounts() public {
        _measure(10, "reward, 10 accounts");
    }

    function test_100_accounts() public {
        _measure(100, "reward, 100 accounts");
    }

    function test_1000_accounts_fit_one_transaction() public {
        _measure(1000, "reward, 1000 accounts");
    }

    function _measure(uint256 n, string memory name) internal {
        _record(n, name, "an account", _challenge(n));
    }
}
