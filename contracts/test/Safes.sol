// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {vm} from "./Vm.sol";

interface ISafe {
    function setup(
        address[] calldata owners,
        uint256 threshold,
        address to,
        bytes calldata data,
        address fallbackHandler,
        address paymentToken,
        uint256 payment,
        address payable paymentReceiver
    ) external;
    function execTransaction(
        address to,
        uint256 value,
        bytes calldata data,
        uint8 operation,
        uint256 safeTxGas,
        uint256 baseGas,
        uint256 gasPrice,
        address gasToken,
        address payable refundReceiver,
        bytes calldata signatures
    ) external payable returns (bool);
    function getTransactionHash(
        address to,
        uint256 value,
        bytes calldata data,
        uint8 operation,
        uint256 safeTxGas,
        uint256 baseGas,
        uint256 gasPrice,
        address gasToken,
        address refundReceiver,
        uint256 nonce
    ) external view returns (bytes32);
    function nonce() external view returns (uint256);
    function enableModule(address module) external;
    function swapOwner(address prevOwner, address oldOwner, address newOwner) external;
}

interface ISafeProxyFactory {
    function createProxyWithNonce(address singleton, bytes calldata initializer, uint256 salt)
        external
        returns (address);
}

/// Real Safes, from the bytecode that their package ships.
library Safes {
    string internal constant ARTIFACTS =
        "/node_modules/@safe-global/safe-contracts/build/artifacts/contracts/";

    function factory() internal returns (ISafeProxyFactory, address singleton) {
        address made = create("proxies/SafeProxyFactory.sol/SafeProxyFactory.json");
        return (ISafeProxyFactory(made), create("Safe.sol/Safe.json"));
    }

    function create(string memory artifact) internal returns (address made) {
        string memory json = vm.readFile(string.concat(vm.projectRoot(), ARTIFACTS, artifact));
        bytes memory code = vm.parseJsonBytes(json, ".bytecode");
        assembly {
            made := create(0, add(code, 32), mload(code))
        }
        vm.assertTrue(made != address(0), artifact);
    }

    function safe(
        ISafeProxyFactory from,
        address singleton,
        address[] memory owners,
        uint256 threshold,
        uint256 salt
    ) internal returns (ISafe) {
        bytes memory start = abi.encodeCall(
            ISafe.setup, (owners, threshold, address(0), "", address(0), address(0), 0, payable(address(0)))
        );
        return ISafe(from.createProxyWithNonce(singleton, start, salt));
    }

    /// A call of the Safe's, signed by the holders of the keys, which are sorted by address.
    function run(ISafe safe_, uint256[] memory keys, address to, bytes memory data) internal {
        bytes memory signatures = sign(safe_, keys, to, data);
        safe_.execTransaction(to, 0, data, 0, 0, 0, 0, address(0), payable(address(0)), signatures);
    }

    function sign(ISafe safe_, uint256[] memory keys, address to, bytes memory data)
        internal
        view
        returns (bytes memory signatures)
    {
        bytes32 hash = _hash(safe_, to, data);
        for (uint256 i; i < keys.length; ++i) {
            (uint8 v, bytes32 r, bytes32 s) = vm.sign(keys[i], hash);
            signatures = bytes.concat(signatures, abi.encodePacked(r, s, v));
        }
    }

    function _hash(ISafe safe_, address to, bytes memory data) private view returns (bytes32) {
        uint256 nonce = safe_.nonce();
        return safe_.getTransactionHash(to, 0, data, 0, 0, 0, 0, address(0), address(0), nonce);
    }
}
