// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Payments} from "../src/Payments.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {TestToken} from "../src/TestToken.sol";
import {IParticipantRegistry} from "../src/interfaces/IParticipantRegistry.sol";
import {ITreasury} from "../src/interfaces/ITreasury.sol";
import {BlocklistToken, FalseToken, FeeToken} from "./Attackers.sol";
import {RoundBase, vm} from "./RoundBase.sol";

/// Stakes in one token, rewards in another: a whole round, to the last unit.
contract TokenRoundTest is RoundBase {
    function _tokens() internal override returns (address, address) {
        return (address(new TestToken("Stake", "STK")), address(new TestToken("Reward", "RWD")));
    }

    function test_a_round_in_tokens_pays_to_the_unit() public {
        _runRound();
        for (uint256 i; i < SILOS; ++i) {
            _claim(_silo(i));
            vm.assertEq(_balance(rewardToken, _silo(i)), REWARD / SILOS, "reward");
        }
        vm.assertEq(_balance(rewardToken, address(treasury)), 9 * REWARD, "escrow left");
        vm.assertEq(_balance(stakeToken, address(registry)), SILOS * BOND + 2 * DUTY_BOND, "stakes");
    }

    function test_coins_sent_with_a_token_deposit_are_refused() public {
        vm.deal(_silo(0), 1);
        vm.prank(_silo(0));
        vm.expectRevert(abi.encodeWithSelector(Payments.WrongValue.selector, 1, 0));
        registry.deposit{value: 1}(5);
        vm.deal(sponsor, 1);
        vm.prank(sponsor);
        vm.expectRevert(abi.encodeWithSelector(Payments.WrongValue.selector, 1, 0));
        treasury.fund{value: 1}(task, 5);
    }

    function test_stake_leaves_in_the_token_it_came_in() public {
        vm.startPrank(_silo(0));
        coordinator.leave(task);
        registry.requestUnbond(BOND);
        vm.warp(block.timestamp + UNBONDING);
        registry.withdraw();
        vm.stopPrank();
        vm.assertEq(_balance(stakeToken, _silo(0)), BOND, "back");
    }
}

/// A token that takes a fee: only what arrives is credited, so nobody pays for somebody else's fee.
contract FeeTokenTest is RoundBase {
    function _tokens() internal override returns (address, address) {
        address token = address(new FeeToken());
        return (token, token);
    }

    function _params() internal view override returns (TaskParams memory p) {
        p = super._params();
        p.bond = BOND / 2; // a deposit of BOND arrives as 0.99 BOND
        p.aggregatorBond = REWARD;
    }

    function test_a_fee_on_transfer_token_credits_what_arrived_and_stays_solvent() public {
        vm.assertEq(registry.participant(_silo(0)).stake, BOND - BOND / 100, "stake");
        _open();
        _commitAll();
        for (uint256 i = 1; i < SILOS; ++i) {
            _reveal(_silo(i));
        }
        vm.warp(uint256(coordinator.roundOf(task).revealDeadline) + GRACE + 1);
        coordinator.slashSilent(task, 1, new uint16[](1));
        _upholdAll();
        registry.forwardSlashed();
        ITreasury.Account memory a = treasury.accountOf(task);
        uint256 owed = uint256(a.escrow) + a.reserved + a.total - a.claimed + treasury.slashed(stakeToken);
        vm.assertEq(_balance(stakeToken, address(treasury)), owed, "treasury");
        vm.assertEq(treasury.slashed(stakeToken), BOND / 2 - BOND / 200, "less the fee");
    }
}

/// A stake token that refuses the treasury: rounds end all the same.
contract BlocklistTest is RoundBase {
    function _tokens() internal override returns (address, address) {
        return (address(new BlocklistToken()), address(0));
    }

    function test_a_token_that_refuses_the_treasury_cannot_keep_a_round_from_ending() public {
        BlocklistToken(stakeToken).setBlocked(address(treasury), true);
        _open();
        _commitAll();
        _revealAll();
        vm.warp(uint256(coordinator.roundOf(task).deadline) + 1);
        coordinator.tick(task); // slashes both duty bonds
        _assertPhase(Phase.Voided);
        vm.assertEq(registry.held(), 2 * DUTY_BOND, "waits in the registry");
        _upholdAll();
        vm.assertEq(registry.participant(aggregator).stake, 0, "is taken all the same");
        vm.expectRevert();
        registry.forwardSlashed();
        BlocklistToken(stakeToken).setBlocked(address(treasury), false);
        vm.prank(stranger);
        registry.forwardSlashed();
        vm.assertEq(treasury.slashed(stakeToken), 2 * DUTY_BOND, "arrives later");
        vm.assertEq(registry.forfeited(), 0, "nothing left");
    }

    function test_a_blocked_participant_keeps_nobody_else_waiting() public {
        BlocklistToken(stakeToken).setBlocked(_silo(0), true);
        for (uint256 i; i < 2; ++i) {
            vm.startPrank(_silo(i));
            coordinator.leave(task);
            registry.requestUnbond(BOND);
            vm.stopPrank();
        }
        vm.warp(block.timestamp + UNBONDING);
        vm.prank(_silo(0));
        vm.expectRevert();
        registry.withdraw();
        vm.prank(_silo(1));
        registry.withdraw();
        vm.assertEq(_balance(stakeToken, _silo(1)), BOND, "paid");
    }
}

/// A token that says false instead of reverting is not taken at its word.
contract FalseTokenTest is RoundBase {
    function _tokens() internal override returns (address, address) {
        return (address(0), address(new FalseToken()));
    }

    function setUp() public override {
        try this.setUpRounds() {} catch {}
    }

    function setUpRounds() external {
        super.setUp();
    }

    function test_a_false_transfer_funds_nothing() public {
        (stakeToken, rewardToken) = _tokens();
        _deploy();
        vm.prank(sponsor);
        task = coordinator.createTask(_params(), "");
        vm.prank(sponsor);
        vm.expectRevert(abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, rewardToken));
        treasury.fund(task, REWARD);
    }
}
