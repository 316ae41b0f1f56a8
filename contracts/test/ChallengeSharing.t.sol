// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDisputeTypes} from "../src/interfaces/IDisputeTypes.sol";
import {IMaskFaults} from "../src/interfaces/IMaskFaults.sol";
import {MaskSecrets} from "../src/MaskSecrets.sol";
import {MaskFaultsBase} from "./MaskFaultsBase.sol";
import {vm} from "./Base.sol";

/// Who deals shares of another secret than it promises is struck, and nobody else is.
contract ChallengeSharingTest is MaskFaultsBase {
    function _ready() internal {
        _write();
        _prepareAll();
        _toAggregate();
    }

    function _acquitted(uint256 i, IMaskFaults.HeldShare[] memory held, bool selfSeed) internal {
        bytes32 promised = selfSeed ? _seedHash(i, i, _seed(i, i)) : publics[i];
        vm.expectRevert(abi.encodeWithSelector(IMaskFaults.NotFalse.selector, _silo(i), promised));
        this.sharing(i, held, selfSeed);
    }

    function test_shares_of_another_secret_than_promised_cost_the_bond() public {
        for (uint256 role; role < 2; ++role) {
            setUp();
            shareLies[2][role == 1] = 1;
            _ready();
            IMaskFaults.HeldShare[] memory held = _held(2, 0x35, role == 1); // 0, 2, 4, 5, who are left
            vm.expectEmit(address(coordinator));
            emit ParticipantSlashed(task, round, _silo(2), BOND, "false shares");
            this.sharing(2, held, role == 1);
            _assertStruck(2);
            shareLies[2][role == 1] = 0;
        }
    }

    function test_heads_here_are_those_of_the_python_side() public view {
        string memory json = vm.readFile("test/vectors.json");
        bytes32 session = vm.parseJsonBytes32(json, ".masking.session_digest");
        bytes32 key = vm.parseJsonBytes32Array(json, ".masking.masking_keys")[0];
        bytes32 own = vm.parseJsonBytes32Array(json, ".masking.note_seeds")[1];
        own = MaskSecrets.seedHash(session, 2, 2, own);
        bytes memory head = vm.parseJsonBytes(json, ".masking.head");
        vm.assertEq(keccak256(_headOf(session, 2, 3, 2, key, own)), keccak256(head), "head");
    }

    function test_who_dealt_honestly_is_struck_with_no_holders_shares() public {
        _ready();
        for (uint256 some; some < 128; some += 3) {
            if (_count(some) < needed) continue;
            uint256 i = some % 6;
            _acquitted(i, _held(i, some, some % 2 == 1), some % 2 == 1);
        }
    }

    function test_fewer_shares_than_a_secret_takes_prove_nothing() public {
        _ready();
        IMaskFaults.HeldShare[] memory three = _held(2, 0x34, true);
        vm.expectRevert(abi.encodeWithSelector(IMaskFaults.TooFewShown.selector, 3, needed));
        this.sharing(2, three, true);
    }

    /// As in a group, or on the sparse graph: 2 deals to 2, 4 and 5 alone, any two of whom open its secrets.
    function test_who_deals_to_a_few_of_the_cohort_is_struck_with_as_many_shares_as_open_a_secret_there() public {
        (holders, needed, named) = (0x34, 2, 2);
        for (uint256 role; role < 2; ++role) {
            setUp();
            _ready();
            for (uint256 some = 0x14; some <= 0x34; some += 0x10) {
                _acquitted(2, _held(2, some, role == 1), role == 1);
            }
            IMaskFaults.HeldShare[] memory one = _held(2, 0x10, role == 1);
            vm.expectRevert(abi.encodeWithSelector(IMaskFaults.TooFewShown.selector, 1, 2));
            this.sharing(2, one, role == 1);
            setUp();
            shareLies[2][role == 1] = 1;
            _ready();
            this.sharing(2, _held(2, 0x30, role == 1), role == 1);
            _assertStruck(2);
            shareLies[2][role == 1] = 0;
        }
    }

    function test_how_many_shares_are_needed_is_what_the_sharers_own_head_says() public {
        (needed, named) = (5, 5);
        shareLies[2][true] = 1;
        _ready();
        IMaskFaults.HeldShare[] memory four = _held(2, 0x35, true);
        vm.expectRevert(abi.encodeWithSelector(IMaskFaults.TooFewShown.selector, 4, 5));
        this.sharing(2, four, true);
        this.sharing(2, _held(2, 0x3d, true), true);
        _assertStruck(2);
    }

    /// Its message is malformed to everybody, and its sharer one that did not share: nothing is to be shown of it.
    function test_threshold_that_no_session_has_proves_nothing() public {
        uint8[4] memory odd = [0, 1, 3, 8];
        for (uint256 n; n < odd.length; ++n) {
            setUp();
            named = odd[n];
            _ready();
            IMaskFaults.HeldShare[] memory all = _held(2, n == 0 ? 0 : 127, true);
            vm.expectRevert(abi.encodeWithSelector(IMaskFaults.NoThreshold.selector, _silo(2), named, 7));
            this.sharing(2, all, true);
        }
        (named, needed, holders) = (2, 2, 0x3c); // half of four
        setUp();
        _ready();
        IMaskFaults.HeldShare[] memory two = _held(2, 0x30, true);
        vm.expectRevert(abi.encodeWithSelector(IMaskFaults.NoThreshold.selector, _silo(2), 2, 4));
        this.sharing(2, two, true);
    }

    function test_who_enrols_anew_after_it_was_struck_does_not_pay_twice_for_one_offence() public {
        shareLies[2][true] = 1;
        _write();
        _prepareAll();
        hashes[2][_rank(2, 1)] = _seedHash(2, 1, keccak256("another seed"));
        _rebind(2);
        _toAggregate();
        IMaskFaults.HeldShare[] memory held = _held(2, 0x35, true);
        this.sharing(2, held, true);
        _assertStruck(2);
        _deposit(_silo(2), BOND);
        vm.prank(_silo(2));
        coordinator.enrol(task);
        vm.assertTrue(_bonded(2), "anew");
        vm.expectRevert(abi.encodeWithSelector(NoBond.selector, task, _silo(2)));
        this.sharing(2, held, true);
        IMaskFaults.BoundSeed memory b = _bound(2, 1);
        vm.expectRevert(abi.encodeWithSelector(NoBond.selector, task, _silo(2)));
        this.seed(2, b, 1);
        vm.assertTrue(_bonded(2), "still");
    }

    function test_share_salt_role_or_row_that_was_not_dealt_is_refused() public {
        _ready();
        bytes4 mismatch = IDisputeTypes.RootMismatch.selector;
        IMaskFaults.HeldShare[] memory held = _held(2, 0x35, true);
        held[1].share ^= bytes32(uint256(1));
        vm.expectPartialRevert(mismatch);
        this.sharing(2, held, true);
        held = _held(2, 0x35, true);
        held[1].salt ^= bytes32(uint256(1));
        vm.expectPartialRevert(mismatch);
        this.sharing(2, held, true);
        held = _held(2, 0x35, false); // those of the key for those of the seed
        vm.expectPartialRevert(mismatch);
        this.sharing(2, held, true);
        held = _held(2, 0x35, true);
        held[3].row = _piece(4, 6); // what another dealt
        vm.expectPartialRevert(mismatch);
        this.sharing(2, held, true);
        held = _held(2, 0x35, true);
        held[3].row.content = new bytes(255);
        vm.expectRevert(abi.encodeWithSelector(IDisputeTypes.ChunkLength.selector, 255, 256));
        this.sharing(2, held, true);
    }

    function test_shares_twice_or_out_of_order_are_refused() public {
        _ready();
        IMaskFaults.HeldShare[] memory held = _held(2, 0x35, true);
        held[2] = held[1];
        vm.expectRevert(abi.encodeWithSelector(IMaskFaults.HolderOrder.selector, 2));
        this.sharing(2, held, true);
    }

    function test_head_that_was_not_dealt_is_refused() public {
        _ready();
        IMaskFaults.HeldShare[] memory held = _held(2, 0x35, true);
        IMaskFaults.Dealt memory dealt = _dealt(2);
        IDisputeTypes.Piece memory head = _piece(2, 0);
        head.content[80] ^= 0x01; // another hash of the self seed
        vm.expectPartialRevert(IDisputeTypes.RootMismatch.selector);
        disputes.challengeSharing(task, round, dealt, head, held, true);
        head = _piece(2, 0);
        head.content[3] = "2";
        vm.expectRevert(abi.encodeWithSelector(IMaskFaults.NoHead.selector, _silo(2)));
        disputes.challengeSharing(task, round, dealt, head, held, true);
        head.content = new bytes(257);
        vm.expectRevert(abi.encodeWithSelector(IDisputeTypes.ChunkLength.selector, 257, 256));
        disputes.challengeSharing(task, round, dealt, head, held, true);
    }

    function test_only_what_stands_on_chain_of_this_round_counts_as_dealt() public {
        _ready();
        IMaskFaults.HeldShare[] memory held = _held(2, 0x35, true);
        IDisputeTypes.Piece memory head = _piece(2, 0);
        IMaskFaults.Dealt memory dealt = _dealt(2);
        dealt.maskingKey = publics[4];
        vm.expectPartialRevert(IMaskFaults.NotDealt.selector);
        disputes.challengeSharing(task, round, dealt, head, held, true);
        vm.expectPartialRevert(IMaskFaults.NotDealt.selector);
        this.sharing(6, held, true); // which never shared
        Proposal memory p = _proposed();
        _settle(p);
        coordinator.slashSilent(task, round, _one(3));
        _open(); // what was done in a round costs a bond until the next one opens
        vm.expectPartialRevert(IMaskFaults.NotDealt.selector);
        this.sharing(2, held, true);
    }
}
