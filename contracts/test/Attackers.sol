// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {TestToken} from "../src/TestToken.sol";
import {ITreasury} from "../src/interfaces/ITreasury.sol";
import {IParticipantRegistry} from "../src/interfaces/IParticipantRegistry.sol";

/// Takes one per cent of every transfer.
contract FeeToken is TestToken("Fee", "FEE") {
    function _update(address from, address to, uint256 amount) internal override {
        if (from == address(0) || to == address(0)) return super._update(from, to, amount);
        super._update(from, address(0), amount / 100);
        super._update(from, to, amount - amount / 100);
    }
}

/// Refuses to send to, or take from, the accounts on its list.
contract BlocklistToken is TestToken("Block", "BLK") {
    mapping(address => bool) public blocked;

    function setBlocked(address who, bool on) external {
        blocked[who] = on;
    }

    function _update(address from, address to, uint256 amount) internal override {
        require(!blocked[from] && !blocked[to], "blocked");
        super._update(from, to, amount);
    }
}

/// Says false instead of reverting, and moves nothing.
contract FalseToken is TestToken("False", "FLS") {
    function transferFrom(address, address, uint256) public pure override returns (bool) {
        return false;
    }
}

/// Calls back into whoever pays it, once.
contract ReentrantReceiver {
    address private target;
    bytes private data;
    bool public reentered;
    bool public succeeded;

    function aim(address target_, bytes calldata data_) external {
        (target, data) = (target_, data_);
    }

    function run(address to, uint256 value, bytes calldata call) external payable {
        (bool ok, bytes memory answer) = to.call{value: value}(call);
        if (!ok) _bubble(answer);
    }

    receive() external payable {
        if (reentered || target == address(0)) return;
        reentered = true;
        (succeeded,) = target.call(data);
    }

    function _bubble(bytes memory answer) private pure {
        assembly {
            revert(add(answer, 32), mload(answer))
        }
    }
}

/// A contract wallet: what its owner signed counts as signed by it.
contract Wallet is IERC1271 {
    address private immutable OWNER;

    constructor(address owner) {
        OWNER = owner;
    }

    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4) {
        return ECDSA.recover(hash, signature) == OWNER ? IERC1271.isValidSignature.selector : bytes4(0);
    }

    function run(address to, bytes calldata call) external {
        (bool ok,) = to.call(call);
        require(ok, "wallet");
    }
}
