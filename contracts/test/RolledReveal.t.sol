// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRelays} from "../src/interfaces/IRelays.sol";
import {RollBase} from "./RollBase.sol";
import {vm} from "./RoundBase.sol";

/// Whoever opens last in a round with rolls: Reveal goes on to its deadline, so that those in a roll can still leave it.
contract RolledRevealTest is RollBase {
    /// Three are opened in a roll, the fourth committed for itself and has not opened.
    function _oneMissing() internal {
        _rolled(3);
        _commit(_silo(3));
        _toReveal();
        _postOpenings();
    }

    /// Everybody has opened, or taken its commit back; the last second of Reveal is as good as the first.
    function _goesOn() internal {
        RoundState memory r = coordinator.roundOf(task);
        vm.assertEq(uint256(r.revealed) + r.late, r.committed, "nobody is waited for");
        _assertPhase(Phase.Reveal);
        vm.warp(r.deadline);
        coordinator.tick(task);
        _assertPhase(Phase.Reveal);
        _lift(_silo(1), 1);
        _reveal(_silo(1));
        _assertPhase(Phase.Reveal);
        vm.warp(uint256(r.deadline) + 1);
        coordinator.tick(task);
        _assertPhase(Phase.Aggregate);
    }

    function test_a_poster_that_opens_everybody_ends_no_Reveal() public {
        _opened(3, 0);
        _goesOn();
    }

    function test_the_last_opening_of_ones_own_ends_no_Reveal_with_rolls() public {
        _oneMissing();
        _reveal(_silo(3));
        _goesOn();
    }

    function test_the_last_relayed_opening_ends_no_Reveal_with_rolls() public {
        _oneMissing();
        IRelays.RelayedOpening[] memory batch = new IRelays.RelayedOpening[](1);
        batch[0] = _openingOf(3);
        _relay(batch);
        vm.assertTrue(coordinator.hasRevealed(task, round, 3), "opened");
        _goesOn();
    }

    function test_a_commit_taken_back_last_ends_no_Reveal_with_rolls() public {
        _oneMissing();
        address last = _silo(3);
        vm.prank(holder);
        consent.withdraw(grants[last]);
        bytes32 commitment = _digest(last, _opening(last));
        vm.prank(stranger);
        coordinator.retract(task, round, last, commitment, _evidence(last), grants[last]);
        vm.assertEq(coordinator.roundOf(task).late, 1, "out");
        _goesOn();
    }

    /// In the same second as the poster's last root: nobody proposes before those in the roll had their time.
    function test_no_proposal_comes_in_front_of_who_leaves_a_roll() public {
        _opened(3, 0);
        _include(0, 3);
        Proposal memory p = _proposal();
        vm.prank(aggregator);
        vm.expectRevert(abi.encodeWithSelector(WrongPhase.selector, task, 1, Phase.Aggregate, Phase.Reveal));
        coordinator.propose(task, 1, p);
        vm.warp(_half() + 1);
        _lift(_silo(2), 2);
        _reveal(_silo(2));
        _toAggregate();
        _propose(p);
    }

    /// Nobody is left whom it protects.
    function test_a_round_whose_only_roll_is_void_ends_Reveal_with_the_last_opening() public {
        _rolled(2);
        _commit(_silo(2));
        _commit(_silo(3));
        _toReveal();
        _postOpenings();
        _reveal(_silo(2));
        vm.prank(address(disputes));
        coordinator.strikePoster(task, round, poster, stranger, keccak256("evidence"));
        _assertPhase(Phase.Reveal);
        _reveal(_silo(3));
        _assertPhase(Phase.Aggregate);
    }
}
