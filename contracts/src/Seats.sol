// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {Votes} from "@openzeppelin/contracts/governance/utils/Votes.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

/// @title One organisation, one vote: a consortium's seats, which can be neither bought nor transferred.
/// @notice The council admits and dismisses. A seat votes for itself unless it delegates.
contract Seats is Votes, AccessManaged {
    /// Thrown when a seat is given to somebody who has one.
    error AlreadySeated(address account);
    /// Thrown when somebody without a seat is dismissed.
    error NotSeated(address account);

    event Seated(address indexed account);
    event Dismissed(address indexed account);

    mapping(address account => bool) public seated;

    constructor(address manager, address[] memory accounts)
        EIP712("prefect-federated seats", "1")
        AccessManaged(manager)
    {
        for (uint256 i; i < accounts.length; ++i) {
            _seat(accounts[i]);
        }
    }

    function seat(address account) external restricted {
        _seat(account);
    }

    function dismiss(address account) external restricted {
        if (!seated[account]) revert NotSeated(account);
        _transferVotingUnits(account, address(0), 1);
        seated[account] = false;
        emit Dismissed(account);
    }

    function clock() public view override returns (uint48) {
        return uint48(block.timestamp);
    }

    // solhint-disable-next-line func-name-mixedcase
    function CLOCK_MODE() public pure override returns (string memory) {
        return "mode=timestamp";
    }

    function _seat(address account) internal {
        if (seated[account] || account == address(0)) revert AlreadySeated(account);
        seated[account] = true;
        _transferVotingUnits(address(0), account, 1);
        if (delegates(account) == address(0)) _delegate(account, account);
        emit Seated(account);
    }

    function _getVotingUnits(address account) internal view override returns (uint256) {
        return seated[account] ? 1 : 0;
    }
}
