// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAppeals} from "../src/interfaces/IAppeals.sol";
import {IParticipantRegistry} from "../src/interfaces/IParticipantRegistry.sol";
import {Judgements} from "./Judgements.sol";
import {vm} from "./RoundBase.sol";

/// What becomes of slashes, at any time: appealed or not, answered or not, closed by whoever comes along.
abstract contract AppealActions is Judgements {
    uint256 public restored;
    uint256 public rejected;

    function appeal(uint256 i) external watched {
        uint256 id = _anySlash(i);
        address who = registry.slashOf(id).participant;
        if (id == 0) return;
        _give(address(0), who, APPEAL_DEPOSIT);
        if (stakeToken == address(0)) minted += APPEAL_DEPOSIT;
        (, uint256 window,) = appeals.terms();
        bool due = _isHeld(id) && appeals.appealOf(id).openedAt == 0
            && block.timestamp <= registry.slashOf(id).at + window;
        vm.prank(who);
        try appeals.open{value: APPEAL_DEPOSIT}(id, "") {
            if (!due) unjust = true;
        } catch {
            if (due) blocked = true;
        }
    }

    function answer(uint256 i, uint256 how) external watched {
        uint256 id = _anySlash(i);
        IAppeals.Ruling ruling = IAppeals.Ruling(1 + how % 3);
        IParticipantRegistry.Slash memory k = registry.slashOf(id);
        uint256 stake = registry.participant(k.participant).stake;
        try appeals.answer(id, ruling) {
            uint256 back = registry.participant(k.participant).stake - stake;
            if (back != (ruling == IAppeals.Ruling.Accept ? k.taken : 0)) unjust = true;
            if (ruling == IAppeals.Ruling.Accept) ++restored;
            if (ruling == IAppeals.Ruling.Reject) ++rejected;
        } catch {}
    }

    /// A stranger closes whatever is over: nothing can stand in its way.
    function closeAll() external watched {
        (, uint256 window, uint256 period) = appeals.terms();
        for (uint256 id = 1; id <= registry.slashCount(); ++id) {
            uint256 openedAt = appeals.appealOf(id).openedAt;
            uint256 until = openedAt == 0 ? registry.slashOf(id).at + window : openedAt + period;
            if (!_isHeld(id) || block.timestamp <= until) continue;
            try this.closeOne(id, openedAt == 0) {}
            catch {
                blocked = true;
            }
        }
    }

    function closeOne(uint256 id, bool silent) external {
        if (!silent) return appeals.close(id);
        uint256[] memory ids = new uint256[](1);
        ids[0] = id;
        appeals.uphold(ids);
    }

    function collectDeposit(uint256 i) external watched {
        try appeals.collectDeposit(_actor(i % ALL)) {} catch {}
    }

    // --- for the invariants

    /// What Appeals holds, and what it owes: open deposits and returned ones.
    function appealMoney() external view returns (uint256 balance, uint256 owed) {
        balance = address(appeals).balance;
        for (uint256 id = 1; id <= registry.slashCount(); ++id) {
            IAppeals.Appeal memory a = appeals.appealOf(id);
            if (a.ruling == IAppeals.Ruling.None) owed += a.deposit;
        }
        for (uint256 i; i < ALL; ++i) {
            owed += appeals.depositOf(_actor(i));
        }
    }

    /// What all slashes took that are held, and those that the stranger proved and that were upheld.
    function slashMoney() external view returns (uint256 held, uint256 proven) {
        for (uint256 id = 1; id <= registry.slashCount(); ++id) {
            IParticipantRegistry.Slash memory k = registry.slashOf(id);
            if (k.state == IParticipantRegistry.SlashState.Held) held += k.taken;
            bool upheld = k.state == IParticipantRegistry.SlashState.Upheld;
            if (upheld && k.accuser == stranger) proven += k.taken;
        }
    }

    function heldStake() external view returns (uint256) {
        return registry.held();
    }

    // --- internal

    function _anySlash(uint256 i) internal view returns (uint256) {
        uint256 count = registry.slashCount();
        return count == 0 ? 0 : 1 + i % count;
    }

    function _isHeld(uint256 id) internal view returns (bool) {
        return registry.slashOf(id).state == IParticipantRegistry.SlashState.Held;
    }
}
