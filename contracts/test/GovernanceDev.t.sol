// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {GovernanceBase, vm} from "./GovernanceBase.sol";

/// forge-config: default.isolate = true
contract DevGovernanceTest is GovernanceBase {
    function _profile() internal pure override returns (string memory) {
        return "dev";
    }

    function _install() internal view override returns (address) {
        return address(this);
    }

    function _govern(address target, bytes memory data) internal override {
        (bool done,) = target.call(data);
        vm.assertTrue(done, "done");
        _measured("call");
    }

    function _guard(address target, bytes memory data) internal override {
        _govern(target, data);
    }
}
