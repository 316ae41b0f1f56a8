// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CommitteeBase} from "./CommitteeBase.sol";
import {IRoundTypes} from "./interfaces/IRoundTypes.sol";

/// @title Who may be drawn, from which round to which, and with what weight.
/// @dev A running round's weights never change, or whoever sees the seed first could change the draw: places are
/// not moved, a bond slashed in a round keeps its weight until the round is over.
abstract contract Validators is CommitteeBase {
    function admitReader(uint32 task, address account, bool admitted) external {
        (address sponsor,,) = _s().coordinator.committeeTerms(task);
        if (msg.sender != sponsor) revert NotTheSponsor(task, msg.sender, sponsor);
        _s().readers[task][account] = admitted;
        emit ReaderSet(task, account, admitted);
        if (!admitted && _s().places[task][account] != 0) _retire(task, account);
    }

    function enlist(uint32 task, uint128 amount) external {
        (, uint8 size, uint128 least) = _s().coordinator.committeeTerms(task);
        if (size == 0) revert NoCommittee(task);
        if (!_s().readers[task][msg.sender]) revert NotAReader(task, msg.sender);
        if (_s().places[task][msg.sender] != 0) revert AlreadyEnlisted(task, msg.sender);
        if (amount < least) revert BondTooSmall(task, amount, least);
        uint256 place = _freePlace(task);
        uint32 fromRound = _currentRound(task) + 1;
        _s().validators[task][place] = Validator(msg.sender, fromRound, FOR_GOOD, 0, amount, amount);
        _s().places[task][msg.sender] = place + 1;
        emit Enlisted(task, msg.sender, place, fromRound, amount);
        _s().coordinator.lockValidator(msg.sender, amount);
    }

    function resign(uint32 task) external {
        _validatorOf(task, msg.sender);
        _retire(task, msg.sender);
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

    function isReader(uint32 task, address account) external view returns (bool) {
        return _s().readers[task][account];
    }

    function validatorsOf(uint32 task) external view returns (Validator[] memory) {
        return _s().validators[task];
    }

    // --- internal

    /// @dev Deals with who was absent in the last ballot, once its votes can no longer change.
    function _close(uint32 task) internal virtual returns (bool);

    /// @dev The current round is its last.
    function _retire(uint32 task, address account) internal {
        Validator storage v = _validatorOf(task, account);
        if (v.untilRound != FOR_GOOD) return;
        v.untilRound = _currentRound(task);
        emit Resigned(task, account, v.untilRound);
    }

    function _freePlace(uint32 task) internal returns (uint256 place) {
        Validator[] storage all = _s().validators[task];
        while (place < all.length && all[place].account != address(0)) ++place;
        if (place == MAX_VALIDATORS) revert TooManyValidators(task, MAX_VALIDATORS);
        if (place == all.length) all.push();
    }

    function _mayServe(Validator storage v, uint32 round) internal view returns (bool) {
        return v.account != address(0) && v.fromRound <= round && round <= v.untilRound && v.skipped != round;
    }

    /// @dev The weight of each place in the round's draw, and how many are not 0.
    function _weights(uint32 task, uint32 round) internal view returns (uint256[] memory weights, uint256 able) {
        Validator[] storage all = _s().validators[task];
        weights = new uint256[](all.length);
        for (uint256 i; i < weights.length; ++i) {
            if (!_mayServe(all[i], round)) continue;
            weights[i] = all[i].weight;
            ++able;
        }
    }
}
