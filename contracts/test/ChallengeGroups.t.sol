// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDisputeTypes} from "../src/interfaces/IDisputeTypes.sol";
import {IMaskDesk} from "../src/interfaces/IMaskDesk.sol";
import {Tallies} from "../src/Tallies.sol";
import {MaskedGroupsBase} from "./MaskedGroupsBase.sol";
import {vm} from "./Base.sol";

/// Masked in groups, under the mean: what the sums of the groups do not make falls, what they make stands.
contract ChallengeGroupsTest is MaskedGroupsBase {
    function test_every_altered_word_falls() public {
        uint256 before = vm.snapshotState();
        for (uint256 k; k < 2 * WORDS; k += 23) { // 70 words and the zeros behind them
            (lieChunk, lieWord) = (1 + k / WORDS, k % WORDS);
            aggregateLie = k % 2 == 0 ? int256(1) : int256(-900);
            Proposal memory p = _ready();
            IMaskDesk.MaskedUpdate[] memory shown = _all(lieChunk);
            vm.expectEmit(address(disputes));
            emit IDisputeTypes.SumRefuted(
                task, round, stranger, uint32(lieChunk), uint32(lieWord), _meanAt(k), _meanAt(k) + aggregateLie
            );
            this.challenge(p, lieChunk, lieWord, shown, new bytes32[](0));
            vm.assertTrue(_overturned(), "overturned");
            vm.revertToState(before);
        }
    }

    /// However they are cut into batches, and whoever shows them.
    function test_no_true_word_falls() public {
        Proposal memory p = _ready();
        uint256 before = vm.snapshotState();
        for (uint256 k; k < 2 * WORDS; k += 29) {
            for (uint256 size = 1; size <= 16; size *= 4) {
                (lieChunk, lieWord) = (1 + k / WORDS, k % WORDS);
                _claimRanks(k);
                this.stands(p, size, _meanAt(k));
                vm.revertToState(before);
            }
        }
    }

    function test_a_false_word_falls_in_batches() public {
        aggregateLie = 1;
        Proposal memory p = _ready();
        _batch(p, 0, 4);
        _batch(p, 4, 4);
        vm.assertFalse(_overturned(), "two are left");
        _batch(p, 8, 4);
        vm.assertTrue(_overturned(), "overturned");
    }

    // --- what groups are left out

    function test_without_a_whole_group_the_others_make_the_word() public virtual {
        _withoutTheThird();
        Proposal memory p = _ready();
        this.stands(p, 16, _meanAt((lieChunk - 1) * WORDS + lieWord));
    }

    function test_without_a_whole_group_a_false_word_falls() public {
        _withoutTheThird();
        aggregateLie = -1;
        _challenge(_ready(), lieChunk, lieWord);
        vm.assertTrue(_overturned(), "overturned");
    }

    function test_who_is_left_out_of_a_group_that_is_in_refutes_it() public {
        (inside, exclusions) = (hex"00010203040607090b", hex"000805");
        Proposal memory p = _ready();
        IMaskDesk.MaskedUpdate[] memory shown = _all(lieChunk);
        vm.expectEmit(address(disputes));
        emit IMaskDesk.GroupsRefuted(task, round, stranger, 2, 1);
        this.challenge(p, lieChunk, lieWord, shown, new bytes32[](0));
        vm.assertTrue(_overturned(), "overturned");
    }

    // --- what a payload is bound to

    function test_who_binds_a_set_of_its_own_takes_no_group_apart() public {
        uint256[3] memory sets = [uint256(1 << 1), 0x249 << 1 | 1, 0x249]; // two of it, one more, another group
        for (uint256 n; n < 3; ++n) {
            uint256 before = vm.snapshotState();
            nears[7] = sets[n] & ~uint256(1 << 7);
            Proposal memory p = _ready();
            _challenge(p, lieChunk, lieWord);
            vm.assertTrue(_overturned(), "a true sum of a group that is not one");
            vm.revertToState(before);
        }
    }

    function test_set_that_the_header_does_not_bind_is_refused() public {
        Proposal memory p = _ready();
        IMaskDesk.MaskedUpdate memory u = _update(7, lieChunk);
        u.neighbours[0] = 0x249;
        _partlyRefused(p, 6, u, IMaskDesk.HeaderMismatch.selector);
    }

    function test_session_of_another_group_is_refused() public {
        Proposal memory p = _ready();
        IMaskDesk.MaskedUpdate memory u = _update(7, lieChunk);
        u.session = _session(8);
        _partlyRefused(p, 6, u, IDisputeTypes.RootMismatch.selector);
    }
}

/// The same under the median, and its claims of ranks.
contract ChallengeMedianGroupsTest is ChallengeGroupsTest {
    function setUp() public virtual override {
        rule = 1;
        super.setUp();
    }

    function test_a_false_claim_of_the_ranks_refutes_nothing() public {
        aggregateLie = 1;
        Proposal memory p = _ready();
        IMaskDesk.MaskedUpdate[] memory shown = _all(lieChunk);
        --low;
        vm.expectRevert(abi.encodeWithSelector(Tallies.WrongRanks.selector, low, high));
        this.challenge(p, lieChunk, lieWord, shown, new bytes32[](0));
    }
}

/// A trimmed mean leaves the least and the largest of the groups' means out.
contract ChallengeTrimmedGroupsTest is ChallengeGroupsTest {
    function setUp() public virtual override {
        (rule, trim) = (2, 1);
        super.setUp();
    }

    function test_without_a_whole_group_the_others_make_the_word() public override {
        _withoutTheThird();
        Proposal memory p = _ready();
        IMaskDesk.MaskedUpdate[] memory shown = _all(lieChunk);
        vm.expectEmit(address(disputes));
        emit IMaskDesk.GroupsRefuted(task, round, stranger, 2, 0); // the rule leaves two out, and none is left
        this.challenge(p, lieChunk, lieWord, shown, new bytes32[](0));
        vm.assertTrue(_overturned(), "overturned");
    }
}
