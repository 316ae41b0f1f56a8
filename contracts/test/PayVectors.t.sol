// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDisputeTypes} from "../src/interfaces/IDisputeTypes.sol";
import {ScoreBase} from "./ScoreBase.sol";
import {vm} from "./RoundBase.sol";

/// Known answers of a round's pay, from vectors.json: what they say is due cannot be refuted.
contract PayVectorsTest is ScoreBase {
    string internal json;

    function _plays(string memory name) internal {
        json = vm.readFile("test/vectors.json");
        rewardBy = 2;
        feeBps = uint16(vm.parseJsonUint(json, string.concat(name, ".fee_bps")));
        validatorBps = uint16(vm.parseJsonUint(json, string.concat(name, ".validator_bps")));
        shareCapBps = uint16(vm.parseJsonUint(json, string.concat(name, ".share_cap_bps")));
        bytes[] memory given = vm.parseJsonBytesArray(json, string.concat(name, ".vectors"));
        if (given.length < SIZE) mute = uint8(given.length);
        for (uint8 k; k < given.length; ++k) {
            vectors[k] = given[k];
        }
        _again();
        _toAggregate();
        uint256[] memory amounts = vm.parseJsonUintArray(json, string.concat(name, ".amounts"));
        for (uint256 i; i < SILOS; ++i) {
            vm.assertEq(_earns(_silo(i), aggregator), amounts[i], "amount");
        }
        vm.assertEq(_earns(aggregator, aggregator), vm.parseJsonUint(json, string.concat(name, ".fee")), "fee");
        vm.assertEq(_earns(_member(0), aggregator), vm.parseJsonUint(json, string.concat(name, ".pay")), "pay");
        Proposal memory p = _proposal();
        _propose(p);
        vm.expectRevert(abi.encodeWithSelector(IDisputeTypes.NotWrong.selector, p.rewardTotal, p.rewardTotal));
        this.accuse(p);
    }

    function test_pay_of_three_votes() public {
        _plays(".pay_3");
    }

    function test_pay_of_two_votes_under_a_cap() public {
        _plays(".pay_2");
    }

    function test_pay_of_scores_that_come_to_nothing() public {
        _plays(".pay_0");
    }
}
