// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EIP712Upgradeable} from "@openzeppelin/contracts-upgradeable/utils/cryptography/EIP712Upgradeable.sol";
import {DisputesBase} from "./DisputesBase.sol";
import {IRecordDesk} from "./interfaces/IRecordDesk.sol";
import {IRulings} from "./interfaces/IRulings.sol";
import {Signatures} from "./Signatures.sol";
import {Tallies} from "./Tallies.sol";

/// @title The proposal's record of who is in and who is out contradicts what is on chain.
abstract contract RecordChallenges is DisputesBase, IRecordDesk, EIP712Upgradeable {
    using Signatures for address;

    bytes32 public constant RECEIPT_TYPEHASH = keccak256(
        "Receipt(uint32 task,uint32 round,address participant,bytes32 sealedRoot,bytes32 contentKeyHash)"
    );

    uint256 internal constant EXCLUSION_BYTES = 3;
    uint8 internal constant UNAVAILABLE = 1;
    uint8 internal constant NORM_BOUND = 6;
    uint8 internal constant RULE = 7;

    function challengeLeaf(
        uint32 task,
        uint32 round,
        Proposal calldata p,
        uint32 position,
        Piece calldata leaf,
        Opening calldata o
    ) external {
        IRulings.Case memory k = _case(task, round, p);
        (address participant, bytes32 payloadRoot, uint32 weight) = _requireIncluded(leaf, p, position);
        (uint16 index, bool revealed) = _s().coordinator.revealedIndex(task, round, participant);
        if (!revealed || _s().coordinator.isLanded(task, round, index)) _requireNoRolls(task, participant, index, p);
        if (revealed && !_excluded(p.exclusions, index)) {
            uint32 counted = _s().coordinator.countedWeight(task, round, participant, o);
            if (counted == 0) revert NotRevealed(participant);
            bool weighed = counted == weight || k.rule >= Tallies.REWEIGHTED;
            if (o.payloadRoot == payloadRoot && weighed) {
                revert NotWrong(int256(uint256(counted)), int256(uint256(weight)));
            }
        }
        emit LeafRefuted(task, round, msg.sender, position, participant);
        _overturn(task, round, msg.sender);
    }

    function challengeOrder(
        uint32 task,
        uint32 round,
        Proposal calldata p,
        uint32 position,
        Piece calldata leaf,
        Piece calldata following
    ) external {
        _case(task, round, p);
        (address first,,) = _requireIncluded(leaf, p, position);
        (address second,,) = _requireIncluded(following, p, uint256(position) + 1);
        (uint16 a,) = _s().coordinator.revealedIndex(task, round, first);
        (uint16 b,) = _s().coordinator.revealedIndex(task, round, second);
        if (a < b) revert NotWrong(int256(uint256(a)), int256(uint256(b)));
        emit LeafRefuted(task, round, msg.sender, position + 1, second);
        _overturn(task, round, msg.sender);
    }

    function challengeExclusion(
        uint32 task,
        uint32 round,
        Proposal calldata p,
        uint32 which,
        Opening calldata o,
        bytes calldata receipt
    ) external {
        IRulings.Case memory k = _case(task, round, p);
        (uint16 index, uint8 reason) = _exclusion(p.exclusions, which);
        bool wrong;
        if (reason == NORM_BOUND) wrong = k.normBound == 0;
        if (reason == RULE) wrong = k.rule < Tallies.MULTI_KRUM && p.included != 0;
        if (reason == UNAVAILABLE) wrong = _received(task, round, index, k.proposer, o, receipt);
        if (!wrong) revert NotWrong(int256(uint256(index)), int256(uint256(reason)));
        emit ExclusionRefuted(task, round, msg.sender, index, reason);
        _overturn(task, round, msg.sender);
    }

    function hashReceipt(
        uint32 task,
        uint32 round,
        address participant,
        bytes32 sealedRoot,
        bytes32 contentKeyHash
    ) public view returns (bytes32) {
        return _hashTypedDataV4(
            keccak256(abi.encode(RECEIPT_TYPEHASH, task, round, participant, sealedRoot, contentKeyHash))
        );
    }

    // --- internal

    /// @dev Whether the proposer signed that it holds what the participant with this index revealed.
    function _received(
        uint32 task,
        uint32 round,
        uint16 index,
        address proposer,
        Opening calldata o,
        bytes calldata receipt
    ) internal view returns (bool) {
        address participant = _revealer(task, round, index, o);
        bytes32 digest = hashReceipt(task, round, participant, o.sealedRoot, o.contentKeyHash);
        return proposer.signed(digest, receipt);
    }

    /// @dev Where an update may have been revealed in a roll, its record is asked for: whoever signed two commits would
    /// otherwise convict a proposer that took the one by showing the other. In and out at once is wrong anyhow.
    function _requireNoRolls(uint32 task, address participant, uint16 index, Proposal calldata p) internal view {
        bool both = _excluded(p.exclusions, index);
        if (!both && _s().coordinator.rolledOf(task).rolls != 0) revert MayBeRolled(participant);
    }

    /// @dev The participant with this index, whose opening in the round `o` must be.
    function _revealer(uint32 task, uint32 round, uint16 index, Opening calldata o)
        internal
        view
        returns (address participant)
    {
        participant = _s().coordinator.participantAt(task, index);
        if (!_s().coordinator.isOpening(task, round, participant, o)) revert NotRevealed(participant);
    }

    function _excluded(bytes calldata exclusions, uint16 index) internal pure returns (bool) {
        for (uint256 i; i < exclusions.length; i += EXCLUSION_BYTES) {
            if (uint16(bytes2(exclusions[i:i + 2])) == index) return true;
        }
        return false;
    }

    function _exclusion(bytes calldata exclusions, uint256 which)
        internal
        pure
        returns (uint16 index, uint8 reason)
    {
        uint256 at = which * EXCLUSION_BYTES;
        return (uint16(bytes2(exclusions[at:at + 2])), uint8(exclusions[at + 2]));
    }
}
