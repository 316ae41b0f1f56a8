// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {RollDesk} from "../src/RollDesk.sol";
import {Initializable} from "@openzeppelin/contracts/proxy/utils/Initializable.sol";
import {Appeals} from "../src/Appeals.sol";
import {Committee} from "../src/Committee.sol";
import {CommitteeDesk} from "../src/CommitteeDesk.sol";
import {ConsentLedger} from "../src/ConsentLedger.sol";
import {Coordinator} from "../src/Coordinator.sol";
import {Court} from "../src/Court.sol";
import {ICommitteeTypes} from "../src/interfaces/ICommitteeTypes.sol";
import {ModelRegistry} from "../src/ModelRegistry.sol";
import {ParticipantRegistry} from "../src/ParticipantRegistry.sol";
import {Reputation} from "../src/Reputation.sol";
import {TaskDesk} from "../src/TaskDesk.sol";
import {Treasury} from "../src/Treasury.sol";
import {RoundBase, vm} from "./RoundBase.sol";

/// What is behind a proxy belongs to nobody, and nothing is set up twice.
contract InitialisersTest is RoundBase {
    function test_nothing_is_initialised_twice() public {
        vm.expectRevert(Initializable.InvalidInitialization.selector);
        _again(registry);
        vm.expectRevert(Initializable.InvalidInitialization.selector);
        consent.initialize(address(this), address(this));
        vm.expectRevert(Initializable.InvalidInitialization.selector);
        models.initialize(address(this), address(this), address(this));
        vm.expectRevert(Initializable.InvalidInitialization.selector);
        treasury.initialize(address(this), address(this), address(this), address(this));
        vm.expectRevert(Initializable.InvalidInitialization.selector);
        Coordinator(payable(address(coordinator)))
            .initialize(
                address(this),
                address(this),
                address(this),
                address(this),
                address(this),
                address(this),
                address(this)
            );
        vm.expectRevert(Initializable.InvalidInitialization.selector);
        Committee(payable(address(committee))).initialize(address(this), address(this), address(this), 0, false);
        vm.expectRevert(Initializable.InvalidInitialization.selector);
        appeals.initialize(address(this), address(this), address(this), 0, 0, 0);
        vm.expectRevert(Initializable.InvalidInitialization.selector);
        reputation.initialize(address(this), address(this), address(this));
    }

    function test_the_code_behind_a_proxy_cannot_be_initialised() public {
        ParticipantRegistry r = new ParticipantRegistry();
        vm.expectRevert(Initializable.InvalidInitialization.selector);
        _again(r);
        ConsentLedger l = new ConsentLedger();
        vm.expectRevert(Initializable.InvalidInitialization.selector);
        l.initialize(address(this), address(this));
        ModelRegistry m = new ModelRegistry();
        vm.expectRevert(Initializable.InvalidInitialization.selector);
        m.initialize(address(this), address(this), address(this));
        Treasury t = new Treasury();
        vm.expectRevert(Initializable.InvalidInitialization.selector);
        t.initialize(address(this), address(this), address(this), address(this));
        Coordinator c = new Coordinator(address(new Court(address(new RollDesk()))));
        vm.expectRevert(Initializable.InvalidInitialization.selector);
        c.initialize(stranger, stranger, stranger, stranger, stranger, stranger, stranger);
        Committee k = new Committee();
        vm.expectRevert(Initializable.InvalidInitialization.selector);
        k.initialize(address(this), address(this), address(this), 0, false);
        Appeals a = new Appeals();
        vm.expectRevert(Initializable.InvalidInitialization.selector);
        a.initialize(address(this), address(this), address(this), 0, 0, 0);
        Reputation e = new Reputation();
        vm.expectRevert(Initializable.InvalidInitialization.selector);
        e.initialize(address(this), address(this), address(this));
    }

    function _again(ParticipantRegistry r) private {
        r.initialize(stranger, stranger, stranger, stranger, stranger, stranger, 0);
    }

    function test_the_desk_has_no_power_at_its_own_address() public {
        TaskDesk desk = new TaskDesk(address(new Court(address(new RollDesk()))));
        vm.expectRevert();
        desk.createTask(_params(), "");
        vm.expectRevert(abi.encodeWithSelector(UnknownTask.selector, task));
        desk.enrol(task);
        vm.assertEq(desk.tasks(), 0, "no tasks");
    }

    function test_the_committees_desk_has_no_power_at_its_own_address() public {
        CommitteeDesk desk = new CommitteeDesk();
        vm.expectRevert();
        desk.enlist(task, 1);
        vm.expectRevert();
        desk.admitReader(task, address(this), true);
        vm.expectPartialRevert(ICommitteeTypes.OnlyCoordinator.selector);
        desk.publish(task, 1);
        vm.assertEq(desk.validatorsOf(task).length, 0, "no validators");
        vm.deal(address(this), 1);
        (bool ok,) = address(committee).call{value: 1}("");
        vm.assertFalse(ok, "coins");
    }

    function test_a_call_that_neither_coordinator_nor_desk_knows_is_refused_and_coins_too() public {
        (bool ok,) = address(coordinator).call(abi.encodeWithSignature("selfDestruct()"));
        vm.assertFalse(ok, "unknown call");
        vm.deal(address(this), 1);
        (ok,) = address(coordinator).call{value: 1}("");
        vm.assertFalse(ok, "coins");
        (ok,) = address(coordinator).call{value: 1}(abi.encodeCall(coordinator.enrol, (task)));
        vm.assertFalse(ok, "coins with a call");
    }
}
