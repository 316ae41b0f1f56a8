// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Operation} from "@gnosis-guild/zodiac-core/contracts/core/Operation.sol";
import {AnnouncedUpgrades} from "../src/AnnouncedUpgrades.sol";
import {DelayStandIn} from "./DelayStandIn.sol";
import {GovernanceBase, vm} from "./GovernanceBase.sol";
import {ISafe, ISafeProxyFactory, Safes} from "./Safes.sol";

/// A council's Safe, two of three, queues in a Delay before the Safe that administers; the council itself is
/// guardian. The administering Safe has no owner who could sign: nothing goes around the Delay.
/// forge-config: default.isolate = true
contract SafeGovernanceTest is GovernanceBase {
    uint256 internal constant COOLDOWN = 2 days;

    ISafe internal council;
    ISafe internal executor;
    DelayStandIn internal delay;
    uint256[] internal keys;

    function _profile() internal pure override returns (string memory) {
        return "safe";
    }

    function _install() internal override returns (address) {
        (ISafeProxyFactory factory, address singleton) = Safes.factory();
        _sortedKeys();
        address[] memory owners = new address[](3);
        (owners[0], owners[1], owners[2]) = (vm.addr(keys[0]), vm.addr(keys[1]), vm.addr(keys[2]));
        council = Safes.safe(factory, singleton, owners, 2, 1);
        owners = new address[](1);
        owners[0] = vm.addr(keys[0]); // until the Delay stands
        executor = Safes.safe(factory, singleton, owners, 1, 2);
        delay = new DelayStandIn(address(this), address(executor), COOLDOWN);
        delay.enableModule(address(council));
        delay.transferOwnership(address(council));
        uint256[] memory first = new uint256[](1);
        first[0] = keys[0];
        Safes.run(executor, first, address(executor), abi.encodeCall(ISafe.enableModule, (address(delay))));
        Safes.run(
            executor,
            first,
            address(executor),
            abi.encodeCall(ISafe.swapOwner, (address(1), owners[0], address(delay)))
        );
        _handOver(address(executor), address(council));
        return address(executor);
    }

    function _govern(address target, bytes memory data) internal override {
        _queue(target, data);
        vm.warp(block.timestamp + COOLDOWN);
        vm.prank(stranger);
        delay.executeNextTx(target, 0, data, Operation.Call);
        _measured("execute");
    }

    function _queue(address target, bytes memory data) internal {
        bytes memory queue =
            abi.encodeCall(delay.execTransactionFromModule, (target, 0, data, Operation.Call));
        Safes.run(council, _two(), address(delay), queue);
        _measured("queue");
    }

    function _guard(address target, bytes memory data) internal override {
        Safes.run(council, _two(), target, data);
        _measured("call");
    }

    function _two() internal view returns (uint256[] memory two) {
        two = new uint256[](2);
        (two[0], two[1]) = (keys[0], keys[1]);
    }

    /// A Safe wants its signatures by ascending owner.
    function _sortedKeys() internal {
        keys = [uint256(0x5afe1), 0x5afe2, 0x5afe3];
        for (uint256 i; i < 9; ++i) {
            uint256 k = i % 2;
            if (vm.addr(keys[k]) > vm.addr(keys[k + 1])) (keys[k], keys[k + 1]) = (keys[k + 1], keys[k]);
        }
    }

    function test_nothing_passes_before_the_cooldown_and_the_council_skips_what_it_regrets() public {
        bytes memory data = abi.encodeCall(coordinator.appoint, (task, stranger, standby));
        _queue(address(coordinator), data);
        vm.warp(block.timestamp + COOLDOWN - 1);
        vm.expectRevert("Transaction is still in cooldown");
        delay.executeNextTx(address(coordinator), 0, data, Operation.Call);
        Safes.run(council, _two(), address(delay), abi.encodeCall(delay.setTxNonce, (1)));
        vm.warp(block.timestamp + 1);
        vm.expectRevert("Transaction queue is empty");
        delay.executeNextTx(address(coordinator), 0, data, Operation.Call);
    }

    function test_one_signature_of_two_moves_nothing() public {
        uint256[] memory one = new uint256[](1);
        one[0] = keys[0];
        bytes memory data = abi.encodeCall(coordinator.pause, (uint40(block.timestamp + 1)));
        bytes memory signatures = Safes.sign(council, one, address(coordinator), data);
        vm.expectRevert("GS020");
        council.execTransaction(
            address(coordinator), 0, data, 0, 0, 0, 0, address(0), payable(address(0)), signatures
        );
    }

    function test_council_and_deployer_cannot_go_around_the_delay() public {
        bytes memory upgrade = abi.encodeCall(AnnouncedUpgrades.announceUpgrade, (stranger, ""));
        _mayNot(address(council), address(coordinator), upgrade);
        _mayNot(address(this), address(coordinator), upgrade);
        uint256[] memory first = new uint256[](1);
        first[0] = keys[0];
        bytes memory signatures = Safes.sign(executor, first, address(coordinator), upgrade);
        vm.expectRevert("GS026");
        executor.execTransaction(
            address(coordinator), 0, upgrade, 0, 0, 0, 0, address(0), payable(address(0)), signatures
        );
    }
}
