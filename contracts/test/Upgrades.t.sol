// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {RollDesk} from "../src/RollDesk.sol";
import {Court} from "../src/Court.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {UUPSUpgradeable} from "@openzeppelin/contracts/proxy/utils/UUPSUpgradeable.sol";
import {AnnouncedUpgrades} from "../src/AnnouncedUpgrades.sol";
import {Appeals} from "../src/Appeals.sol";
import {Committee} from "../src/Committee.sol";
import {ConsentLedger} from "../src/ConsentLedger.sol";
import {Coordinator} from "../src/Coordinator.sol";
import {ModelRegistry} from "../src/ModelRegistry.sol";
import {ParticipantRegistry} from "../src/ParticipantRegistry.sol";
import {Reputation} from "../src/Reputation.sol";
import {Treasury} from "../src/Treasury.sol";
import {RoundBase, vm} from "./RoundBase.sol";
import {SumTreeBuilder} from "./SumTreeBuilder.sol";

contract UpgradesTest is RoundBase {
    uint256 internal constant STEPS = 9;
    bytes32 internal constant IMPLEMENTATION =
        bytes32(uint256(keccak256("eip1967.proxy.implementation")) - 1);

    function _all() internal view returns (address[8] memory) {
        return [
            address(registry),
            address(consent),
            address(models),
            address(treasury),
            address(coordinator),
            address(committee),
            address(appeals),
            address(reputation)
        ];
    }

    function _announce(address code) internal {
        coordinatorProxy().announceUpgrade(code, "");
    }

    function coordinatorProxy() internal view returns (AnnouncedUpgrades) {
        return AnnouncedUpgrades(address(coordinator));
    }

    function test_upgradeToAndCall_is_refused_even_to_governance_unless_it_was_announced() public {
        address code = address(new ModelRegistry());
        address[8] memory all = _all();
        for (uint256 i; i < all.length; ++i) {
            vm.expectPartialRevert(AnnouncedUpgrades.UpgradeNotAnnounced.selector);
            UUPSUpgradeable(all[i]).upgradeToAndCall(code, "");
        }
    }

    function test_announceUpgrade_and_withdrawUpgrade_are_governances() public {
        address[8] memory all = _all();
        bytes memory refused =
            abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, stranger);
        vm.startPrank(stranger);
        for (uint256 i; i < all.length; ++i) {
            vm.expectRevert(refused);
            AnnouncedUpgrades(all[i]).announceUpgrade(stranger, "");
            vm.expectRevert(refused);
            AnnouncedUpgrades(all[i]).withdrawUpgrade();
        }
    }

    function test_upgradeToAndCall_is_refused_until_two_unbonding_periods_have_passed() public {
        address code = address(new Coordinator(address(new Court(address(new RollDesk())))));
        _announce(code);
        (, uint40 earliest) = coordinatorProxy().announcedUpgrade();
        vm.assertEq(earliest, block.timestamp + 2 * UNBONDING, "told");
        vm.warp(earliest - 1);
        vm.expectRevert(
            abi.encodeWithSelector(AnnouncedUpgrades.UpgradeTooEarly.selector, earliest, earliest - 1)
        );
        coordinatorProxy().upgradeToAndCall(code, "");
        vm.warp(earliest);
        vm.prank(stranger); // anyone makes it
        coordinatorProxy().upgradeToAndCall(code, "");
        vm.expectPartialRevert(AnnouncedUpgrades.UpgradeNotAnnounced.selector); // once
        coordinatorProxy().upgradeToAndCall(code, "");
    }

    function test_upgradeToAndCall_is_refused_with_another_code_or_call_than_announced() public {
        address code = address(new Coordinator(address(new Court(address(new RollDesk())))));
        _announce(code);
        vm.warp(block.timestamp + 2 * UNBONDING);
        address other = address(new Coordinator(address(new Court(address(new RollDesk())))));
        vm.expectPartialRevert(AnnouncedUpgrades.UpgradeNotAnnounced.selector);
        coordinatorProxy().upgradeToAndCall(other, "");
        vm.expectPartialRevert(AnnouncedUpgrades.UpgradeNotAnnounced.selector);
        coordinatorProxy().upgradeToAndCall(code, abi.encodeCall(coordinator.tick, (task)));
    }

    function test_withdrawUpgrade_stops_what_was_announced() public {
        vm.expectRevert(abi.encodeWithSelector(AnnouncedUpgrades.UpgradeNotAnnounced.selector, 0, 0));
        coordinatorProxy().withdrawUpgrade();
        address code = address(new Coordinator(address(new Court(address(new RollDesk())))));
        _announce(code);
        coordinatorProxy().withdrawUpgrade();
        vm.warp(block.timestamp + 2 * UNBONDING);
        vm.expectPartialRevert(AnnouncedUpgrades.UpgradeNotAnnounced.selector);
        coordinatorProxy().upgradeToAndCall(code, "");
    }

    function test_announceUpgrade_again_begins_the_time_anew() public {
        address code = address(new Coordinator(address(new Court(address(new RollDesk())))));
        _announce(code);
        vm.warp(block.timestamp + 2 * UNBONDING - 1);
        _announce(code);
        vm.warp(block.timestamp + 1);
        vm.expectPartialRevert(AnnouncedUpgrades.UpgradeTooEarly.selector);
        coordinatorProxy().upgradeToAndCall(code, "");
    }

    /// Whoever does not want the announced code leaves in time, even out of a round that a pause holds up.
    function test_announceUpgrade_leaves_time_to_leave_a_paused_round_and_unbond() public {
        _open();
        _announce(stranger);
        (, uint40 earliest) = coordinatorProxy().announcedUpgrade();
        coordinator.pause(uint40(block.timestamp + UNBONDING / 4));
        vm.warp(uint256(coordinator.roundOf(task).deadline) + 1);
        vm.startPrank(_silo(0));
        coordinator.leave(task);
        registry.requestUnbond(BOND);
        vm.warp(registry.participant(_silo(0)).unbondAt);
        registry.withdraw();
        vm.assertLe(block.timestamp, earliest, "before the new code");
    }

    /// The same round is played nine times; an upgrade of everything before each of its steps changes nothing.
    function test_upgradeToAndCall_in_each_phase_lets_the_running_round_finish_unchanged() public {
        address[8] memory codes = [
            address(new ParticipantRegistry()),
            address(new ConsentLedger()),
            address(new ModelRegistry()),
            address(new Treasury()),
            address(new Coordinator(address(new Court(address(new RollDesk()))))),
            address(new Committee()),
            address(new Appeals()),
            address(new Reputation())
        ];
        address[8] memory all = _all();
        for (uint256 i; i < all.length; ++i) {
            AnnouncedUpgrades(all[i]).announceUpgrade(codes[i], "");
        }
        vm.warp(block.timestamp + 2 * UNBONDING);
        uint256 start = vm.snapshotState();
        bytes32 expected = _play(STEPS + 1, codes);
        for (uint256 step; step <= STEPS; ++step) {
            vm.revertToState(start);
            vm.assertEq(_play(step, codes), expected, "as without an upgrade");
            vm.assertEq(address(uint160(uint256(vm.load(all[4], IMPLEMENTATION)))), codes[4], "upgraded");
        }
    }

    function _play(uint256 upgradeAt, address[8] memory codes) internal returns (bytes32) {
        round = 0;
        for (uint256 step; step <= STEPS; ++step) {
            if (step == upgradeAt) _upgrade(codes);
            if (step < STEPS) _step(step);
        }
        (bytes32 head,) = models.head(task);
        return keccak256(
            abi.encode(
                coordinator.roundOf(task),
                coordinator.taskOf(task),
                head,
                treasury.accountOf(task),
                registry.participant(_silo(3)),
                _balance(rewardToken, _silo(0))
            )
        );
    }

    function _step(uint256 step) internal {
        if (step == 0) return _open();
        if (step == 1) return _commit(_silo(0));
        if (step == 2) return _commitAllBut(0);
        if (step == 3) {
            vm.warp(coordinator.roundOf(task).opensAt);
            return _reveal(_silo(0));
        }
        if (step == 4) {
            _reveal(_silo(1));
            return vm.warp(uint256(coordinator.roundOf(task).deadline) + 1);
        }
        if (step == 5) return _propose(_proposal());
        if (step == 6) {
            vm.warp(uint256(coordinator.roundOf(task).deadline) + 1);
            return coordinator.settle(task, round, _proposal());
        }
        if (step == 7) return coordinator.slashSilent(task, round, _silent());
        (address[] memory accounts, uint256[] memory amounts) = _rewards();
        treasury.claim(task, _silo(0), amounts[0], SumTreeBuilder.proof(accounts, amounts, 0));
    }

    function _commitAllBut(uint256 first) internal {
        for (uint256 i = first + 1; i < SILOS; ++i) {
            _commit(_silo(i));
        }
    }

    function _silent() internal pure returns (uint16[] memory indices) {
        indices = new uint16[](2);
        (indices[0], indices[1]) = (2, 3);
    }

    function _upgrade(address[8] memory codes) internal {
        address[8] memory all = _all();
        for (uint256 i; i < all.length; ++i) {
            UUPSUpgradeable(all[i]).upgradeToAndCall(codes[i], "");
        }
    }
}
