// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IModelRegistry} from "../src/interfaces/IModelRegistry.sol";
import {IRoundTypes} from "../src/interfaces/IRoundTypes.sol";
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
        (v.purposes, v.usableUntil) = (~uint64(uint64(1) << round), type(uint40).max - round); // each round gives less
        if (round > 1) v.purposes &= ~uint64(2);
        _as();
        models.append(1, round, _proposed(v));
    }

    function _proposed(IModelRegistry.Version memory v) internal pure returns (IRoundTypes.Proposal memory p) {
        (p.modelRoot, p.aggregateRoot, p.stateRoot) = (v.modelRoot, v.aggregateRoot, v.stateRoot);
        (p.metricsHash, p.purposes, p.usableUntil) = (v.metricsHash, v.purposes, v.usableUntil);
        p.uri = "ipfs://m";
    }

    function _genesis() internal returns (IModelRegistry.Version memory v) {
        (v.task, v.modelRoot) = (1, keccak256("first"));
        (v.purposes, v.usableUntil) = (type(uint64).max, type(uint40).max);
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
        IRoundTypes.Proposal memory made;
        vm.expectRevert(refused);
        models.append(1, 1, made);
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
        IRoundTypes.Proposal memory made;
        vm.expectRevert(abi.encodeWithSelector(IModelRegistry.UnknownTask.selector, 9));
        models.append(9, 1, made);
        vm.expectRevert(abi.encodeWithSelector(IModelRegistry.UnknownTask.selector, 9));
        models.rightsOf(9);
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
        (v.purposes, v.usableUntil) = (path[2].purposes, path[2].usableUntil);
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

    // --- what a version may be used for

    function test_a_genesis_may_be_used_for_everything_without_end() public {
        _genesis();
        (uint64 purposes, uint40 until) = models.rightsOf(1);
        vm.assertEq(purposes, type(uint64).max, "purposes");
        vm.assertEq(until, type(uint40).max, "until");
    }

    function test_a_version_gets_no_right_that_its_parent_has_not(uint64 purposes, uint40 until) public {
        IModelRegistry.Version memory parent = _chain()[0];
        IModelRegistry.Version memory v;
        (v.task, v.number, v.round, v.kind, v.parent) = (1, 3, 3, 1, models.hashVersion(parent));
        (v.purposes, v.usableUntil) = (purposes, until);
        _as();
        models.append(1, 3, _proposed(v));
        v.purposes = purposes & parent.purposes;
        v.usableUntil = until < parent.usableUntil ? until : parent.usableUntil;
        (bytes32 head,) = models.head(1);
        vm.assertEq(head, models.hashVersion(v), "head");
        (uint64 kept, uint40 ends) = models.rightsOf(1);
        vm.assertEq(kept, v.purposes, "purposes");
        vm.assertEq(ends, v.usableUntil, "until");
    }

    function test_rollback_gives_back_the_rights_of_the_old_model() public {
        IModelRegistry.Version[] memory path = _chain();
        (uint64 before,) = models.rightsOf(1);
        vm.assertEq(before, path[0].purposes, "narrow before");
        _as();
        models.rollback(1, 2, path, "");
        (uint64 purposes, uint40 until) = models.rightsOf(1);
        vm.assertEq(purposes, type(uint64).max, "purposes");
        vm.assertEq(until, type(uint40).max, "until");
    }

    function test_rollback_to_a_model_with_wider_rights_than_it_had_is_refused() public {
        IModelRegistry.Version[] memory path = _chain();
        path[1].purposes = type(uint64).max;
        _as();
        vm.expectPartialRevert(IModelRegistry.BrokenPath.selector);
        models.rollback(1, 2, path, "");
    }

    // --- remedies

    function _answer(bytes32 version, IModelRegistry.Remedy action, bytes32 reason) internal {
        models.answerRemedy(1, version, keccak256("grant"), action, reason);
    }

    function test_only_the_steward_answers_a_remedy() public {
        _genesis();
        (bytes32 head,) = models.head(1);
        vm.prank(address(0xbad));
        vm.expectRevert(
            abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, address(0xbad))
        );
        models.answerRemedy(1, head, keccak256("grant"), IModelRegistry.Remedy.Accept, keccak256("why"));
    }

    function test_an_answer_names_version_grant_action_and_reason() public {
        _genesis();
        (bytes32 head,) = models.head(1);
        bytes32 why = keccak256("why");
        vm.expectPartialRevert(IModelRegistry.EmptyAnswer.selector);
        models.answerRemedy(1, 0, keccak256("grant"), IModelRegistry.Remedy.Accept, why);
        vm.expectPartialRevert(IModelRegistry.EmptyAnswer.selector);
        models.answerRemedy(1, head, 0, IModelRegistry.Remedy.Accept, why);
        vm.expectPartialRevert(IModelRegistry.EmptyAnswer.selector);
        models.answerRemedy(1, head, keccak256("grant"), IModelRegistry.Remedy.None, why);
        vm.expectPartialRevert(IModelRegistry.EmptyAnswer.selector);
        models.answerRemedy(1, head, keccak256("grant"), IModelRegistry.Remedy.Accept, 0);
        vm.expectRevert(abi.encodeWithSelector(IModelRegistry.UnknownTask.selector, 9));
        models.answerRemedy(9, head, keccak256("grant"), IModelRegistry.Remedy.Accept, why);
    }

    function test_an_answer_is_in_the_log_with_who_gave_it() public {
        _genesis();
        (bytes32 head,) = models.head(1);
        vm.expectEmit(address(models));
        emit IModelRegistry.RemedyAnswered(
            1, head, keccak256("grant"), IModelRegistry.Remedy.Retrain, keccak256("why"), address(this)
        );
        _answer(head, IModelRegistry.Remedy.Retrain, keccak256("why"));
        vm.assertTrue(!models.isRetired(head), "to be trained anew, not retired");
    }

    function test_a_retired_version_stays_retired() public {
        _genesis();
        (bytes32 head,) = models.head(1);
        _answer(head, IModelRegistry.Remedy.Accept, keccak256("why"));
        vm.assertTrue(!models.isRetired(head), "accepted");
        _answer(head, IModelRegistry.Remedy.Retire, keccak256("why"));
        vm.assertTrue(models.isRetired(head), "retired");
        _answer(head, IModelRegistry.Remedy.Accept, keccak256("another reason"));
        vm.assertTrue(models.isRetired(head), "for good");
        vm.assertTrue(!models.isRetired(keccak256("another version")), "that one alone");
    }
}
