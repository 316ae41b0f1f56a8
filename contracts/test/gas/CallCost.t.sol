// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IConsentLedger} from "../../src/interfaces/IConsentLedger.sol";
import {RoundBase, vm} from "../RoundBase.sol";

/// What each call outside of the steps of a round costs, as a whole transaction. In snapshots/calls.json.
/// forge-config: default.isolate = true
contract CallCostTest is RoundBase {
    address internal silo = _silo(7);

    /// forge-config: default.isolate = true
    function test_gas_of_joining() public {
        _give(stakeToken, silo, 2 * BOND);
        vm.prank(silo);
        registry.register(keccak256("sealing key"), address(0));
        _note("participant: register");
        registry.setAdmission(silo, true);
        _note("governance: setAdmission");
        vm.prank(silo);
        registry.deposit{value: BOND}(BOND);
        _note("participant: deposit");
        IConsentLedger.Grant memory g = _grantFor(silo, 2000);
        bytes memory signature = _signature(HOLDER_KEY, consent.hashGrant(g));
        bytes32 id = consent.grant(g, signature);
        _note("data holder: grant, brought by anybody");
        vm.prank(silo);
        coordinator.enrol(task);
        _note("participant: enrol");
        vm.prank(holder);
        consent.withdraw(id);
        _note("data holder: withdraw consent");
    }

    /// forge-config: default.isolate = true
    function test_gas_of_leaving() public {
        vm.startPrank(_silo(3));
        coordinator.leave(task);
        _note("participant: leave");
        registry.requestUnbond(BOND);
        _note("participant: requestUnbond");
        vm.warp(block.timestamp + UNBONDING);
        registry.withdraw();
        _note("participant: withdraw stake");
        vm.stopPrank();
    }

    /// forge-config: default.isolate = true
    function test_gas_of_a_task() public {
        TaskParams memory p = _params();
        vm.deal(sponsor, REWARD);
        vm.startPrank(sponsor);
        uint32 made = coordinator.createTask(p, "ipfs://spec");
        _note("sponsor: createTask");
        treasury.fund{value: REWARD}(made, REWARD);
        _note("sponsor: fund");
        vm.stopPrank();
        _deposit(aggregator, DUTY_BOND);
        vm.prank(aggregator);
        coordinator.acceptDuty(made);
        _note("aggregator: acceptDuty");
    }

    /// forge-config: default.isolate = true
    function test_gas_of_an_offence() public {
        _open();
        _commitAll();
        for (uint256 i = 1; i < SILOS; ++i) {
            _reveal(_silo(i));
        }
        vm.warp(block.timestamp + REVEAL + 1);
        coordinator.tick(task);
        _note("anybody: tick, Reveal to Aggregate");
        vm.warp(block.timestamp + GRACE);
        coordinator.slashSilent(task, round, new uint16[](1));
        _note("anybody: slashSilent, one participant");
    }

    function _note(string memory name) internal {
        vm.snapshotGasLastCall("calls", name);
    }
}
