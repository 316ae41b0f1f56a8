// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IModelRegistry} from "../src/interfaces/IModelRegistry.sol";
import {IParticipantRegistry} from "../src/interfaces/IParticipantRegistry.sol";
import {IRolls} from "../src/interfaces/IRolls.sol";
import {ITreasury} from "../src/interfaces/ITreasury.sol";
import {AppealActions} from "./AppealActions.sol";
import {vm} from "./Vm.sol";

/// The actors of the invariant campaign, a hand that leads rounds on, and what the invariants look at.
contract Handler is AppealActions {
    constructor(address token) {
        (stakeToken, rewardToken) = (token, token);
    }

    function _tokens() internal view override returns (address, address) {
        return (stakeToken, rewardToken);
    }

    /// The next thing that leads the round on: without it random calls hardly ever settle one.
    function play(uint256 seed) external watched {
        if (seed % 3 == 0 && coordinator.pausedUntil() != 0) vm.warp(coordinator.pausedUntil() + 1);
        RoundState memory r = coordinator.roundOf(task);
        if (r.phase == Phase.Commit) {
            if (seed % 3 == 1) this.withdrawConsent(seed);
            if (seed % 2 == 0) this.rollCommits(seed, seed / 7, seed % 11);
            if (seed % 14 == 0) this.rollCommits(seed ^ 1, seed / 5, seed % 13);
            if (seed % 4 != 0) this.commitAll();
            if (seed % 3 == 2) this.retract(seed, true); // of those whose consent stood when they committed
            this.endCommit();
        } else if (r.phase == Phase.Aggregate) {
            this.propose(seed % 8 == 0 || r.overturned != 0, seed, seed % 3);
        } else if (r.phase == Phase.Challenge) {
            if (seed % 5 == 0 || (r.overturned != 0 && seed % 2 == 0)) this.overturn();
            else this.settleInTime();
        } else if (r.phase != Phase.Reveal) {
            this.reopen();
        } else if (block.timestamp < r.opensAt) {
            vm.warp(r.opensAt);
        } else if (coordinator.rolledOf(task).leaves != 0) {
            this.playRolls(seed);
        } else if (seed % 4 == 0) {
            this.revealMostAndWait();
        } else {
            for (uint256 i; i < ACTORS; ++i) {
                this.reveal(i);
            }
        }
    }

    /// Where somebody has no consent left, nobody's commit ends the phase.
    function endCommit() external watched {
        RoundState memory r = coordinator.roundOf(task);
        if (r.phase == Phase.Commit && coordinator.pausedUntil() == 0) vm.warp(uint256(r.deadline) + 1);
    }

    function revealMostAndWait() external watched {
        this.revealMost();
        if (_phase() == Phase.Reveal) vm.warp(uint256(coordinator.roundOf(task).revealDeadline) + 1);
    }

    function settleInTime() external watched {
        vm.warp(uint256(coordinator.roundOf(task).deadline) + 1);
        this.settle();
        this.claim(0);
    }

    function reopen() external watched {
        RoundState memory r = coordinator.roundOf(task);
        if (r.overturned != 0) {
            for (uint256 i; i < ACTORS; ++i) {
                this.floor(i);
            }
            vm.warp(uint256(r.deadline) + 1);
        }
        this.slash();
        this.appeal(r.round);
        this.answer(r.round / 2, r.round);
        this.closeAll();
        for (uint256 i; i < ACTORS; ++i) {
            this.release(i);
            this.renewConsent(i);
        }
        for (uint256 i; i < ACTORS; ++i) {
            this.enrol(i);
        }
        this.refill(aggregator);
        this.refill(standby);
        this.duty(false, false);
        this.duty(true, false);
        this.enlist(0);
        this.enlist(1);
        this.fund(REWARD);
        this.open();
    }

    // --- for the invariants

    function stakeOf(uint256 i) external view returns (uint256 stake, uint256 locked, uint256 bonds) {
        address who = _actor(i);
        stake = uint256(registry.participant(who).stake) + registry.participant(who).unbonding;
        locked = registry.participant(who).locked;
        if (coordinator.enrolmentOf(task, who).bonded) bonds += BOND;
        TaskState memory t = coordinator.taskOf(task);
        if (t.aggregator == who && t.aggregatorBonded) bonds += DUTY_BOND;
        if (t.standby == who && t.standbyBonded) bonds += DUTY_BOND;
        if (coordinator.posterOf(task, who).bonded) bonds += DUTY_BOND;
    }

    function actors() external pure returns (uint256) {
        return ALL;
    }

    function held() external view returns (uint256 sum) {
        for (uint256 i; i < ALL; ++i) {
            sum += _balance(stakeToken, _actor(i));
        }
        sum += _balance(stakeToken, stranger) + _balance(stakeToken, address(disputes));
        sum += _balance(stakeToken, address(appeals));
        sum += _balance(stakeToken, sponsor) + _balance(stakeToken, address(registry));
        sum += _balance(stakeToken, address(treasury));
    }

    function registryMoney() external view returns (uint256 balance, uint256 forfeited) {
        balance = _balance(stakeToken, address(registry));
        forfeited = registry.forfeited() + registry.held() + registry.bountyOf(stranger);
    }

    function treasuryMoney()
        external
        view
        returns (uint256 balance, uint256 owed, uint256 total, uint256 claimed)
    {
        balance = _balance(stakeToken, address(treasury));
        total = treasury.accountOf(task).total;
        claimed = treasury.accountOf(task).claimed;
        owed = treasury.accountOf(task).escrow + uint256(treasury.accountOf(task).reserved) + total - claimed
            + treasury.accountOf(task).floors + treasury.slashed(stakeToken);
    }

    function enrolledCounts() external view returns (uint256 counted, uint256 kept) {
        for (uint256 i; i < ACTORS; ++i) {
            if (coordinator.enrolmentOf(task, _silo(i)).enrolled) ++counted;
        }
        kept = coordinator.taskOf(task).enrolled;
    }

    function rolled() external view returns (IRolls.Rolled memory) {
        return coordinator.rolledOf(task);
    }

    function state() external view returns (RoundState memory) {
        return coordinator.roundOf(task);
    }

    function account() external view returns (ITreasury.Account memory) {
        return treasury.accountOf(task);
    }

    function participant(uint256 i) external view returns (IParticipantRegistry.Participant memory) {
        return registry.participant(_actor(i));
    }

    /// How many have committed to the running round, and opened, by the marks of each.
    function marked() external view returns (uint256 committed, uint256 revealed) {
        for (uint16 i; i < ACTORS; ++i) {
            if (coordinator.hasCommitted(task, round, i)) ++committed;
            if (coordinator.hasRevealed(task, round, i)) ++revealed;
        }
    }

    /// What the silos were paid for claims, what the treasury wrote down for each, and what they have earned.
    function claims() external view returns (uint256[3][] memory silos) {
        silos = new uint256[3][](SILOS);
        for (uint256 i; i < SILOS; ++i) {
            address silo = _silo(i);
            silos[i] = [received[silo], treasury.claimedOf(task, silo), earned[silo]];
        }
    }

    function hasItsIndex(uint256 i) external view returns (bool) {
        uint16 index = coordinator.enrolmentOf(task, _silo(i)).index;
        return index == i && coordinator.participantAt(task, index) == _silo(i);
    }

    function bounties() external view returns (uint256) {
        return registry.bountyOf(stranger) + _balance(stakeToken, stranger);
    }

    function reward() external pure returns (uint256) {
        return REWARD;
    }

    /// The head on chain, and the head one gets by hashing all versions from the genesis.
    function heads() external view returns (bytes32 onChain, bytes32 rehashed, uint256 number) {
        (onChain, number) = models.head(task);
        for (uint256 i; i < chain.length; ++i) {
            IModelRegistry.Version memory v = chain[i];
            v.parent = rehashed;
            rehashed = models.hashVersion(v);
        }
    }
}
