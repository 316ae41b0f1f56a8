// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {RoundBase, vm} from "./RoundBase.sol";

/// With 10,000 participants no call costs more than with four: nothing loops over a cohort.
contract TenThousandTest is RoundBase {
    uint256 internal constant MANY = 10_000;

    function _params() internal view override returns (TaskParams memory p) {
        p = super._params();
        p.maxParticipants = uint16(MANY);
    }

    function _account(uint256 i) internal pure returns (address) {
        return address(uint160(0x10000000 + i));
    }

    function _joinMany() internal {
        registry.setOpenAdmission(true);
        for (uint256 i = SILOS; i < MANY; ++i) {
            vm.deal(_account(i), BOND);
            vm.startPrank(_account(i));
            registry.register(bytes32(i), address(0));
            registry.deposit{value: BOND}(BOND);
            coordinator.enrol(task);
            vm.stopPrank();
        }
    }

    /// The gas of each call of a round among whoever is enrolled, of whom the four silos take part.
    function _round() internal returns (uint256[5] memory gas) {
        vm.prank(sponsor);
        coordinator.openRound(task);
        gas[0] = vm.lastCallGas().gasTotalUsed;
        round = coordinator.roundOf(task).round;
        _commit(_silo(3));
        _commit(_silo(2));
        gas[1] = vm.lastCallGas().gasTotalUsed;
        vm.warp(uint256(coordinator.roundOf(task).deadline) + GAP + 1);
        _reveal(_silo(3));
        _reveal(_silo(2));
        gas[2] = vm.lastCallGas().gasTotalUsed;
        Proposal memory p = _proposal();
        _propose(p);
        gas[3] = vm.lastCallGas().gasTotalUsed;
        vm.warp(uint256(coordinator.roundOf(task).deadline) + 1);
        coordinator.settle(task, round, p);
        gas[4] = vm.lastCallGas().gasTotalUsed;
    }

    function test_no_call_of_a_round_costs_more_among_ten_thousand() public {
        _round();
        uint256[5] memory few = _round();
        _joinMany();
        _round();
        uint256[5] memory many = _round();
        vm.assertEq(coordinator.roundOf(task).cohort, MANY, "all are in the cohort");
        for (uint256 i; i < 5; ++i) {
            vm.assertLe(many[i], few[i] + few[i] / 100, "within one per cent");
        }
    }
}
