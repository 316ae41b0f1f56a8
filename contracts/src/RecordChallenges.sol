// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EIP712Upgradeable} from "@openzeppelin/contracts-upgradeable/utils/cryptography/EIP712Upgradeable.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {DisputesBase} from "./DisputesBase.sol";
import {IRecordDesk} from "./interfaces/IRecordDesk.sol";
import {IRulings} from "./interfaces/IRulings.sol";

/// @title The proposal's record of who is in and who is out contradicts what is on chain.
abstract contract RecordChallenges is DisputesBase, IRecordDesk, EIP712Upgradeable {
    bytes32 public constant RECEIPT_TYPEHASH = keccak256(
        "Receipt(uint32 task,uint32 round,address participant,bytes32 sealedRoot,bytes32 contentKeyHash)"
    );

    uint256 internal constant EXCLUSION_BYTES = 3;
    uint8 internal constant UNAVAILABLE = 1;
    uint8 internal constant NORM_BOUND = 6;
    uint8 internal constant RULE = 7;
    uint8 internal constant VOID_LEAF = 8;
    uint8 internal constant MULTI_KRUM = 3;

    function challengeLeaf(
        uint32 task,
        uint32 round,
        Proposal calldata p,
        uint32 position,
        Piece calldata leaf,
        Opening calldata o
    ) external {
        _case(task, round, p);
        (address participant, bytes32 payloadRoot, uint32 weight) = _requireIncluded(leaf, p, position);
        (uint16 index, bool revealed) = _s().coordinator.revealedIndex(task, round, participant);
        if (revealed && !_excluded(p.exclusions, index)) {
            if (!_s().coordinator.isOpening(task, round, participant, o)) revert NotRevealed(participant);
            if (o.payloadRoot == payloadRoot && o.weight == weight) {
                revert NotWrong(int256(uint256(o.weight)), int256(uint256(weight)));
            }
        } else if (!revealed && _rolled(task)) {
            revert MayBeRolled(participant);
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
        if (reason == RULE) wrong = k.rule != MULTI_KRUM && p.included != 0;
        if (reason == UNAVAILABLE) wrong = _received(task, round, index, k.proposer, o, receipt);
        if (!wrong) revert NotWrong(int256(uint256(index)), int256(uint256(reason)));
        emit ExclusionRefuted(task, round, msg.sender, index, reason);
        _overturn(task, round, msg.sender);
    }

    function challengeOmission(
        uint32 task,
        uint32 round,
        Proposal calldata p,
        address participant,
        uint32 position,
        Piece[] calldata near
    ) external {
        _case(task, round, p);
        (uint16 index, bool revealed) = _s().coordinator.revealedIndex(task, round, participant);
        if (!revealed) revert NotRevealed(participant);
        bool out = !_excluded(p.exclusions, index);
        if (!out || !_isBetween(task, round, p, index, position, near)) {
            revert NotWrong(int256(uint256(index)), int256(uint256(position)));
        }
        emit Omitted(task, round, msg.sender, index);
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
        return SignatureChecker.isValidSignatureNowCalldata(proposer, digest, receipt);
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

    function _rolled(uint32 task) internal view returns (bool) {
        return _s().coordinator.rolledOf(task).opened != 0;
    }

    /// @dev Whether no included leaf has the index: neighbours with nothing between them, the first or the last
    /// leaf alone, or no leaf because nobody is included.
    function _isBetween(
        uint32 task,
        uint32 round,
        Proposal calldata p,
        uint16 index,
        uint256 position,
        Piece[] calldata near
    ) internal view returns (bool) {
        if (near.length == 0) return p.included == 0;
        if (near.length > 2) return false;
        uint16 first = _includedIndex(task, round, p, position, near[0]);
        if (near.length == 2) {
            return first < index && index < _includedIndex(task, round, p, position + 1, near[1]);
        }
        return (position == 0 && index < first) || (position + 1 == p.included && first < index);
    }

    function _includedIndex(
        uint32 task,
        uint32 round,
        Proposal calldata p,
        uint256 position,
        Piece calldata leaf
    ) internal view returns (uint16 index) {
        (address participant,,) = _requireIncluded(leaf, p, position);
        (index,) = _s().coordinator.revealedIndex(task, round, participant);
    }

    function _excluded(bytes calldata exclusions, uint16 index) internal pure returns (bool) {
        for (uint256 i; i < exclusions.length; i += EXCLUSION_BYTES) {
            bool counts = uint8(exclusions[i + 2]) != VOID_LEAF;
            if (counts && uint16(bytes2(exclusions[i:i + 2])) == index) return true;
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
