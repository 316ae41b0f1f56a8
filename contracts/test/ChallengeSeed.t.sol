// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDisputeTypes} from "../src/interfaces/IDisputeTypes.sol";
import {IMaskDesk} from "../src/interfaces/IMaskDesk.sol";
import {IMaskFaults} from "../src/interfaces/IMaskFaults.sol";
import {MaskFaultsBase} from "./MaskFaultsBase.sol";
import {vm} from "./Base.sol";

/// Who masks with another seed than it shares with its neighbour is struck, and nobody else is.
contract ChallengeSeedTest is MaskFaultsBase {
    function setUp() public override {
        super.setUp();
        _write();
        _prepareAll();
    }

    function test_false_seed_of_a_pair_costs_the_bond() public {
        hashes[2][_rank(2, 1)] = _seedHash(2, 1, keccak256("another seed"));
        _rebind(2);
        _toAggregate();
        IMaskFaults.BoundSeed memory b = _bound(2, 1);
        vm.expectEmit(address(coordinator));
        emit ParticipantSlashed(task, round, _silo(2), BOND, "false seed");
        this.seed(2, b, 1);
        _assertStruck(2);
    }

    function test_false_self_seed_costs_the_bond() public {
        hashes[2][_rank(2, 2)] = _seedHash(2, 2, keccak256("another seed"));
        _rebind(2);
        _toAggregate();
        this.seed(2, _bound(2, 2), 2);
        _assertStruck(2);
    }

    function test_who_masked_honestly_is_struck_for_no_seed() public {
        _toAggregate();
        for (uint256 n; n < 4; ++n) {
            uint256 i = _survivors()[n];
            for (uint16 other; other < 6; ++other) {
                IMaskFaults.BoundSeed memory b = _bound(i, other);
                vm.expectRevert(abi.encodeWithSelector(IMaskFaults.NotFalse.selector, _silo(i), b.hash));
                this.seed(i, b, other);
            }
        }
    }

    function test_another_secret_than_the_one_dealt_is_refused() public {
        _toAggregate();
        IMaskFaults.FalseSeed memory f = _false(2, _bound(2, 1), 1);
        f.secret = _secret(3);
        vm.expectRevert(
            abi.encodeWithSelector(IMaskFaults.NotTheSecret.selector, _silo(1), publics[1], publics[3])
        );
        disputes.challengeSeed(task, round, f);
        f.other.maskingKey = publics[3];
        vm.expectPartialRevert(IMaskFaults.NotDealt.selector);
        disputes.challengeSeed(task, round, f);
        (f.head, f.other) = (_piece(1, 0), _dealt(1)); // the head of another
        vm.expectPartialRevert(IDisputeTypes.RootMismatch.selector);
        disputes.challengeSeed(task, round, f);
    }

    function test_place_of_another_pair_is_refused() public {
        _toAggregate();
        IMaskFaults.BoundSeed memory b = _bound(2, 0); // beside that with 1
        vm.expectPartialRevert(IDisputeTypes.RootMismatch.selector);
        this.seed(2, b, 1);
    }

    function test_who_did_not_mask_with_somebody_is_not_struck_for_it() public {
        nears[2] &= ~uint256(16);
        _prepare(2);
        _toAggregate();
        IMaskFaults.BoundSeed memory b = _bound(2, 5); // at the rank that 4 would have
        vm.expectRevert(abi.encodeWithSelector(IMaskFaults.NotMaskedWith.selector, _silo(2), 4));
        this.seed(2, b, 4);
    }

    function test_payload_of_another_or_another_note_is_refused() public {
        _toAggregate();
        IMaskFaults.BoundSeed memory b = _bound(4, 1);
        vm.expectRevert(abi.encodeWithSelector(IDisputeTypes.NotRevealed.selector, _silo(2)));
        this.seed(2, b, 1);
        b = _bound(2, 1);
        b.header = payloads[4][0];
        vm.expectPartialRevert(IDisputeTypes.RootMismatch.selector);
        this.seed(2, b, 1);
        b = _bound(2, 1);
        b.neighbours[0] |= 64;
        vm.expectPartialRevert(IMaskDesk.HeaderMismatch.selector);
        this.seed(2, b, 1);
        b = _bound(2, 1);
        b.header = new bytes(CHUNK + 1);
        vm.expectRevert(abi.encodeWithSelector(IDisputeTypes.ChunkLength.selector, CHUNK + 1, CHUNK));
        this.seed(2, b, 1);
    }

    function test_own_index_among_the_neighbours_is_refused() public {
        nears[2] |= 4;
        _rebind(2);
        _toAggregate();
        IMaskFaults.BoundSeed memory b = _bound(2, 1);
        vm.expectRevert(abi.encodeWithSelector(IMaskDesk.OwnNeighbour.selector, _silo(2), 2));
        this.seed(2, b, 1);
    }
}
