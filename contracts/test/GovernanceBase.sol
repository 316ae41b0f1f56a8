// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {RollDesk} from "../src/RollDesk.sol";
import {Court} from "../src/Court.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IAppeals} from "../src/interfaces/IAppeals.sol";
import {AnnouncedUpgrades} from "../src/AnnouncedUpgrades.sol";
import {Coordinator} from "../src/Coordinator.sol";
import {IModelRegistry} from "../src/interfaces/IModelRegistry.sol";
import {RoundBase, vm} from "./RoundBase.sol";

/// Each profile drives the same three things: another aggregator for a task that governance sponsors, an
/// upgrade, a pause. Gas (whole transactions) and delays land in snapshots/governance.json.
abstract contract GovernanceBase is RoundBase {
    uint64 internal constant ADMIN = 0;
    uint64 internal constant GUARDIAN = 1;
    uint64 internal constant REGISTRAR = 2;
    uint64 internal constant ARBITRATOR = 3;
    uint64 internal constant STEWARD = 4;

    address internal admin;
    string internal driven; // what is being measured
    uint256 internal steps;
    uint256 internal startedAt;

    function setUp() public override {
        super.setUp();
        admin = _install();
        vm.prank(admin);
        task = coordinator.createTask(_params(), "");
    }

    function _unbonding() internal pure override returns (uint40) {
        return 14 days;
    }

    function _profile() internal pure virtual returns (string memory);

    /// Deploys the profile and hands the contracts over; returns who administers them from now on.
    function _install() internal virtual returns (address);

    /// Leads a call through the whole procedure, waiting included.
    function _govern(address target, bytes memory data) internal virtual;

    /// The guardian's way, which waits for nothing.
    function _guard(address target, bytes memory data) internal virtual;

    /// What `deploy` does for the profiles that have a guardian.
    function _handOver(address to, address guardian) internal {
        bytes4[] memory guarded = new bytes4[](1);
        guarded[0] = coordinator.pause.selector;
        manager.setTargetFunctionRole(address(coordinator), guarded, GUARDIAN);
        guarded[0] = AnnouncedUpgrades.withdrawUpgrade.selector;
        address[9] memory all = [
            address(registry),
            address(consent),
            address(models),
            address(treasury),
            address(coordinator),
            address(disputes),
            address(committee),
            address(appeals),
            address(reputation)
        ];
        for (uint256 i; i < all.length; ++i) {
            manager.setTargetFunctionRole(all[i], guarded, GUARDIAN);
        }
        bytes4[] memory admission = new bytes4[](2);
        (admission[0], admission[1]) = (registry.setAdmission.selector, registry.setOpenAdmission.selector);
        manager.setTargetFunctionRole(address(registry), admission, REGISTRAR);
        guarded[0] = appeals.answer.selector;
        manager.setTargetFunctionRole(address(appeals), guarded, ARBITRATOR);
        guarded[0] = models.answerRemedy.selector;
        manager.setTargetFunctionRole(address(models), guarded, STEWARD);
        manager.grantRole(STEWARD, to, 0);
        manager.grantRole(ARBITRATOR, to, 0);
        manager.grantRole(GUARDIAN, guardian, 0);
        manager.grantRole(GUARDIAN, to, 0);
        manager.grantRole(REGISTRAR, to, 0);
        manager.grantRole(ADMIN, to, 0);
        manager.renounceRole(ADMIN, address(this));
    }

    // --- the three things

    function test_governance_appoints_another_aggregator() public {
        _begin("appoint");
        _govern(address(coordinator), abi.encodeCall(coordinator.appoint, (task, stranger, standby)));
        _end();
        vm.assertEq(coordinator.taskOf(task).aggregator, stranger, "appointed");
    }

    function test_governance_upgrades_after_two_unbonding_periods() public {
        address code = address(new Coordinator(address(new Court(address(new RollDesk())))));
        _begin("upgrade");
        _govern(address(coordinator), abi.encodeCall(AnnouncedUpgrades.announceUpgrade, (code, "")));
        AnnouncedUpgrades proxy = AnnouncedUpgrades(address(coordinator));
        (, uint40 earliest) = proxy.announcedUpgrade();
        vm.assertEq(earliest, block.timestamp + 28 days, "whatever the profile");
        vm.warp(earliest - 1);
        vm.expectPartialRevert(AnnouncedUpgrades.UpgradeTooEarly.selector);
        proxy.upgradeToAndCall(code, "");
        vm.warp(earliest);
        vm.prank(stranger);
        proxy.upgradeToAndCall(code, "");
        _measured("upgrade");
        _end();
    }

    function test_the_guardian_pauses_at_once() public {
        _begin("pause");
        _guard(address(coordinator), abi.encodeCall(coordinator.pause, (uint40(block.timestamp + 1 days))));
        _end();
        vm.assertEq(coordinator.pausedUntil(), block.timestamp + 1 days, "on");
    }

    // --- who cannot, and who can stop it

    function test_the_guardian_takes_an_announced_upgrade_back() public {
        _govern(address(coordinator), abi.encodeCall(AnnouncedUpgrades.announceUpgrade, (stranger, "")));
        _guard(address(coordinator), abi.encodeCall(AnnouncedUpgrades.withdrawUpgrade, ()));
        (bytes32 announced,) = AnnouncedUpgrades(address(coordinator)).announcedUpgrade();
        vm.assertEq(announced, 0, "gone");
    }

    function test_governance_admits_participants() public {
        _govern(address(registry), abi.encodeCall(registry.setAdmission, (stranger, true)));
        vm.assertTrue(registry.participant(stranger).admitted, "admitted");
    }

    function test_governance_answers_an_appeal_in_time() public {
        vm.prank(address(coordinator));
        registry.slash(aggregator, DUTY_BOND, keccak256("evidence"));
        vm.deal(aggregator, APPEAL_DEPOSIT);
        vm.prank(aggregator);
        appeals.open{value: APPEAL_DEPOSIT}(1, "ipfs://why");
        _mayNot(stranger, address(appeals), abi.encodeCall(appeals.answer, (1, IAppeals.Ruling.Accept)));
        _govern(address(appeals), abi.encodeCall(appeals.answer, (1, IAppeals.Ruling.Accept)));
        vm.assertEq(registry.participant(aggregator).stake, DUTY_BOND, "given back");
    }

    function test_governance_answers_a_remedy() public {
        (bytes32 head,) = models.head(task);
        bytes memory call = abi.encodeCall(
            models.answerRemedy,
            (task, head, keccak256("grant"), IModelRegistry.Remedy.Retire, keccak256("why"))
        );
        _mayNot(stranger, address(models), call);
        _govern(address(models), call);
        vm.assertTrue(models.isRetired(head), "retired");
    }

    function _mayNot(address who, address target, bytes memory data) internal {
        vm.prank(who);
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, who));
        (bool asExpected,) = target.call(data); // without this the cheatcode's own failure would be swallowed
        vm.assertTrue(asExpected, "refused");
    }

    // --- measuring

    function _begin(string memory what) internal {
        (driven, startedAt, steps) = (what, block.timestamp, 0);
    }

    function _measured(string memory step) internal {
        if (bytes(driven).length == 0) return;
        string memory number = string(abi.encodePacked(bytes1(uint8(48 + ++steps))));
        vm.snapshotGasLastCall(
            "governance", string.concat(_profile(), ", ", driven, ", gas ", number, " ", step)
        );
    }

    function _end() internal {
        vm.snapshotValue(
            "governance", string.concat(_profile(), ", ", driven, ", delay"), block.timestamp - startedAt
        );
        driven = "";
    }
}
