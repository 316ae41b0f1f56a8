// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDisputeTypes} from "../src/interfaces/IDisputeTypes.sol";
import {IMaskDesk} from "../src/interfaces/IMaskDesk.sol";
import {IConsentLedger, vm} from "./Base.sol";
import {MaskedBase} from "./MaskedBase.sol";
import {MaskedGroupsBase} from "./MaskedGroupsBase.sol";

/// A proposal may include no group whose sum no updates within the limit come to; the aggregate of it is true here.
contract ChallengeGroupsRangeTest is MaskedGroupsBase {
    function setUp() public override {
        rule = 1;
        super.setUp();
    }

    function test_a_group_beyond_the_range_of_honest_ones_refutes_though_the_word_is_true() public {
        (int256 sum, int256 most) = _spoil(4, 1);
        Proposal memory p = _ready();
        IMaskDesk.MaskedUpdate[] memory shown = _all(lieChunk);
        vm.expectEmit(address(disputes));
        emit IMaskDesk.SumOutOfRange(
            task, round, stranger, uint32(lieChunk), uint32(lieWord), sum, uint256(most)
        );
        this.challenge(p, lieChunk, lieWord, shown, new bytes32[](0));
        vm.assertTrue(_overturned(), "overturned");
    }

    function test_a_group_below_the_range_refutes_as_soon_as_it_is_whole() public {
        _spoil(3, -1); // 0, 3, 6, 9
        Proposal memory p = _ready();
        _batch(p, 0, 8);
        vm.assertFalse(_overturned(), "9 is not shown yet");
        _batch(p, 8, 8);
        vm.assertTrue(_overturned(), "overturned");
    }

    function test_a_group_at_either_end_of_the_range_stands() public {
        _spoil(3, 0);
        _spoil(4, 0);
        spoilt[4] -= 2 * _most(1); // at the lower end
        Proposal memory p = _ready();
        int256 mean = _meanAt((lieChunk - 1) * WORDS + lieWord);
        this.stands(p, 16, mean);
    }
}

/// Where privacy loss is counted a sum may hold noise, whose bound no contract knows.
contract ChallengeNoisyGroupsTest is MaskedGroupsBase {
    function _params() internal view override returns (TaskParams memory p) {
        p = super._params();
        p.privacyFloor = (6 << 32) | 4; // two lanes
    }

    function setUp() public override {
        super.setUp();
        cost = (6 << 32) | 4;
        for (uint256 i; i < _silos(); ++i) {
            IConsentLedger.Grant memory g = _grantFor(_silo(i), 9001 + i);
            g.budget = type(uint256).max;
            grants[_silo(i)] = _bringGrant(g);
        }
    }

    function test_a_group_beyond_the_range_stands() public {
        _spoil(3, 1);
        Proposal memory p = _ready();
        this.stands(p, 4, _meanAt((lieChunk - 1) * WORDS + lieWord));
    }

    function test_a_false_word_falls() public {
        (, aggregateLie) = _spoil(3, 1);
        _challenge(_ready(), lieChunk, lieWord);
        vm.assertTrue(_overturned(), "overturned");
    }
}

/// In groups of more than 64 there may be one of more than 128 members, who do not all mask with one another.
contract ChallengeLargeGroupsTest is MaskedBase {
    uint16 internal group;

    function _params() internal view override returns (TaskParams memory p) {
        p = super._params();
        (p.group, p.quorum) = (group, group);
    }

    function setUp() public override {}

    function test_groups_of_up_to_64_are_looked_at_and_larger_ones_are_not() public {
        _refused(64, IDisputeTypes.OutOfTurn.selector); // nothing is shown
        _refused(65, IMaskDesk.InGroups.selector);
    }

    function _refused(uint16 group_, bytes4 reason) internal {
        group = group_;
        super.setUp();
        for (uint256 i = SILOS; i < 65; ++i) {
            _join(i);
        }
        _open();
        _dealFirst(65);
        _commitFirst(65);
        _revealFirst(65);
        _opens();
        for (uint256 i; i < 65; ++i) {
            _show(_silo(i));
        }
        _opens();
        Proposal memory p = _proposal();
        _propose(p);
        IDisputeTypes.Coordinate memory at = IDisputeTypes.Coordinate(1, 0, 0, 0);
        IDisputeTypes.Piece memory piece;
        vm.expectPartialRevert(reason);
        disputes.challengeMasked(task, round, p, at, new IMaskDesk.MaskedUpdate[](0), new bytes32[](0), piece);
    }
}
