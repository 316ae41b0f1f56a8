// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICommitteeDesk} from "./interfaces/ICommitteeDesk.sol";
import {Roster} from "./Roster.sol";

/// @title Who may be drawn, from which round to which: validators come and announce that they go.
abstract contract Validators is Roster, ICommitteeDesk {
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

    function isReader(uint32 task, address account) external view returns (bool) {
        return _s().readers[task][account];
    }

    function validatorsOf(uint32 task) external view returns (Validator[] memory) {
        return _s().validators[task];
    }

    // --- internal

    function _freePlace(uint32 task) internal returns (uint256 place) {
        Validator[] storage all = _s().validators[task];
        while (place < all.length && all[place].account != address(0)) ++place;
        if (place == MAX_VALIDATORS) revert TooManyValidators(task, MAX_VALIDATORS);
        if (place == all.length) all.push();
    }
}
