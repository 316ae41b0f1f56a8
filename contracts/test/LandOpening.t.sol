// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRelays} from "../src/interfaces/IRelays.sol";
import {IRolls} from "../src/interfaces/IRolls.sol";
import {LandBase} from "./LandBase.sol";
import {vm} from "./RoundBase.sol";

/// Which openings may land.
contract LandOpeningTest is LandBase {
    function _badOpening(uint16 index) internal view returns (bytes memory) {
        return abi.encodeWithSelector(IRolls.BadOpening.selector, task, round, index);
    }

    // --- a bad opening

    function _spoilt(uint256 what) internal {
        _start();
        IRelays.RelayedOpening memory o = _openingAt(1, PAYLOAD);
        if (what == 0) o.opening.payloadRoot = keccak256("another");
        if (what == 1) o.opening.sealedRoot = keccak256("another");
        if (what == 2) o.opening.contentKeyHash = keccak256("another");
        if (what == 3) ++o.opening.weight;
        if (what == 4) o.opening.groundsHash = keccak256("another");
        if (what == 5) o.opening.salt = keccak256("another");
        if (what == 6) o.uri = "s3://mallory/payload"; // tampered with: the signature is over another
        if (what == 7) o = _signUri(_key(2), o);
        if (what == 8) o.index = 2;
        if (what == 9) o.participant = _silo(2);
        openings[1] = _packed(o);
        _postCommits();
        _toReveal();
        _postOpenings();
        _toAggregate();
        _refused(_badOpening(1));
    }

    function test_land_of_an_opening_with_any_field_changed_is_refused() public {
        uint256 start = vm.snapshotState();
        for (uint256 what; what < 10; ++what) {
            _spoilt(what);
            vm.revertToState(start);
        }
    }

    /// Posts the leaves of three, with silo 1's opening replaced, and sees it refused.
    function _badly(bytes memory leaf) internal {
        openings[1] = leaf;
        _postCommits();
        _toReveal();
        _postOpeningsAs(poster, openings, 3);
        _toAggregate();
        _refused(_badOpening(1));
    }

    function test_land_of_an_opening_whose_location_a_delegate_signed_is_refused() public {
        vm.prank(bob);
        registry.setDelegate(vm.addr(0xde1e));
        _start();
        _badly(_packed(_signUri(0xde1e, _openingAt(1, PAYLOAD))));
    }

    function test_land_of_an_empty_opening_is_refused() public {
        _start();
        _badly("");
    }

    function test_land_of_an_opening_with_a_byte_more_than_its_uri_is_refused() public {
        _start();
        _badly(bytes.concat(openings[1], hex"00"));
    }

    function test_land_of_an_opening_that_is_cut_off_is_refused() public {
        _start();
        _badly(hex"0001");
    }

    function test_land_of_an_opening_with_too_long_an_uri_is_refused() public {
        _start();
        _badly(_packed(_openingAt(1, string(new bytes(513)))));
    }

    function test_land_of_an_opening_with_the_longest_uri_is_taken() public {
        _start();
        openings[1] = _packed(_openingAt(1, string(new bytes(512))));
        _postCommits();
        _toReveal();
        _postOpenings();
        _toAggregate();
        _land(1);
    }

    function test_land_of_an_opening_with_weight_zero_is_refused() public {
        weight = 0;
        _start();
        _badly(openings[1]);
    }

    function test_land_of_an_opening_heavier_than_the_task_allows_is_refused() public {
        weight = 1001;
        _start();
        _badly(openings[1]);
    }

    function test_land_of_an_opening_of_the_greatest_weight_is_taken() public {
        weight = 1000;
        _aggregating(3);
        _land(1);
    }

    /// The commitment is over the evidence of the opening, the commit names another.
    function test_land_of_an_opening_with_other_evidence_than_the_commit_is_refused() public {
        _start();
        IRelays.SignedCommit memory c = _unsigned(1);
        c.evidenceHash = keccak256("another");
        commits[1] = _packed(1, _sign(_key(1), c));
        _badly(openings[1]);
    }

    // --- wrong paths

    function test_land_of_leaves_that_are_not_at_this_position_is_refused() public {
        _aggregating(3);
        IRolls.Leaf memory leaf = _leafAt(commits, 1);
        IRolls.Leaf memory opening = _leafAt(openings, 0);
        vm.expectPartialRevert(IRolls.NotInRoll.selector);
        coordinator.land(task, 1, poster, 1, leaf, opening);
        vm.expectPartialRevert(IRolls.NotInRoll.selector);
        coordinator.land(task, 1, poster, 0, leaf, opening);
        opening = _leafAt(openings, 1);
        opening.content[100] ^= 0x01;
        vm.expectPartialRevert(IRolls.NotInRoll.selector);
        coordinator.land(task, 1, poster, 1, leaf, opening);
    }
}
