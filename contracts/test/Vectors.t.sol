// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {RollDesk} from "../src/RollDesk.sol";
import {ConsentLedger} from "../src/ConsentLedger.sol";
import {Coordinator} from "../src/Coordinator.sol";
import {MerklePath} from "../src/MerklePath.sol";
import {ModelRegistry} from "../src/ModelRegistry.sol";
import {SumTree} from "../src/SumTree.sol";
import {TaskDesk} from "../src/TaskDesk.sol";
import {Court} from "../src/Court.sol";
import {IConsentLedger} from "../src/interfaces/IConsentLedger.sol";
import {DutyDesk} from "../src/DutyDesk.sol";
import {ICoordinatorTypes} from "../src/interfaces/ICoordinatorTypes.sol";
import {IModelRegistry} from "../src/interfaces/IModelRegistry.sol";
import {IRelays} from "../src/interfaces/IRelays.sol";
import {ITreasury} from "../src/interfaces/ITreasury.sol";
import {SumTreeBuilder} from "./SumTreeBuilder.sol";
import {Answers} from "./Answers.sol";
import {vm} from "./Vm.sol";

contract OpenCoordinator is Coordinator(address(0)) {
    function digest(uint32 task, uint32 round, bytes32 base, address participant, Opening calldata o)
        external
        view
        returns (bytes32)
    {
        return _digestOver(task, round, base, participant, o);
    }

    function record(address participant, bytes32 commitment, bytes32 groundsHash) external pure returns (bytes32) {
        return _record(participant, commitment, groundsHash);
    }

    function grounds(bytes32 grantId, bytes32 evidenceHash) external pure returns (bytes32) {
        return _grounds(grantId, evidenceHash);
    }
}

contract OpenDuty is DutyDesk {
    function counted(uint32 weight, uint8 behind) external pure returns (uint32) {
        return _counted(weight, behind);
    }
}

contract OpenDesk is TaskDesk(address(0)) {
    function taskId(address sponsor, TaskParams calldata p) external view returns (bytes32) {
        return _taskId(sponsor, p);
    }
}

