// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {IRelays} from "./interfaces/IRelays.sol";
import {CoordinatorBase} from "./CoordinatorBase.sol";

/// @title What participants sign so that others may bring it, and who signed it.
abstract contract RelaySignatures is CoordinatorBase {
    bytes32 public constant COMMIT_TYPEHASH = keccak256(
        "Commit(uint32 task,uint32 round,address participant,bytes32 commitment,bytes32 grantId,bytes32 evidenceHash)"
    );

    bytes32 public constant LOCATION_TYPEHASH =
        keccak256("Location(uint32 task,uint32 round,address participant,string uri)");

    // --- internal

    function _requireRelayed(uint32 task) internal view {
        if (_s().tasks[task].params.modes & RELAYED == 0) revert IRelays.NotRelayed(task);
    }

    function _isSigned(bytes32 domain, uint32 task, uint32 round, IRelays.SignedCommit calldata signed)
        internal
        view
        returns (bool)
    {
        bytes32 digest = _hash(domain, task, round, signed);
        return _isSignedBy(signed.participant, digest, signed.r, signed.vs);
    }

    /// @dev By the participant, or by its delegate. A malleable signature is none (s in the lower half).
    function _isSignedBy(address participant, bytes32 digest, bytes32 r, bytes32 vs)
        internal
        view
        returns (bool)
    {
        (address signer,,) = ECDSA.tryRecover(digest, r, vs);
        if (signer == address(0)) return false;
        if (signer == participant) return true;
        try _s().registry.masterOf(signer) returns (address master) {
            return master == participant;
        } catch {
            return false;
        }
    }

    /// @dev keccak256(0x1901, domain separator, keccak256(abi.encode(COMMIT_TYPEHASH, task, round, participant,
    /// commitment, grantId, evidenceHash))).
    function _hash(bytes32 domain, uint32 task, uint32 round, IRelays.SignedCommit calldata signed)
        internal
        pure
        returns (bytes32)
    {
        bytes32 typehash = COMMIT_TYPEHASH;
        bytes32 structHash;
        assembly ("memory-safe") {
            let at := mload(0x40)
            mstore(at, typehash)
            mstore(add(at, 0x20), task)
            mstore(add(at, 0x40), round)
            calldatacopy(add(at, 0x60), signed, 0x80)
            structHash := keccak256(at, 0xe0)
        }
        return MessageHashUtils.toTypedDataHash(domain, structHash);
    }

    /// @dev keccak256(0x1901, domain separator, keccak256(abi.encode(LOCATION_TYPEHASH, task, round, participant,
    /// keccak256(uri)))).
    function _location(bytes32 domain, uint32 task, uint32 round, address participant, bytes calldata uri)
        internal
        pure
        returns (bytes32)
    {
        bytes32 structHash =
            keccak256(abi.encode(LOCATION_TYPEHASH, task, round, participant, keccak256(uri)));
        return MessageHashUtils.toTypedDataHash(domain, structHash);
    }

    /// @dev The signer must be the account itself, not a delegate.
    function _isBy(address account, bytes32 digest, bytes32 r, bytes32 vs) internal pure returns (bool) {
        (address signer,,) = ECDSA.tryRecover(digest, r, vs);
        return signer != address(0) && signer == account;
    }

    function _under(bytes32 domain, bytes memory words) internal pure returns (bytes32) {
        return MessageHashUtils.toTypedDataHash(domain, keccak256(words));
    }

    function _typed(bytes32 structHash) internal view returns (bytes32) {
        return MessageHashUtils.toTypedDataHash(_domain(), structHash);
    }

    /// @dev Reckoned from constants at each batch: this code runs at the coordinator's address (delegatecall), and
    /// reading a name from its storage would cost more.
    function _domain() internal view returns (bytes32) {
        return keccak256(
            abi.encode(
                keccak256(
                    "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
                ),
                keccak256("prefect-federated coordinator"),
                keccak256("1"),
                block.chainid,
                address(this)
            )
        );
    }
}
