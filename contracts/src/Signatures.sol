// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

/// @title Signatures that their signer cannot disown later.
library Signatures {
    /// Whether the account's key signed this digest, or its code says so (ERC-1271). The key always counts: an account
    /// may give itself code afterwards (EIP-7702) that denies everything.
    function signed(address account, bytes32 digest, bytes calldata signature) internal view returns (bool) {
        (address signer,,) = ECDSA.tryRecoverCalldata(digest, signature);
        if (signer != address(0) && signer == account) return true;
        return SignatureChecker.isValidSignatureNowCalldata(account, digest, signature);
    }
}
