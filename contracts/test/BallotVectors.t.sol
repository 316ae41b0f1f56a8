// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Committee} from "../src/Committee.sol";
import {ICommitteeTypes} from "../src/interfaces/ICommitteeTypes.sol";
import {Sampling} from "../src/Sampling.sol";
import {Answers} from "./Answers.sol";
import {vm} from "./Vm.sol";

contract OpenCommittee is Committee {
    function voteHash(uint32 task, uint32 round, address member, Vote calldata vote)
        external
        view
        returns (bytes32)
    {
        return _voteHash(task, round, member, vote);
    }

    function attestationDigest(uint32 task, uint32 round, address member, bytes32 commitment)
        external
        view
        returns (bytes32)
    {
        return _attestationDigest(task, round, member, commitment);
    }

    function seedOf(uint32 task, uint32 round, bytes32 mix, bytes32 randomness) external view returns (bytes32) {
        return _seed(task, round, mix, randomness);
    }
}

/// A committee's known answers, from vectors.json.
contract BallotVectorsTest is Answers {
    function test_ballot() public {
        vm.chainId(_u(".ballot.chain_id"));
        OpenCommittee c = OpenCommittee(payable(_a(".ballot.committee")));
        vm.etch(address(c), address(new OpenCommittee()).code);
        (uint32 task, uint32 round) = (uint32(_u(".ballot.task")), uint32(_u(".ballot.round")));
        address member = _a(".ballot.member");
        ICommitteeTypes.Vote memory v = ICommitteeTypes.Vote({
            accept: true,
            metric: int64(vm.parseJsonInt(json, ".ballot.metric")),
            scoresHash: _b(".ballot.scores_hash"),
            salt: _b(".ballot.salt")
        });
        bytes32 commitment = c.voteHash(task, round, member, v);
        vm.assertEq(commitment, _b(".ballot.commitment"), "commitment");
        bytes32 digest = c.attestationDigest(task, round, member, commitment);
        vm.assertEq(digest, _b(".ballot.attestation_digest"), "attestation");
        bytes32 mix = keccak256(abi.encode(member, v.salt));
        vm.assertEq(mix, _b(".ballot.mix"), "mix");
        vm.assertEq(c.seedOf(task, round, mix, _b(".ballot.randomness")), _b(".ballot.seed"), "seed");
    }

    function test_draw() public view {
        uint256[] memory weights = vm.parseJsonUintArray(json, ".ballot.weights");
        uint256[] memory places = Sampling.draw(_b(".ballot.seed"), weights, _u(".ballot.size"));
        uint256[] memory expected = vm.parseJsonUintArray(json, ".ballot.places");
        vm.assertEq(places.length, expected.length, "size");
        for (uint256 k; k < places.length; ++k) {
            vm.assertEq(places[k], expected[k], "place");
        }
    }
}
