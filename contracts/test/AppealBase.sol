// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Base, bound, vm} from "./Base.sol";

/// A slashed participant, its accuser, and this contract as the arbitrator.
abstract contract AppealBase is Base {
    uint128 internal constant STAKE = 10 ether;
    address internal alice = vm.addr(1);
    address internal mallory = vm.addr(2);
    uint40 internal window;
    uint40 internal period;

    function setUp() public virtual override {
        super.setUp();
        (, window, period) = appeals.terms();
        _register(alice);
        _deposit(alice, STAKE);
        vm.deal(alice, 10 * APPEAL_DEPOSIT);
    }

    function _slash(address who, uint256 amount, address accuser) internal returns (uint256) {
        vm.startPrank(address(coordinator));
        if (accuser == address(0)) registry.slash(who, amount, keccak256("evidence"));
        else registry.slashFor(who, amount, keccak256("evidence"), accuser);
        vm.stopPrank();
        return registry.slashCount();
    }

    function _appeal(uint256 id) internal {
        vm.prank(alice);
        appeals.open{value: APPEAL_DEPOSIT}(id, "ipfs://why");
    }

    function _uphold(uint256 id) internal {
        uint256[] memory ids = new uint256[](1);
        ids[0] = id;
        appeals.uphold(ids);
    }

    function _assertSolvent() internal view {
        uint256 stakes = uint256(registry.participant(alice).stake) + registry.participant(alice).unbonding
            + registry.participant(mallory).stake;
        uint256 owed = stakes + registry.held() + registry.forfeited() + registry.bountyOf(alice)
            + registry.bountyOf(mallory);
        vm.assertEq(_balance(stakeToken, address(registry)), owed, "registry");
    }
}
