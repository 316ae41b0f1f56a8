// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICoordinatorTypes} from "./ICoordinatorTypes.sol";
import {IRelays} from "./IRelays.sol";

/// @title Shares of a masked round that anybody brings, many in one transaction.
/// @notice Called at the coordinator's address, beside `commitMany` and `revealMany`. A batch has exactly the effect of
/// `dealShares` and `showShares`, for each entry that they would accept, with their events; any other entry is skipped,
/// named by an event, and harms no other. Who is left out acts directly; contract wallets do so too.
interface IMaskedRelays is ICoordinatorTypes {
    /// @param r With `vs` the signature of `hashDealing` in 64 bytes (EIP-2098).
    struct SignedDealing {
        address participant;
        bytes32 grantId;
        bytes32 maskingKey;
        bytes32 root;
        bytes32 r;
        bytes32 vs;
        string uri;
    }

    /// @param r With `vs` the signature of `hashShown`.
    struct SignedShown {
        address participant;
        bytes32 root;
        bytes32 r;
        bytes32 vs;
        string uri;
    }

    /// @param reason What the single call would have thrown.
    event DealingSkipped(
        uint32 indexed task, uint32 indexed round, address indexed participant, IRelays.Skip reason
    );
    event ShownSkipped(
        uint32 indexed task, uint32 indexed round, address indexed participant, IRelays.Skip reason
    );

    /// Deals for many, in Share. Each entry is signed by its participant or by the participant's delegate of now, for one
    /// round of one task at one coordinator, and for the place where the shares lie.
    function dealMany(uint32 task, uint32 round, SignedDealing[] calldata batch) external;

    /// Shows the shares of many, in Unmask, signed likewise.
    function showMany(uint32 task, uint32 round, SignedShown[] calldata batch) external;

    /// The digest a participant signs: the domain of `hashCommit`, type Dealing(uint32 task,uint32 round,address participant,
    /// bytes32 grantId,bytes32 maskingKey,bytes32 root,string uri).
    function hashDealing(uint32 task, uint32 round, SignedDealing calldata signed) external view returns (bytes32);

    /// Likewise: type Shown(uint32 task,uint32 round,address participant,bytes32 root,string uri).
    function hashShown(uint32 task, uint32 round, SignedShown calldata signed) external view returns (bytes32);
}
