// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Modifier} from "@gnosis-guild/zodiac-core/contracts/core/Modifier.sol";
import {Operation} from "@gnosis-guild/zodiac-core/contracts/core/Operation.sol";

/// Stands in for Zodiac's Delay, of which npm has the base (Modifier, used here) and the ABI, but neither
/// source nor bytecode. Same functions, events and order: a module queues, after the cooldown anyone executes
/// the next one, the owner skips. Left out: expiry, and returned data.
contract DelayStandIn is Modifier {
    event TransactionAdded(
        uint256 indexed queueNonce,
        bytes32 indexed txHash,
        address to,
        uint256 value,
        bytes data,
        Operation operation
    );

    uint256 public txCooldown;
    uint256 public txNonce;
    uint256 public queueNonce;
    mapping(uint256 => bytes32) public txHash;
    mapping(uint256 => uint256) public txCreatedAt;

    constructor(address owner_, address avatar_, uint256 cooldown) {
        setUp(abi.encode(owner_, avatar_, cooldown));
    }

    function setUp(bytes memory parameters) public override initializer {
        setupModules();
        address first;
        (first, avatar, txCooldown) = abi.decode(parameters, (address, address, uint256));
        target = avatar;
        _transferOwnership(first);
    }

    function execTransactionFromModule(address to, uint256 value, bytes calldata data, Operation operation)
        public
        override
        moduleOnly
        returns (bool)
    {
        bytes32 hash = getTransactionHash(to, value, data, operation);
        txHash[queueNonce] = hash;
        txCreatedAt[queueNonce] = block.timestamp;
        emit TransactionAdded(queueNonce++, hash, to, value, data, operation);
        return true;
    }

    function execTransactionFromModuleReturnData(address, uint256, bytes calldata, Operation)
        public
        pure
        override
        returns (bool, bytes memory)
    {
        revert("left out of the stand-in");
    }

    function executeNextTx(address to, uint256 value, bytes calldata data, Operation operation) external {
        require(txNonce < queueNonce, "Transaction queue is empty");
        require(block.timestamp - txCreatedAt[txNonce] >= txCooldown, "Transaction is still in cooldown");
        require(
            txHash[txNonce] == getTransactionHash(to, value, data, operation),
            "Transaction hashes do not match"
        );
        ++txNonce;
        require(exec(to, value, data, operation), "Module transaction failed");
    }

    function setTxNonce(uint256 nonce) external onlyOwner {
        require(nonce > txNonce && nonce <= queueNonce, "nonce out of range");
        txNonce = nonce;
    }

    function getTransactionHash(address to, uint256 value, bytes memory data, Operation operation)
        public
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(to, value, data, operation));
    }
}
