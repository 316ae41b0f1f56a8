// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IModelRegistry} from "../src/interfaces/IModelRegistry.sol";
import {Base, vm} from "./Base.sol";

contract ModelRegistryTest is Base {
    function _as() internal {
        vm.prank(address(coordinator));
    }

    function _append(uint32 round, string memory model) internal returns (IModelRegistry.Version memory v) {
        (v.parent, v.number) = models.head(1);
        ++v.number;
        (v.task, v.round, v.kind) = (1, round, 1);
        v.modelRoot = keccak256(bytes(model));
        v.aggregateRoot = keccak256("aggregate");
        v.stateRoot = keccak256("state");
        v.metricsHash = keccak256("metrics");
        _as();
        models.append(1, round, v.modelRoot, v.aggregateRoot, v.stateRoot, v.metricsHash, "ipfs://m");
    }

    function _genesis() internal returns (IModelRegistry.Version memory v) {
        (v.task, v.modelRoot) = (1, keccak256("first"));
        _as();
        models.genesis(1, v.modelRoot, "ipfs://genesis");
    }

    function _chain() internal returns (IModelRegistry.Version[] memory path) {
        path = new IModelRegistry.Version[](3);
        path[2] = _genesis();
        path[1] = _append(1, "one");
        path[0] = _append(2, "two");
    }

    function test_only_the_coordinator_writes() public {
        bytes memory refused = abi.encodeWithSelector(IModelRegistry.OnlyCoordinator.selector, address(this));
        vm.expectRevert(refused);
        models.genesis(1, 0, "");
        vm.expectRevert(refused);
        models.append(1, 1, 0, 0, 0, 0, "");
        vm.expectRevert(refused);
        models.rollback(1, 1, new IModelRegistry.Version[](2), "");
    }

    function test_a_task_has_one_genesis() public {
        _genesis();
        _as();
        vm.expectRevert(abi.encodeWithSelector(IModelRegistry.GenesisExists.selector, 1));
        models.genesis(1, keccak256("another"), "");
    }

    function test_a_task_without_versions_has_no_head_and_takes_no_round() public {
        vm.expectRevert(abi.encodeWithSelector(IModelRegistry.UnknownTask.selector, 9));
        models.head(9);
        _as();
        vm.expectRevert(abi.encodeWithSelector(IModelRegistry.UnknownTask.selector, 9));
        models.append(9, 1, 0, 0, 0, 0, "");
    }

    function test_the_head_is_the_hash_of_the_last_version_and_each_names_its_parent() public {
        IModelRegistry.Version[] memory path = _chain();
        (bytes32 head, uint32 number) = models.head(1);
        vm.assertEq(head, models.hashVersion(path[0]), "head");
        vm.assertEq(number, 2, "number");
        vm.assertEq(path[0].parent, models.hashVersion(path[1]), "parent");
        vm.assertEq(path[1].parent, models.hashVersion(path[2]), "genesis");
    }

    function test_a_version_of_another_registry_or_chain_has_another_hash() public {
        IModelRegistry.Version memory v = _genesis();
        bytes32 here = models.hashVersion(v);
        vm.chainId(block.chainid + 1);
        vm.assertTrue(here != models.hashVersion(v), "chain");
    }

    function test_rollback_appends_a_version_with_the_old_model_that_points_back() public {
        IModelRegistry.Version[] memory path = _chain();
        (bytes32 head,) = models.head(1);
        _as();
        (uint32 number, bytes32 hash) = models.rollback(1, 2, path, "");
        IModelRegistry.Version memory v;
        (v.task, v.number, v.round, v.kind, v.parent) = (1, 3, 2, 2, head);
        v.modelRoot = path[2].modelRoot;
        v.aggregateRoot = models.hashVersion(path[2]);
        vm.assertEq(hash, models.hashVersion(v), "version");
        vm.assertEq(number, 3, "number");
    }

    function test_rollback_to_a_model_that_never_was_is_refused() public {
        IModelRegistry.Version[] memory path = _chain();
        path[2].modelRoot = keccak256("backdoor");
        _as();
        vm.expectPartialRevert(IModelRegistry.BrokenPath.selector);
        models.rollback(1, 2, path, "");
    }

    function test_rollback_must_start_at_the_head_and_skip_nothing() public {
        IModelRegistry.Version[] memory path = _chain();
        IModelRegistry.Version[] memory skipping = new IModelRegistry.Version[](2);
        (skipping[0], skipping[1]) = (path[0], path[2]);
        _as();
        vm.expectPartialRevert(IModelRegistry.BrokenPath.selector);
        models.rollback(1, 2, skipping, "");
        (skipping[0], skipping[1]) = (path[1], path[2]);
        _as();
        vm.expectPartialRevert(IModelRegistry.BrokenPath.selector);
        models.rollback(1, 2, skipping, "");
    }

    function test_rollback_to_the_head_itself_is_refused() public {
        IModelRegistry.Version[] memory path = _chain();
        IModelRegistry.Version[] memory one = new IModelRegistry.Version[](1);
        one[0] = path[0];
        _as();
        vm.expectPartialRevert(IModelRegistry.BrokenPath.selector);
        models.rollback(1, 2, one, "");
    }
}
