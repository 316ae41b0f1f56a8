// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {ITreasury} from "./interfaces/ITreasury.sol";
import {Payments} from "./Payments.sol";
import {RegistryBase} from "./RegistryBase.sol";

/// @title Stake that is taken: held, then given back, or gone to accuser and treasury.
abstract contract Slashes is RegistryBase, ReentrancyGuardTransient {
    using SafeCast for uint256;
    using SafeERC20 for IERC20;

    modifier onlyAppeals() {
        if (msg.sender != _storage().appeals) revert OnlyAppeals(msg.sender);
        _;
    }

    function slash(address participant_, uint256 amount, bytes32 evidence)
        external
        onlyCoordinator
        returns (uint256 taken)
    {
        taken = _take(participant_, amount, evidence, address(0));
    }

    function slashFor(address participant_, uint256 amount, bytes32 evidence, address accuser)
        external
        onlyCoordinator
        returns (uint256 taken, uint256 bounty)
    {
        taken = _take(participant_, amount, evidence, accuser);
        bounty = taken / 2;
    }

    // --- what became of a slash, for Appeals

    function restoreSlash(uint256 id) external onlyAppeals {
        Slash storage k = _close(id, SlashState.Restored);
        _storage().participants[k.participant].stake += k.taken;
        emit SlashRestored(id, k.participant, k.taken);
    }

    function upholdSlash(uint256 id) external onlyAppeals {
        Slash storage k = _close(id, SlashState.Upheld);
        RegistryStorage storage s = _storage();
        uint256 bounty = k.accuser == address(0) ? 0 : k.taken / 2;
        s.forfeited += k.taken - bounty;
        emit SlashUpheld(id, k.participant, k.taken, bounty);
        if (bounty == 0) return;
        s.bounties[k.accuser] += bounty;
        emit BountyCredited(k.accuser, bounty);
    }

    function collectBounty(address accuser) external nonReentrant {
        uint256 amount = _storage().bounties[accuser];
        if (amount == 0) revert NothingToWithdraw(accuser);
        _storage().bounties[accuser] = 0;
        emit BountyCollected(accuser, amount);
        Payments.pay(_storage().stakeToken, accuser, amount);
    }

    function forwardSlashed() external nonReentrant {
        RegistryStorage storage s = _storage();
        uint256 amount = s.forfeited;
        if (amount == 0) return;
        s.forfeited = 0;
        emit SlashedForwarded(amount);
        if (s.stakeToken == address(0)) {
            ITreasury(s.treasury).creditSlash{value: amount}(address(0), amount);
        } else {
            IERC20(s.stakeToken).forceApprove(s.treasury, amount);
            ITreasury(s.treasury).creditSlash(s.stakeToken, amount);
        }
    }

    // --- views

    function bountyOf(address accuser) external view returns (uint256) {
        return _storage().bounties[accuser];
    }

    function appeals() external view returns (address) {
        return _storage().appeals;
    }

    function reputation() external view returns (address) {
        return _storage().reputation;
    }

    function slashOf(uint256 id) external view returns (Slash memory) {
        return _storage().slashes[id];
    }

    function slashCount() external view returns (uint40) {
        return _storage().slashCount;
    }

    function held() external view returns (uint256) {
        return _storage().held;
    }

    function forfeited() external view returns (uint256) {
        return _storage().forfeited;
    }

    // --- internal

    /// @dev From locked, then free, then unbonding stake; takes what is there, and holds it.
    function _take(address participant_, uint256 amount, bytes32 evidence, address accuser)
        internal
        returns (uint256 taken)
    {
        RegistryStorage storage s = _storage();
        Participant storage p = s.participants[participant_];
        uint256 fromStake = Math.min(amount, p.stake);
        uint256 fromUnbonding = Math.min(amount - fromStake, p.unbonding);
        taken = fromStake + fromUnbonding;
        p.locked -= uint128(Math.min(amount, p.locked));
        p.stake -= uint128(fromStake);
        p.unbonding -= uint128(fromUnbonding);
        uint40 id = ++s.slashCount;
        Slash storage k = s.slashes[id];
        (k.participant, k.at, k.state) = (participant_, uint40(block.timestamp), SlashState.Held);
        (k.previous, k.taken) = (p.lastSlash, taken.toUint128());
        if (accuser != address(0)) k.accuser = accuser;
        p.lastSlash = id;
        s.held += taken;
        emit Slashed(participant_, taken, evidence, id, accuser);
    }

    /// @dev Once; what was taken is held no more.
    function _close(uint256 id, SlashState state) internal returns (Slash storage k) {
        RegistryStorage storage s = _storage();
        k = s.slashes[id];
        if (k.state != SlashState.Held) revert NotHeld(id);
        k.state = state;
        s.held -= k.taken;
    }
}
