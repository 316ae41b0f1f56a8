// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {CommitteeBase} from "./CommitteeBase.sol";
import {Signatures} from "./Signatures.sol";

/// @title What a committee's members sign: EIP-712, bound to this chain and this contract.
abstract contract MemberSignatures is CommitteeBase {
    using Signatures for address;

    bytes32 private constant DOMAIN_TYPEHASH =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    bytes32 private constant NAME_HASH = keccak256("prefect-federated committee");
    bytes32 private constant VERSION_HASH = keccak256("1");

    function _digestOf(bytes32 structHash) internal view returns (bytes32) {
        bytes32 domain = keccak256(
            abi.encode(DOMAIN_TYPEHASH, NAME_HASH, VERSION_HASH, block.chainid, address(this))
        );
        return MessageHashUtils.toTypedDataHash(domain, structHash);
    }

    /// @dev By the member or its present delegate; either may be a contract (ERC-1271).
    function _isSignedBy(address member, bytes32 digest, bytes calldata signature)
        internal
        view
        returns (bool)
    {
        if (member.signed(digest, signature)) return true;
        address delegate = _s().registry.participant(member).delegate;
        return delegate != address(0) && delegate.signed(digest, signature);
    }
}
