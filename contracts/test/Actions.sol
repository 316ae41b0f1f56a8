// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IModelRegistry} from "../src/interfaces/IModelRegistry.sol";
import {IParticipantRegistry} from "../src/interfaces/IParticipantRegistry.sol";
import {IRolls} from "../src/interfaces/IRolls.sol";
import {Ghosts} from "./Ghosts.sol";
import {bound, vm} from "./RoundBase.sol";
import {SumTreeBuilder} from "./SumTreeBuilder.sol";

/// Six silos, aggregator, standby, sponsor and a stranger, who do anything at any time. What the contracts
/// refuse is refused; what happens is written down, so that the invariants can compare.
abstract contract Actions is Ghosts {
    uint256 public minted; // of coins or stake token (they are the same here)
    bool public wentBack; // a phase that was over came again
    bool public stuck; // strangers could not end a round
    bool public unjust; // a slash took other than the bonds of the silent, or of who was proven wrong
    bool public tooLong; // a round outlasted its longest time
    uint256 public settled;
    uint256 public voided;
    uint256 public slashes;
    uint256 public pauses;
    IModelRegistry.Version[] internal chain;

    Proposal internal pending;
    uint32 private seenRound;
    Phase private seenPhase;
    uint8 private seenOverturned;
    uint256 private seenVoids;
    uint256 private openedAt;

    function setUp() public virtual override {
        super.setUp();
        for (uint256 i = SILOS; i < ACTORS; ++i) {
            _join(i);
        }
        minted = 10 * REWARD + 2 * DUTY_BOND + ACTORS * BOND;
        IModelRegistry.Version memory genesis;
        (genesis.task, genesis.modelRoot) = (task, keccak256("genesis"));
        (genesis.purposes, genesis.usableUntil) = (type(uint64).max, type(uint40).max);
        chain.push(genesis);
    }

    modifier watched() {
        _;
        _watch();
    }

    // --- what anybody may do

    function pass(uint256 seconds_) external watched {
        vm.warp(block.timestamp + bound(seconds_, 1, 80));
    }

    function pause(uint256 seconds_) external watched { // this contract is the guardian too
        try coordinator.pause(uint40(block.timestamp + bound(seconds_, 0, UNBONDING / 3))) {
            ++pauses;
        } catch {}
    }

    function open() external watched {
        vm.prank(sponsor);
        try coordinator.openRound(task) {
            round = coordinator.roundOf(task).round;
            (openedAt, landed) = (block.timestamp, 0);
        } catch {}
    }

    function commit(uint256 i) external watched {
        address silo = _silo(i % ACTORS);
        Opening memory o = _opening(silo);
        bytes32 digest = _digest(silo, o);
        vm.prank(silo);
        try coordinator.commit(task, round, digest, grants[silo], _evidence(silo)) {
            _noteCommit(silo);
        } catch {}
    }

    function commitAll() external watched {
        for (uint256 i; i < ACTORS; ++i) {
            this.commit(i);
        }
    }

    function reveal(uint256 i) external watched {
        address silo = _silo(i % ACTORS);
        Opening memory o = _opening(silo);
        bool due = _mayReveal(silo);
        vm.prank(silo);
        try coordinator.reveal(task, round, o, "") {}
        catch {
            if (due) blocked = true;
        }
    }

    function revealMost() external watched {
        for (uint256 i = 1; i < ACTORS; ++i) {
            this.reveal(i);
        }
    }

    function slash() external watched bounded {
        uint256 owing;
        (uint16[] memory all, bool[] memory safe) = (new uint16[](ACTORS), new bool[](ACTORS));
        for (uint16 i; i < ACTORS; ++i) {
            all[i] = i;
            bool bonded = coordinator.enrolmentOf(task, _silo(i)).bonded; // else it was taken already
            if (coordinator.owesOpening(task, round, i) && bonded) ++owing;
            safe[i] = bonded && !coordinator.hasCommitted(task, round, i);
        }
        uint256 before = _slashed();
        coordinator.tick(task); // a vanished aggregator's bond is another matter
        before = _slashed();
        try coordinator.slashSilent(task, round, all) {
            slashes += owing;
            if (_slashed() - before != owing * BOND) unjust = true;
        } catch {
            if (_slashed() != before) unjust = true;
        }
        for (uint16 i; i < ACTORS; ++i) {
            bool kept = coordinator.enrolmentOf(task, _silo(i)).bonded;
            if (safe[i] && !kept) robbed = true;
        }
    }

    function propose(bool byStandby, uint256 award, uint256 excluded) external watched {
        Proposal memory p = _someProposal(award, excluded);
        TaskState memory t = coordinator.taskOf(task);
        vm.prank(byStandby ? t.standby : t.aggregator);
        try coordinator.propose(task, round, p) {
            pending = p;
        } catch {}
    }

    function settle() external watched {
        try coordinator.settle(task, round, pending) {} catch {}
    }

    function tick() external watched {
        vm.prank(stranger);
        coordinator.tick(task);
    }

    function leave(uint256 i) external watched {
        vm.prank(_silo(i % ACTORS));
        try coordinator.leave(task) {} catch {}
    }

    function enrol(uint256 i) external watched {
        vm.prank(_silo(i % ACTORS));
        try coordinator.enrol(task) {} catch {}
    }

    function release(uint256 i) external watched {
        try coordinator.releaseBond(task, _silo(i % ACTORS)) {} catch {}
    }

    function noteAbsent(uint256 i) external watched {
        uint16[] memory indices = new uint16[](1);
        indices[0] = uint16(i % ACTORS);
        try coordinator.noteAbsent(task, coordinator.roundOf(task).round, indices) {} catch {}
    }

    function duty(bool byStandby, bool resign) external watched {
        TaskState memory t = coordinator.taskOf(task);
        vm.prank(byStandby ? standby : aggregator);
        if (resign) {
            try coordinator.resignDuty(task) {} catch {}
        } else {
            try coordinator.acceptDuty(task) {} catch {}
        }
        if (t.standby != address(0) || t.aggregator != standby) return;
        vm.prank(sponsor); // after a promotion: name the old aggregator standby
        try coordinator.appoint(task, standby, aggregator) {} catch {}
    }

    function deposit(uint256 i, uint256 amount) external watched {
        if (coordinator.pausedUntil() != 0) return;
        amount = bound(amount, 1, 2 * BOND);
        minted += amount;
        _deposit(i % 8 < ACTORS ? _silo(i % 8) : i % 8 == 6 ? aggregator : standby, amount);
    }

    function unbond(uint256 i, uint256 amount) external watched {
        vm.prank(_silo(i % ACTORS));
        try registry.requestUnbond(bound(amount, 0, 2 * BOND)) {} catch {}
    }

    function withdraw(uint256 i) external watched {
        IParticipantRegistry.Participant memory p = registry.participant(_silo(i % ACTORS));
        vm.prank(_silo(i % ACTORS));
        try registry.withdraw() {}
        catch {
            if (p.unbonding != 0 && block.timestamp >= p.unbondAt) blocked = true;
        }
    }

    function forward() external watched {
        registry.forwardSlashed();
    }

    function fund(uint256 amount) external watched {
        amount = bound(amount, 1, 2 * REWARD);
        minted += amount;
        _fund(task, amount);
    }

    function refund(uint256 amount) external watched {
        vm.prank(sponsor);
        try treasury.refundEscrow(task, bound(amount, 0, REWARD)) {} catch {}
    }

    function claim(uint256 i) external watched {
        (address[] memory accounts, uint256[] memory amounts) = _earned();
        i %= SILOS;
        uint256 before = _balance(rewardToken, accounts[i]);
        bool due = amounts[i] > treasury.claimedOf(task, accounts[i]);
        try treasury.claim(task, accounts[i], amounts[i], SumTreeBuilder.proof(accounts, amounts, i)) {
            received[accounts[i]] += _balance(rewardToken, accounts[i]) - before;
        } catch {
            if (due) blocked = true;
        }
    }

    function withdrawConsent(uint256 i) external watched {
        _withdrawConsent(_silo(i % ACTORS));
    }

    function renewConsent(uint256 i) external watched {
        _renewConsent(_silo(i % ACTORS));
    }

    /// Strangers alone end whatever runs, and the next round can open.
    function end() external watched {
        if (coordinator.pausedUntil() != 0) vm.warp(coordinator.pausedUntil());
        vm.warp(block.timestamp + _longest() + 1);
        vm.startPrank(stranger);
        coordinator.tick(task);
        if (_phase() == Phase.Challenge) coordinator.settle(task, round, pending);
        vm.stopPrank();
        RoundState memory r = coordinator.roundOf(task);
        if (r.phase != Phase.None && r.phase != Phase.Settled && r.phase != Phase.Voided) stuck = true;
        this.slash();
        r = coordinator.roundOf(task);
        IRolls.Rolled memory l = coordinator.rolledOf(task);
        uint256 owed = uint256(r.committed) + l.lifted + l.opened - l.leaves;
        if (r.revealDeadline != 0 && owed != uint256(r.revealed) + r.late + r.slashed) stuck = true;
    }

    // --- internal

    /// Awards up to the round's reward, all of it to the first silo; excludes the first few who revealed.
    function _someProposal(uint256 award, uint256 excluded) internal view returns (Proposal memory p) {
        p = _proposal();
        (address[] memory accounts, uint256[] memory amounts) = _earned();
        amounts[0] += bound(award, 0, REWARD);
        (p.rewardRoot, p.rewardTotal) = SumTreeBuilder.root(accounts, amounts);
        uint256 left = bound(excluded, 0, p.included);
        for (uint16 i; i < ACTORS && left > 0; ++i) {
            if (!coordinator.hasRevealed(task, round, i)) continue;
            p.exclusions = abi.encodePacked(p.exclusions, i, uint8(1 + i % 7));
            (--left, --p.included);
        }
    }

    function _watch() internal virtual {
        RoundState memory r = coordinator.roundOf(task);
        bool over = seenPhase == Phase.Settled || seenPhase == Phase.Voided;
        bool back = r.round == seenRound && r.phase < seenPhase;
        bool reopened = seenPhase == Phase.Challenge && r.overturned == seenOverturned + 1;
        bool again = r.phase == Phase.Commit && rollVoids != seenVoids; // a roll fell: Commit once more
        if (r.round < seenRound || (back && !reopened && !again)) wentBack = true;
        if (r.round == seenRound && over && r.phase != seenPhase) wentBack = true;
        bool ended = r.phase == Phase.Settled || r.phase == Phase.Voided;
        if (r.round != 0 && ended && !(over && r.round == seenRound)) _ended(r);
        (seenRound, seenPhase, seenOverturned, seenVoids) = (r.round, r.phase, r.overturned, rollVoids);
    }

    function _ended(RoundState memory r) internal {
        if (r.phase == Phase.Voided) {
            ++voided;
            if (r.deadline > openedAt + _longest() + UNBONDING / 4 && pending.included != 0) tooLong = true;
            return;
        }
        ++settled;
        earned[_silo(0)] += pending.rewardTotal - _awarded();
        IModelRegistry.Version memory v;
        (v.task, v.number, v.round, v.kind) = (task, uint32(settled), r.round, 1);
        (v.modelRoot, v.aggregateRoot, v.stateRoot) = (pending.modelRoot, pending.aggregateRoot, pending.stateRoot);
        (v.metricsHash, v.purposes) = (pending.metricsHash, pending.purposes & chain[settled - 1].purposes);
        uint40 last = chain[settled - 1].usableUntil; // no version has more rights than its base
        v.usableUntil = pending.usableUntil < last ? pending.usableUntil : last;
        chain.push(v);
    }

    function _awarded() internal view returns (uint256 sum) {
        for (uint256 i; i < SILOS; ++i) sum += earned[_silo(i)];
    }
}
