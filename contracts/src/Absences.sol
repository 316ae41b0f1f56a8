// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Ballots} from "./Ballots.sol";
import {IRoundTypes} from "./interfaces/IRoundTypes.sol";

/// @title What costs a validator its bond: two votes in one round all of it, no vote a tenth, nothing else; and how
/// it comes back.
abstract contract Absences is Ballots {
    uint128 internal constant ABSENCE_PART = 10;

    function challengeConflict(
        uint32 task,
        uint32 round,
        address member,
        Attestation calldata first,
        Attestation calldata second
    ) external {
        if (first.commitment == second.commitment) revert NoConflict(first.commitment);
        _requireAttested(task, round, member, first);
        _requireAttested(task, round, member, second);
        Validator storage v = _validatorOf(task, member);
        uint128 bond = v.bonded;
        if (bond == 0) revert NotEnlisted(task, member);
        v.bonded = 0;
        _s().readers[task][member] = false;
        emit ReaderSet(task, member, false);
        _retire(task, member);
        _voidVote(task, member);
        _slash(task, round, member, bond, keccak256(msg.data), msg.sender, "conflicting votes");
    }

    function closeBallot(uint32 task) external {
        if (!_close(task)) revert NothingToClose(task, _s().ballots[task].round);
    }

    function releaseBond(uint32 task, address account) external {
        Validator storage v = _validatorOf(task, account);
        (uint32 round, IRoundTypes.Phase phase,) = _s().coordinator.standingOf(task);
        bool idle = phase == IRoundTypes.Phase.None || phase >= IRoundTypes.Phase.Settled;
        bool over = idle ? v.untilRound != FOR_GOOD : v.untilRound < round;
        if (!over) revert StillServing(task, account, round);
        _close(task);
        uint256 amount = v.bonded;
        delete _s().validators[task][_s().places[task][account] - 1];
        delete _s().places[task][account];
        emit ValidatorReleased(task, account, amount);
        _s().coordinator.unlockValidator(account, amount);
    }

    // --- internal

    /// @dev Salts of a ballot that two thirds showed enter the next seeds.
    function _close(uint32 task) internal override returns (bool) {
        Ballot storage b = _s().ballots[task];
        if (b.round == 0 || b.closed || !_s().coordinator.voteOver(task, b.round)) return false;
        b.closed = true;
        if (_quorate(b)) b.mix = b.shown;
        for (uint256 k; b.drawn && k < b.size; ++k) {
            Seat storage s = _s().seats[task][k];
            if (s.state != VoteState.Revealed) _absent(task, b, s.member);
        }
        return true;
    }

    function _absent(uint32 task, Ballot storage b, address member) internal {
        Validator storage v = _validatorOf(task, member);
        v.skipped = b.round + 1;
        uint128 part = v.bonded / ABSENCE_PART;
        if (!b.early || part == 0) return;
        v.bonded -= part;
        v.weight = v.bonded;
        _slash(task, b.round, member, part, keccak256(abi.encode(task, b.round)), address(0), "no vote");
    }

    function _slash(
        uint32 task,
        uint32 round,
        address member,
        uint256 amount,
        bytes32 evidence,
        address accuser,
        string memory reason
    ) internal {
        (uint256 taken, uint256 bounty) =
            _s().coordinator.slashValidator(member, amount, evidence, accuser);
        emit ValidatorSlashed(task, round, member, taken, bounty, reason);
    }

    /// @dev Signed, or cast by the member itself in the current ballot.
    function _requireAttested(uint32 task, uint32 round, address member, Attestation calldata a) internal view {
        bool ok;
        if (a.signature.length != 0) {
            ok = _signed(task, round, member, a.commitment, a.signature);
        } else {
            (bool found, uint256 k) = _seatOf(task, member);
            Seat storage s = _s().seats[task][k];
            bool cast = s.state != VoteState.None && s.commitment == a.commitment;
            ok = found && cast && _s().ballots[task].round == round;
        }
        if (!ok) revert NotAttested(task, round, member, a.commitment);
    }

    /// @dev A promised vote that is not shown yet counts no more.
    function _voidVote(uint32 task, address member) internal {
        (bool found, uint256 k) = _seatOf(task, member);
        Seat storage s = _s().seats[task][k];
        Ballot storage b = _s().ballots[task];
        if (!found || s.state != VoteState.Cast || b.closed) return;
        s.state = VoteState.Void;
        --b.cast;
        emit VoteVoided(task, b.round, member);
    }

    function _seatOf(uint32 task, address member) internal view returns (bool found, uint256 k) {
        Ballot storage b = _s().ballots[task];
        if (!b.drawn) return (false, 0);
        for (; k < b.size; ++k) {
            if (_s().seats[task][k].member == member) return (true, k);
        }
        return (false, 0);
    }
}
