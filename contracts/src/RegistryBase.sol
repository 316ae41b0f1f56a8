// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IParticipantRegistry} from "./interfaces/IParticipantRegistry.sol";

/// @title What the parts of the participant registry share: storage, and who may call.
abstract contract RegistryBase is IParticipantRegistry {
    /// @custom:storage-location erc7201:prefect-federated.ParticipantRegistry
    struct RegistryStorage {
        address coordinator;
        address treasury;
        address stakeToken; // 0 is native
        uint40 unbondingPeriod; // seconds
        bool openAdmission;
        uint40 slashCount;
        uint256 forfeited;
        mapping(address => Participant) participants;
        mapping(address delegate => address) masterOf;
        mapping(address delegate => address) accepted;
        mapping(address accuser => uint256) bounties;
        address appeals;
        address reputation;
        uint256 held;
        mapping(uint256 id => Slash) slashes;
    }

    // keccak256(abi.encode(uint256(keccak256("prefect-federated.ParticipantRegistry")) - 1)) & ~bytes32(uint256(0xff))
    bytes32 private constant STORAGE_SLOT =
        0x80dea23591accbdf9363e8fc9480f5133cb72b8fcf15dd5cb099e4f4a0f60000;

    modifier onlyCoordinator() {
        if (msg.sender != _storage().coordinator) revert OnlyCoordinator(msg.sender);
        _;
    }

    function _storage() internal pure returns (RegistryStorage storage s) {
        bytes32 slot = STORAGE_SLOT;
        assembly {
            s.slot := slot
        }
    }
}
