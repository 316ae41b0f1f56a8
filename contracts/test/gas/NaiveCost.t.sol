// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {NaiveRounds} from "../naive/NaiveRounds.sol";
import {vm} from "../Vm.sol";

/// The same rounds on the naive skeleton. Each round writes fresh storage: there is no steady state, and one
/// round is measured.
/// forge-config: default.isolate = true
contract NaiveCostTest {
    NaiveRounds internal naive;

    function setUp() public {
        vm.deal(address(this), 1 ether);
        naive = new NaiveRounds{value: 1 ether}();
        naive.open(); // the counter is not zero from here on
    }

    /// forge-config: default.isolate = true
    function test_naive_round_of_3() public {
        _measure(3, "3");
    }

    /// forge-config: default.isolate = true
    function test_naive_round_of_10() public {
        _measure(10, "10");
    }

    /// forge-config: default.isolate = true
    function test_naive_round_of_40() public {
        _measure(40, "40");
    }

    /// forge-config: default.isolate = true
    function test_naive_round_of_100() public {
        _measure(100, "100");
    }

    /// forge-config: default.isolate = true
    function test_naive_round_of_1000() public {
        _measure(1000, "1000");
    }

    // --- internal

    function _measure(uint256 n, string memory name) internal {
        naive.open();
        uint256 sum = _note(name, "open", _gas());
        sum += _note(name, "commit", _commits(n));
        sum += _note(name, "reveal", _reveals(n));
        (address[] memory accounts, uint256[] memory amounts) = (new address[](n), new uint256[](n));
        for (uint256 i; i < n; ++i) {
            (accounts[i], amounts[i]) = (_participant(i), 1e12);
        }
        naive.finish(keccak256("model"), accounts, amounts);
        sum += _note(name, "settle", _gas());
        sum += _note(name, "claim", _claims(n));
        _note(name, "whole round", sum);
    }

    function _commits(uint256 n) internal returns (uint256 gas) {
        for (uint256 i; i < n; ++i) {
            bytes32 digest = keccak256(abi.encode(naive.round(), _participant(i), _root(i), _salt(i)));
            vm.prank(_participant(i));
            naive.commit(digest);
            gas += _gas();
        }
    }

    function _reveals(uint256 n) internal returns (uint256 gas) {
        for (uint256 i; i < n; ++i) {
            vm.prank(_participant(i));
            naive.reveal(_root(i), _salt(i));
            gas += _gas();
        }
    }

    function _claims(uint256 n) internal returns (uint256 gas) {
        for (uint256 i; i < n; ++i) {
            vm.deal(_participant(i), 1 ether); // it paid for gas before: its account is there
            vm.prank(_participant(i));
            naive.claim(2);
            gas += _gas();
        }
    }

    function _participant(uint256 i) internal pure returns (address) {
        return vm.addr(0xa11ce000 + i);
    }

    function _root(uint256 i) internal pure returns (bytes32) {
        return keccak256(abi.encode("payload", i));
    }

    function _salt(uint256 i) internal pure returns (bytes32) {
        return keccak256(abi.encode("salt", i));
    }

    function _note(string memory n, string memory step, uint256 gas) internal returns (uint256) {
        vm.snapshotValue("rounds", string.concat("naive, ", n, ", first, ", step), gas);
        return gas;
    }

    function _gas() internal view returns (uint256) {
        return vm.lastCallGas().gasTotalUsed;
    }
}
