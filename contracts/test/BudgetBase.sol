// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IConsentLedger} from "../src/interfaces/IConsentLedger.sol";
import {RoundBase, vm} from "./RoundBase.sol";

/// A task with a privacy floor: each commit costs at least (2, 3) at two orders.
abstract contract BudgetBase is RoundBase {
    uint256 internal constant FLOOR = 2 | (3 << 32);
    uint256 internal constant COST = 4 | (6 << 32);

    function _params() internal view virtual override returns (TaskParams memory p) {
        p = super._params();
        p.modes = 1;
        p.privacyFloor = FLOOR;
    }

    function _budgeted(address silo, uint256 budget, uint256 nonce) internal returns (bytes32) {
        IConsentLedger.Grant memory g = _grantFor(silo, nonce);
        g.budget = budget;
        return _bringGrant(g);
    }

    function _spend(uint32 task_, address silo, bytes32 grantId, uint256 cost) internal {
        bytes32 commitment = keccak256(abi.encode(task_, silo));
        uint32 round_ = coordinator.roundOf(task_).round;
        vm.prank(silo);
        coordinator.commitPrivate(task_, round_, commitment, grantId, keccak256("evidence"), cost);
    }

    function _refused(uint32 task_, address silo, bytes32 grantId, uint256 cost, bytes memory error) internal {
        bytes32 commitment = keccak256(abi.encode(task_, silo));
        uint32 round_ = coordinator.roundOf(task_).round;
        vm.prank(silo);
        vm.expectRevert(error);
        coordinator.commitPrivate(task_, round_, commitment, grantId, keccak256("evidence"), cost);
    }

    /// Another task of the same kind, with the same silos enrolled and a round open.
    function _secondTask() internal returns (uint32 second) {
        TaskParams memory p = _params();
        p.aggregatorBond = DUTY_BOND;
        vm.prank(sponsor);
        second = coordinator.createTask(p, "ipfs://second");
        _fund(second, 10 * REWARD);
        _deposit(aggregator, DUTY_BOND);
        vm.prank(aggregator);
        coordinator.acceptDuty(second);
        for (uint256 i; i < SILOS; ++i) {
            _deposit(_silo(i), BOND);
            vm.prank(_silo(i));
            coordinator.enrol(second);
        }
        vm.prank(sponsor);
        coordinator.openRound(second);
    }
}
