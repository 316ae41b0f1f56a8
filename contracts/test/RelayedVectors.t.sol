// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IMaskedRelays} from "../src/interfaces/IMaskedRelays.sol";
import {ShareDesk} from "../src/ShareDesk.sol";
import {vm} from "./Vm.sol";

/// What participants of masked rounds sign for relayers, as Python reckons it too.
contract RelayedVectorsTest {
    string private json = vm.readFile("test/vectors.json");

    function test_dealing() public {
        IMaskedRelays.SignedDealing memory d;
        d.participant = vm.parseJsonAddress(json, ".dealing.participant");
        d.grantId = vm.parseJsonBytes32(json, ".dealing.grant_id");
        d.maskingKey = vm.parseJsonBytes32(json, ".dealing.masking_key");
        d.root = vm.parseJsonBytes32(json, ".dealing.root");
        d.uri = unicode"s3://bucket/sha256/dä";
        (ShareDesk desk, uint32 task, uint32 round) = _place(".dealing");
        vm.assertEq(desk.hashDealing(task, round, d), vm.parseJsonBytes32(json, ".dealing.digest"), "digest");
    }

    function test_shown() public {
        IMaskedRelays.SignedShown memory s;
        s.participant = vm.parseJsonAddress(json, ".shown.participant");
        s.root = vm.parseJsonBytes32(json, ".shown.root");
        s.uri = unicode"s3://bucket/sha256/sä";
        (ShareDesk desk, uint32 task, uint32 round) = _place(".shown");
        vm.assertEq(desk.hashShown(task, round, s), vm.parseJsonBytes32(json, ".shown.digest"), "digest");
    }

    function _place(string memory at) internal returns (ShareDesk desk, uint32 task, uint32 round) {
        vm.chainId(vm.parseJsonUint(json, string.concat(at, ".chain_id")));
        desk = ShareDesk(vm.parseJsonAddress(json, string.concat(at, ".coordinator")));
        vm.etch(address(desk), address(new ShareDesk()).code);
        task = uint32(vm.parseJsonUint(json, string.concat(at, ".task")));
        round = uint32(vm.parseJsonUint(json, string.concat(at, ".round")));
    }
}
