// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {TestToken} from "../src/TestToken.sol";
import {IAppeals} from "../src/interfaces/IAppeals.sol";
import {IParticipantRegistry} from "../src/interfaces/IParticipantRegistry.sol";
import {AppealBase, bound, vm} from "./AppealBase.sol";

/// Whatever amounts, rulings and order: money adds up, and accusing pays no more than the cap.
contract AppealFuzzTest is AppealBase {
    /// Appealed or not, and how it ended: 0 not appealed, 1 accept, 2 reject, 3 draw, 4 silence.
    function _end(uint256 id, uint256 how) internal returns (bool stands) {
        if (how == 0) {
            vm.warp(block.timestamp + window + 1);
            _uphold(id);
        } else {
            _appeal(id);
            if (how == 4) {
                vm.warp(block.timestamp + period + 1);
                appeals.close(id);
            } else {
                appeals.answer(id, IAppeals.Ruling(how));
            }
        }
        return how != 1;
    }

    /// What alice and her second account have: coins, stake, bounties that were paid.
    function _wealth() internal view returns (uint256) {
        return alice.balance + registry.participant(alice).stake + _balance(stakeToken, mallory);
    }

    function test_many_slashes_however_they_end_stay_solvent_to_the_wei(uint256 seed) public {
        uint256 upheld;
        for (uint256 i; i < 8; ++i) {
            uint256 roll = uint256(keccak256(abi.encode(seed, i)));
            uint256 before = registry.held();
            uint256 id = _slash(alice, roll % (STAKE / 2), roll % 3 == 0 ? address(0) : mallory);
            uint256 taken = registry.slashOf(id).taken;
            vm.assertEq(registry.held() - before, taken, "held");
            _assertSolvent();
            if (_end(id, (roll >> 128) % 5)) upheld += taken;
            _assertSolvent();
            vm.assertEq(registry.forfeited() + registry.bountyOf(mallory), upheld, "what stands");
        }
        vm.assertEq(registry.participant(alice).stake, STAKE - upheld, "the rest is hers");
        vm.assertEq(
            address(appeals).balance, appeals.depositOf(alice), "no deposit is left but those returned"
        );
    }

    function test_an_accuser_never_nets_more_than_half(uint256 amount, uint256 how) public {
        uint256 id = _slash(alice, bound(amount, 0, 2 * STAKE), mallory);
        uint256 taken = registry.slashOf(id).taken;
        bool stands = _end(id, how % 5);
        if (stands && taken > 1) registry.collectBounty(mallory);
        vm.assertEq(_balance(stakeToken, mallory), stands ? taken / 2 : 0, "half at most");
    }

    /// Accuser and accused are one, or one's second account: it gets back half at most, less the deposit it may lose.
    function test_who_accuses_itself_loses_at_least_half_of_what_was_taken(uint256 amount, uint256 how) public {
        uint256 had = _wealth();
        uint256 id = _slash(alice, bound(amount, 1, STAKE), mallory);
        uint256 taken = registry.slashOf(id).taken;
        if (!_end(id, how % 5)) return; // accepted: it has what it had, and was without it meanwhile
        if (registry.bountyOf(mallory) != 0) registry.collectBounty(mallory);
        if (appeals.depositOf(alice) != 0) appeals.collectDeposit(alice);
        uint256 has = _wealth();
        vm.assertTrue(has < had, "loses");
        vm.assertGe(had - has, taken - taken / 2, "half at least");
        vm.assertEq(registry.held(), 0, "nothing more to come");
    }

    function test_self_dispute_gains_nothing_even_if_the_arbitrator_helps(uint256 amount) public {
        uint256 had = _wealth();
        uint256 id = _slash(alice, bound(amount, 1, STAKE), mallory);
        _end(id, 1);
        appeals.collectDeposit(alice);
        vm.expectRevert(abi.encodeWithSelector(IParticipantRegistry.NothingToWithdraw.selector, mallory));
        registry.collectBounty(mallory);
        vm.assertEq(_wealth(), had, "what it had");
    }
}

/// Stake in a token, deposits in coins: each returns in its own.
contract AppealTokenTest is AppealFuzzTest {
    function _tokens() internal override returns (address, address) {
        return (address(new TestToken("Stake", "STK")), address(0));
    }

    function test_an_accepted_appeal_returns_tokens_and_coins() public {
        uint256 id = _slash(alice, STAKE, mallory);
        _end(id, 1);
        appeals.collectDeposit(alice);
        vm.startPrank(alice);
        registry.requestUnbond(STAKE);
        vm.warp(block.timestamp + UNBONDING);
        registry.withdraw();
        vm.assertEq(_balance(stakeToken, alice), STAKE, "tokens");
        vm.assertEq(alice.balance, 10 * APPEAL_DEPOSIT, "coins");
    }
}
