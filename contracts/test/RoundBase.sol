// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SumTreeBuilder} from "./SumTreeBuilder.sol";
import {Base, ICoordinator, ITreasury, bound, vm} from "./Base.sol";

/// A task with four silos, aggregator and standby in duty, funded for ten rounds; and the steps of a round.
abstract contract RoundBase is Base {
    uint32 internal constant COMMIT = 100;
    uint32 internal constant REVEAL = 100;
    uint32 internal constant AGGREGATE = 100;
    uint32 internal constant CHALLENGE = 100;
    uint32 internal constant GRACE = 50;
    uint32 internal constant GAP = 10;
    uint256 internal constant SILOS = 4;

    uint32 internal task;
    uint32 internal round;
    mapping(address => bytes32) internal grants;
    mapping(address => uint256) internal earned;

    function setUp() public virtual override {
        super.setUp();
        _registerDataset();
        TaskParams memory p = _params();
        vm.prank(sponsor);
        task = coordinator.createTask(p, "ipfs://spec");
        _fund(task, 10 * REWARD);
        _onDuty(aggregator);
        _onDuty(standby);
        for (uint256 i; i < SILOS; ++i) {
            _join(i);
        }
    }

    function _params() internal view virtual returns (TaskParams memory p) {
        p.specHash = keccak256("spec");
        p.genesisRoot = keccak256("genesis");
        p.purposes = PURPOSE;
        p.commitWindow = COMMIT;
        p.revealWindow = REVEAL;
        p.aggregateWindow = AGGREGATE;
        p.challengeWindow = CHALLENGE;
        p.revealGrace = GRACE;
        p.finalityGap = GAP;
        p.quorum = 2;
        p.maxParticipants = 300;
        p.maxMisses = 2;
        p.waitRounds = 3;
        p.maxWeight = 1000;
        p.maxRounds = 50;
        p.chunkBytes = 1024;
        p.bond = BOND;
        p.aggregatorBond = DUTY_BOND;
        p.roundReward = REWARD;
        p.token = rewardToken;
        p.aggregator = aggregator;
        p.standby = standby;
        p.chunks = 3;
        p.limit = 2 ** 24;
        p.disclosure = 1;
        p.floorBps = 5000;
        p.modes = 3;
        p.aggregateHeader = keccak256("aggregate header");
    }

    function _onDuty(address who) internal {
        _register(who);
        _deposit(who, DUTY_BOND);
        vm.prank(who);
        coordinator.acceptDuty(task);
    }

    /// Registers, admits, funds, enrols silo `i`, and brings its grant.
    function _join(uint256 i) internal returns (address silo) {
        silo = _silo(i);
        _register(silo);
        _deposit(silo, BOND);
        grants[silo] = _bringGrant(_grantFor(silo, 1000 + i));
        vm.prank(silo);
        coordinator.enrol(task);
    }

    function _open() internal {
        vm.prank(sponsor);
        coordinator.openRound(task);
        round = coordinator.roundOf(task).round;
    }

    function _opening(address silo) internal view virtual returns (Opening memory) {
        return Opening({
            payloadRoot: keccak256(abi.encode("payload", silo, round)),
            sealedRoot: keccak256(abi.encode("sealed", silo, round)),
            contentKeyHash: keccak256(abi.encode("key", silo, round)),
            weight: 100,
            groundsHash: keccak256(abi.encode(grants[silo], _evidence(silo))),
            salt: keccak256(abi.encode("salt", silo, round))
        });
    }

    function _evidence(address silo) internal pure returns (bytes32) {
        return keccak256(abi.encode("evidence", silo));
    }

    /// The commitment written a second time, from its definition and not with the contract's code.
    function _digest(address silo, Opening memory o) internal view returns (bytes32) {
        return _digestOver(silo, o, coordinator.roundOf(task).baseVersion);
    }

    function _digestOver(address silo, Opening memory o, bytes32 base) internal view returns (bytes32) {
        bytes32 typehash = keccak256(
            "Commitment(uint256 chainId,address coordinator,uint32 task,uint32 round,bytes32 baseVersion,address participant,bytes32 payloadRoot,bytes32 sealedRoot,bytes32 contentKeyHash,uint32 weight,bytes32 groundsHash,bytes32 salt)"
        );
        bytes memory head = abi.encode(typehash, block.chainid, address(coordinator), task, round, base, silo);
        return keccak256(
            bytes.concat(
                head,
                abi.encode(o.payloadRoot, o.sealedRoot, o.contentKeyHash, o.weight, o.groundsHash, o.salt)
            )
        );
    }

    function _commit(address silo) internal {
        Opening memory o = _opening(silo);
        bytes32 commitment = _digest(silo, o);
        vm.prank(silo);
        coordinator.commit(task, round, commitment, grants[silo], _evidence(silo));
    }

    function _reveal(address silo) internal {
        Opening memory o = _opening(silo);
        vm.prank(silo);
        coordinator.reveal(task, round, o, "s3://bucket/payload");
    }

    function _commitAll() internal {
        for (uint256 i; i < SILOS; ++i) {
            _commit(_silo(i));
        }
        vm.warp(coordinator.roundOf(task).opensAt);
    }

    function _revealAll() internal {
        for (uint256 i; i < SILOS; ++i) {
            _reveal(_silo(i));
        }
    }

    /// Includes everybody who revealed; the reward, split evenly, goes to the four silos.
    function _proposal() internal view virtual returns (Proposal memory p) {
        p.aggregateRoot = keccak256(abi.encode("aggregate", round));
        p.modelRoot = keccak256(abi.encode("model", round));
        p.stateRoot = keccak256(abi.encode("state", round));
        p.includedRoot = keccak256(abi.encode("included", round));
        p.metricsHash = keccak256(abi.encode("metrics", round));
        p.included = coordinator.roundOf(task).revealed;
        (address[] memory accounts, uint256[] memory amounts) = _rewards();
        (p.rewardRoot, p.rewardTotal) = SumTreeBuilder.root(accounts, amounts);
        (p.purposes, p.usableUntil) = (PURPOSE | 8, consent.grantOf(grants[_silo(0)]).expiry);
        p.uri = "ipfs://model";
    }

    /// What each silo has earned in all, this round included.
    function _rewards() internal view returns (address[] memory accounts, uint256[] memory amounts) {
        accounts = new address[](SILOS);
        amounts = new uint256[](SILOS);
        for (uint256 i; i < SILOS; ++i) {
            accounts[i] = _silo(i);
            amounts[i] = earned[accounts[i]] + REWARD / SILOS;
        }
    }

    function _propose(Proposal memory p) internal {
        vm.prank(aggregator);
        coordinator.propose(task, round, p);
    }

    function _settle(Proposal memory p) internal {
        vm.warp(uint256(coordinator.roundOf(task).deadline) + 1);
        coordinator.settle(task, round, p);
        for (uint256 i; i < SILOS; ++i) {
            earned[_silo(i)] += REWARD / SILOS;
        }
    }

    function _claim(address account) internal {
        (address[] memory accounts, uint256[] memory amounts) = _earned();
        uint256 i;
        while (accounts[i] != account) ++i;
        treasury.claim(task, account, amounts[i], SumTreeBuilder.proof(accounts, amounts, i));
    }

    function _earned() internal view returns (address[] memory accounts, uint256[] memory amounts) {
        accounts = new address[](SILOS);
        amounts = new uint256[](SILOS);
        for (uint256 i; i < SILOS; ++i) {
            (accounts[i], amounts[i]) = (_silo(i), earned[_silo(i)]);
        }
    }

    /// One round in which everybody does everything.
    function _runRound() internal returns (Proposal memory p) {
        _open();
        _commitAll();
        _revealAll();
        p = _proposal();
        _propose(p);
        _settle(p);
    }

    function _phase() internal view returns (Phase) {
        return coordinator.roundOf(task).phase;
    }

    function _assertPhase(Phase expected) internal view {
        vm.assertEq(uint256(_phase()), uint256(expected), "phase");
    }
}