/// The same answers as the Python side: both read vectors.json, which neither of them wrote.
contract VectorsTest is ICoordinatorTypes, Answers {
    function test_commitment() public {
        vm.chainId(_u(".commitment.chain_id"));
        OpenCoordinator coordinator = OpenCoordinator(payable(_a(".commitment.coordinator")));
        vm.etch(address(coordinator), address(new OpenCoordinator()).code);
        Opening memory o = Opening({
            payloadRoot: _b(".commitment.payload_root"),
            sealedRoot: _b(".commitment.sealed_root"),
            contentKeyHash: _b(".commitment.content_key_hash"),
            weight: uint32(_u(".commitment.weight")),
            groundsHash: _b(".commitment.grounds_hash"),
            salt: _b(".commitment.salt")
        });
        bytes32 digest = coordinator.digest(
            uint32(_u(".commitment.task")),
            uint32(_u(".commitment.round")),
            _b(".commitment.base_version"),
            _a(".commitment.participant"),
            o
        );
        vm.assertEq(digest, _b(".commitment.digest"), "digest");
        bytes32 record = coordinator.record(_a(".commitment.participant"), digest, o.groundsHash);
        bytes32 grounds = coordinator.grounds(_b(".commitment.grant_id"), _b(".commitment.evidence_hash"));
        vm.assertEq(grounds, o.groundsHash, "grounds");
        vm.assertEq(record, _b(".commitment.record"), "record");
        bytes memory leaf =
            abi.encodePacked(bytes1(0), _a(".commitment.participant"), o.payloadRoot, o.weight);
        vm.assertEq(sha256(leaf), _b(".commitment.included_leaf"), "leaf of the included tree");
    }

    function test_task_id() public {
        vm.chainId(_u(".task.chain_id"));
        OpenDesk desk = OpenDesk(payable(_a(".task.coordinator")));
        vm.etch(address(desk), address(new OpenDesk()).code);
        TaskParams memory p = abi.decode(vm.parseJsonBytes(json, ".task.params_abi"), (TaskParams));
        vm.assertEq(p.specHash, _b(".task.params.specHash"), "first field");
        vm.assertEq(p.maxStaleness, _u(".task.params.maxStaleness"), "max staleness");
        vm.assertEq(p.privacyFloor, _u(".task.params.privacyFloor"), "last field that is not 0");
        vm.assertEq(desk.taskId(_a(".task.sponsor"), p), _b(".task.task_id"), "task id");
    }

    function test_version_hash() public {
        vm.chainId(_u(".version.chain_id"));
        ModelRegistry models = ModelRegistry(_a(".version.registry"));
        vm.etch(address(models), address(new ModelRegistry()).code);
        IModelRegistry.Version memory v;
        v.task = uint32(_u(".version.task"));
        v.number = uint32(_u(".version.number"));
        v.round = uint32(_u(".version.round"));
        v.kind = uint8(_u(".version.kind"));
        v.parent = _b(".version.parent");
        v.modelRoot = _b(".version.model_root");
        v.aggregateRoot = _b(".version.aggregate_root");
        v.stateRoot = _b(".version.state_root");
        v.metricsHash = _b(".version.metrics_hash");
        v.purposes = uint64(_u(".version.purposes"));
        v.usableUntil = uint40(_u(".version.usable_until"));
        vm.assertEq(models.hashVersion(v), _b(".version.version_hash"), "version hash");
    }

    function test_grant_id() public {
        vm.chainId(_u(".grant.chain_id"));
        ConsentLedger ledger = ConsentLedger(_a(".grant.ledger"));
        vm.etch(address(ledger), address(new ConsentLedger()).code);
        ledger.initialize(address(this), address(this));
        IConsentLedger.Grant memory g = IConsentLedger.Grant({
            dataset: _b(".grant.dataset"),
            silo: _a(".grant.silo"),
            purposes: uint64(_u(".grant.purposes")),
            validFrom: uint40(_u(".grant.validFrom")),
            expiry: uint40(_u(".grant.expiry")),
            columns: _b(".grant.columns"),
            subjects: _b(".grant.subjects"),
            record: _b(".grant.record"),
            budget: _u(".grant.budget"),
            nonce: _u(".grant.nonce"),
            deadline: uint40(_u(".grant.deadline"))
        });
        vm.assertEq(ledger.hashGrant(g), _b(".grant.grant_id"), "grant id");
    }

    function test_signed_commit() public {
        vm.chainId(_u(".signed_commit.chain_id"));
        Court court = Court(payable(_a(".signed_commit.coordinator")));
        vm.etch(address(court), address(new Court(address(new RollDesk()))).code);
        IRelays.SignedCommit memory c;
        c.participant = _a(".signed_commit.participant");
        c.commitment = _b(".signed_commit.commitment");
        c.grantId = _b(".signed_commit.grant_id");
        c.evidenceHash = _b(".signed_commit.evidence_hash");
        bytes32 digest =
            court.hashCommit(uint32(_u(".signed_commit.task")), uint32(_u(".signed_commit.round")), c);
        vm.assertEq(digest, _b(".signed_commit.digest"), "digest");
        uint256 vs = uint256(_b(".signed_commit.vs"));
        bytes32 s = bytes32(vs & (type(uint256).max >> 1));
        address signer = ecrecover(digest, uint8(27 + (vs >> 255)), _b(".signed_commit.r"), s);
        vm.assertEq(signer, c.participant, "signer");
    }

    function test_location() public {
        vm.chainId(_u(".location.chain_id"));
        Court court = Court(payable(_a(".location.coordinator")));
        vm.etch(address(court), address(new Court(address(new RollDesk()))).code);
        (uint32 task, uint32 round) = (uint32(_u(".location.task")), uint32(_u(".location.round")));
        bytes32 digest = court.hashLocation(task, round, _a(".location.participant"), unicode"s3://bucket/sha256/ä");
        vm.assertEq(digest, _b(".location.digest"), "digest");
    }

    function test_sum_trees() public view {
        _sumTree(".sum_tree_1", 1);
        _sumTree(".sum_tree_4", 4);
        _sumTree(".sum_tree_5", 5);
    }

    function _sumTree(string memory at, uint256 n) internal view {
        address[] memory accounts = vm.parseJsonAddressArray(json, string.concat(at, ".accounts"));
        uint256[] memory amounts = vm.parseJsonUintArray(json, string.concat(at, ".amounts"));
        (bytes32 root, uint256 total) = SumTreeBuilder.root(accounts, amounts);
        vm.assertEq(root, _b(string.concat(at, ".root")), "root");
        vm.assertEq(total, _u(string.concat(at, ".total")), "total");
        ITreasury.SumNode[] memory proof = SumTreeBuilder.proof(accounts, amounts, n - 1);
        bool ok = this.verify(root, total, accounts[n - 1], amounts[n - 1], proof);
        vm.assertTrue(ok, "the last account's proof");
        for (uint256 i; i < proof.length; ++i) {
            string memory node = string.concat(at, ".last_proof[", i == 0 ? "0" : "1", "]");
            vm.assertEq(proof[i].hash, _b(string.concat(node, ".hash")), "sibling");
            vm.assertEq(proof[i].sum, _u(string.concat(node, ".sum")), "sibling's sum");
        }
    }

    function verify(
        bytes32 root,
        uint256 total,
        address account,
        uint256 cumulative,
        ITreasury.SumNode[] calldata proof
    ) external pure returns (bool) {
        return SumTree.verify(root, total, account, cumulative, proof);
    }

    function test_payload_trees() public view {
        _merkle(".merkle_1");
        _merkle(".merkle_6");
        _merkle(".merkle_7");
    }

    function _merkle(string memory at) internal view {
        bytes32[] memory chunks = vm.parseJsonBytes32Array(json, string.concat(at, ".chunks"));
        bytes32[] memory path = vm.parseJsonBytes32Array(json, string.concat(at, ".path"));
        bytes32 root = _b(string.concat(at, ".root"));
        uint256 index = _u(string.concat(at, ".index"));
        vm.assertEq(this.rootOf(abi.encode(chunks[index]), index, chunks.length, path), root, "path");
        vm.assertEq(this.fold(chunks), root, "fold");
    }

    function rootOf(bytes calldata chunk, uint256 index, uint256 count, bytes32[] calldata path)
        external
        view
        returns (bytes32)
    {
        return MerklePath.rootOf(MerklePath.leaf(chunk), index, count, path);
    }

    function fold(bytes32[] memory chunks) external view returns (bytes32) {
        for (uint256 i; i < chunks.length; ++i) {
            chunks[i] = sha256(abi.encodePacked(bytes1(0), chunks[i]));
        }
        return MerklePath.fold(chunks);
    }

    function test_weights_that_count_less_the_older_they_are() public {
        OpenDuty desk = new OpenDuty();
        uint256[] memory weights = vm.parseJsonUintArray(json, ".counted.weights");
        uint256[] memory behind = vm.parseJsonUintArray(json, ".counted.behind");
        uint256[] memory expected = vm.parseJsonUintArray(json, ".counted.counted");
        for (uint256 i; i < weights.length; ++i) {
            vm.assertEq(desk.counted(uint32(weights[i]), uint8(behind[i])), expected[i], "counted");
        }
    }

    /// The ERC-7201 slots written into the sources are the ones that their names give.
    function test_storage_slots() public pure {
        _slot("ParticipantRegistry", 0x80dea23591accbdf9363e8fc9480f5133cb72b8fcf15dd5cb099e4f4a0f60000);
        _slot("ConsentLedger", 0x9ccf76e7d709baeb39e9c3c9b7581f85093e3ed2cbbebc1a6185e0b3a5c7ef00);
        _slot("ModelRegistry", 0x09b0f44b001a4f72617c47d78ffbd775acca71780732f5ae10be62a546b71d00);
        _slot("Treasury", 0x177837ddff5f1613834604eacce0ad5912ef0737c7cb88760a76c3bb80f27000);
        _slot("Disputes", 0xb190c15aa9fcd84ba57d1da745be35fa29c0d6b2be5946c4772396efb1a54900);
        _slot("Coordinator", 0x2a3323ecafd46d19727651cc413113faa199c5f7f78323fe821e5353c5afa000);
    }

    function _slot(string memory name, bytes32 expected) internal pure {
        bytes32 id = keccak256(bytes(string.concat("prefect-federated.", name)));
        bytes32 slot = keccak256(abi.encode(uint256(id) - 1)) & ~bytes32(uint256(0xff));
        vm.assertEq(slot, expected, name);
    }
}
