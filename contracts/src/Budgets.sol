// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IBudgets} from "./interfaces/IBudgets.sol";
import {IParticipantRegistry} from "./interfaces/IParticipantRegistry.sol";
import {IPrivateUpdates} from "./interfaces/IPrivateUpdates.sol";
import {RdpVector} from "./RdpVector.sol";

/// @title The accounts behind IBudgets, which documents them.
abstract contract Budgets is IBudgets {
    using RdpVector for uint256;

    struct Account {
        uint256 limit;
        uint256 spent;
    }

    /// @custom:storage-location erc7201:prefect-federated.Budgets
    struct BudgetStorage {
        IParticipantRegistry registry;
        mapping(bytes32 grantAndSilo => uint256) spent;
        mapping(address silo => Account) own;
        mapping(bytes32 commit => uint256 cost) charges;
    }

    // keccak256(abi.encode(uint256(keccak256("prefect-federated.Budgets")) - 1)) & ~bytes32(uint256(0xff))
    bytes32 private constant STORAGE_SLOT =
        0xad2db0d69a0a7e92ff1d5c950d364e550c32d899587a07885efc0ac9c258c000;

    function refund(uint32 task, uint32 round, bytes32 grantId, address silo) external {
        BudgetStorage storage s = _budgets();
        bytes32 commit = keccak256(abi.encode(task, round, grantId, silo));
        uint256 cost = s.charges[commit];
        bool unread = cost != 0 && IPrivateUpdates(s.registry.coordinator()).isUnread(task, round);
        if (!unread) revert NothingToRefund(task, round, grantId);
        delete s.charges[commit];
        bytes32 key = _key(grantId, silo);
        s.spent[key] = s.spent[key].minus(cost);
        s.own[silo].spent = s.own[silo].spent.minus(cost);
        emit PrivacyRefunded(task, round, silo, grantId, cost);
    }

    function setOwnLimit(uint256 limit) external {
        _budgets().own[msg.sender].limit = limit;
        emit OwnLimitSet(msg.sender, limit);
    }

    function spentUnder(bytes32 grantId, address silo) public view returns (uint256) {
        return _budgets().spent[_key(grantId, silo)];
    }

    function ownBudget(address silo) external view returns (uint256 limit, uint256 spent) {
        Account storage own = _budgets().own[silo];
        return (own.limit, own.spent);
    }

    // --- internal

    function __Budgets_init(address registry) internal {
        _budgets().registry = IParticipantRegistry(registry);
    }

    /// @param budget Of the grant; 0 is no limit.
    function _spend(Charge calldata c, uint256 budget) internal {
        BudgetStorage storage s = _budgets();
        if (msg.sender != s.registry.coordinator()) revert OnlyCoordinator(msg.sender);
        if (c.floor == 0 || !c.cost.covers(c.floor)) revert CostBelowFloor(c.cost, c.floor);
        bytes32 key = _key(c.grantId, c.silo);
        uint256 spent = s.spent[key].plus(c.cost);
        if (budget != 0 && !spent.within(budget)) revert BudgetExceeded(c.grantId, spent, budget);
        Account storage own = s.own[c.silo];
        uint256 total = own.spent.plus(c.cost);
        if (own.limit != 0 && !total.within(own.limit)) revert OwnLimitExceeded(c.silo, total, own.limit);
        (s.spent[key], own.spent) = (spent, total);
        s.charges[keccak256(abi.encode(c.task, c.round, c.grantId, c.silo))] = c.cost;
        emit PrivacySpent(c.task, c.round, c.silo, c.grantId, c.cost, spent);
    }

    function _key(bytes32 grantId, address silo) internal pure returns (bytes32) {
        return keccak256(abi.encode(grantId, silo));
    }

    function _budgets() private pure returns (BudgetStorage storage s) {
        bytes32 slot = STORAGE_SLOT;
        assembly {
            s.slot := slot
        }
    }
}
