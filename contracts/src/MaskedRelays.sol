// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Clock} from "./Clocks.sol";
import {IMaskedRelays} from "./interfaces/IMaskedRelays.sol";
import {IMasking} from "./interfaces/IMasking.sol";
import {IRelays} from "./interfaces/IRelays.sol";
import {Mark, Marks} from "./Marks.sol";
import {RelaySignatures} from "./RelaySignatures.sol";
import {Shares} from "./Shares.sol";

/// @title Dealt and shown shares of many in one transaction.
/// @notice The counters are written once a batch. The events are those of the single calls: what reads a masked round need
/// not know who brought it.
abstract contract MaskedRelays is Shares, RelaySignatures, IMaskedRelays {
    using Marks for mapping(uint256 => uint256);

    bytes32 internal constant DEALING_TYPEHASH = keccak256(
        "Dealing(uint32 task,uint32 round,address participant,bytes32 grantId,bytes32 maskingKey,bytes32 root,string uri)"
    );
    bytes32 internal constant SHOWN_TYPEHASH =
        keccak256("Shown(uint32 task,uint32 round,address participant,bytes32 root,string uri)");

    function dealMany(uint32 task, uint32 round, SignedDealing[] calldata batch) external {
        Clock memory c = _require(task, round, Phase.Share);
        _requireRelayed(task);
        _requireRunning(c.pause);
        uint256[] memory live = _liveDealers(task, c, batch);
        bytes32 domain = _domain();
        uint16 done;
        for (uint256 i; i < batch.length; ++i) {
            (bool ok, IRelays.Skip reason) =
                _dealOf(task, round, domain, batch[i], (live[i / 256] >> (i % 256)) & 1 != 0);
            if (ok) ++done;
            else emit DealingSkipped(task, round, batch[i].participant, reason);
        }
        if (done != 0) _addShared(task, c, done);
    }

    function showMany(uint32 task, uint32 round, SignedShown[] calldata batch) external {
        Clock memory c = _require(task, round, Phase.Unmask);
        _requireRelayed(task);
        _requireGapOver(c);
        bytes32 domain = _domain();
        uint16 done;
        for (uint256 i; i < batch.length; ++i) {
            (bool ok, IRelays.Skip reason) = _showOf(task, round, domain, batch[i]);
            if (ok) ++done;
            else emit ShownSkipped(task, round, batch[i].participant, reason);
        }
        if (done != 0) _addUnmasked(task, c, done);
    }

    function hashDealing(uint32 task, uint32 round, SignedDealing calldata signed)
        external
        view
        returns (bytes32)
    {
        return _dealing(_domain(), task, round, signed);
    }

    function hashShown(uint32 task, uint32 round, SignedShown calldata signed)
        external
        view
        returns (bytes32)
    {
        return _shown(_domain(), task, round, signed);
    }

    // --- internal

    /// @dev The effect of `dealShares` for one entry, or why it has none. The dear check comes last.
    function _dealOf(uint32 task, uint32 round, bytes32 domain, SignedDealing calldata signed, bool live)
        internal
        returns (bool, IRelays.Skip reason)
    {
        address participant = signed.participant;
        Enrolment storage e = _s().enrolments[task][participant];
        uint16 index = e.index;
        if (!e.bonded || !_inCohort(e, round)) return (false, IRelays.Skip.NotInCohort);
        if (signed.maskingKey == 0 || signed.root == 0) return (false, IRelays.Skip.MissingShares);
        if (_sharer(task, round, index) != Mark.None) return (false, IRelays.Skip.AlreadyShared);
        if (bytes(signed.uri).length > MAX_URI_BYTES) return (false, IRelays.Skip.UriTooLong);
        if (!live) return (false, IRelays.Skip.NoConsent);
        bytes32 digest = _dealing(domain, task, round, signed);
        if (!_isSignedBy(participant, digest, signed.r, signed.vs)) return (false, IRelays.Skip.BadSignature);

        _enterDealing(task, round, index, signed);
        return (true, reason);
    }

    function _enterDealing(uint32 task, uint32 round, uint16 index, SignedDealing calldata signed) internal {
        (address participant, bytes32 grantId) = (signed.participant, signed.grantId);
        (bytes32 maskingKey, bytes32 root) = (signed.maskingKey, signed.root);
        _s().shares[task][index] = _dealt(participant, grantId, maskingKey, root);
        _s().sharers[task].set(round, index, Mark.Committed);
        emit IMasking.SharesDealt(task, round, participant, index, maskingKey, root, grantId, signed.uri);
    }

    /// @dev The effect of `showShares` for one entry, or why it has none.
    function _showOf(uint32 task, uint32 round, bytes32 domain, SignedShown calldata signed)
        internal
        returns (bool, IRelays.Skip reason)
    {
        address participant = signed.participant;
        uint16 index = _s().enrolments[task][participant].index;
        bool survives =
            _s().members[task][index] == participant && _markOf(task, round, index) == Mark.Revealed;
        if (!survives) return (false, IRelays.Skip.NotShared);
        if (signed.root == 0) return (false, IRelays.Skip.MissingShares);
        if (_sharer(task, round, index) != Mark.Committed) return (false, IRelays.Skip.AlreadyShared);
        if (bytes(signed.uri).length > MAX_URI_BYTES) return (false, IRelays.Skip.UriTooLong);
        bytes32 digest = _shown(domain, task, round, signed);
        if (!_isSignedBy(participant, digest, signed.r, signed.vs)) return (false, IRelays.Skip.BadSignature);

        _s().shown[task][index] = signed.root;
        _s().sharers[task].set(round, index, Mark.Revealed);
        emit IMasking.SharesShown(task, round, participant, index, signed.root, signed.uri);
        return (true, reason);
    }

    function _liveDealers(uint32 task, Clock memory c, SignedDealing[] calldata batch)
        internal
        view
        returns (uint256[] memory)
    {
        bytes32[] memory grantIds = new bytes32[](batch.length);
        address[] memory silos = new address[](batch.length);
        for (uint256 i; i < batch.length; ++i) {
            (grantIds[i], silos[i]) = (batch[i].grantId, batch[i].participant);
        }
        uint64 purposes = _s().tasks[task].params.purposes & ~ACCOUNTED;
        return _s().consent.liveMany(grantIds, silos, purposes, _consentUntil(task, c));
    }

    /// @dev keccak256(0x1901, domain separator, keccak256(abi.encode(DEALING_TYPEHASH, task, round, participant, grantId,
    /// maskingKey, root, keccak256(uri)))).
    function _dealing(bytes32 domain, uint32 task, uint32 round, SignedDealing calldata signed)
        internal
        pure
        returns (bytes32)
    {
        bytes memory words = abi.encode(
            DEALING_TYPEHASH,
            task,
            round,
            signed.participant,
            signed.grantId,
            signed.maskingKey,
            signed.root,
            keccak256(bytes(signed.uri))
        );
        return _under(domain, words);
    }

    /// @dev keccak256(0x1901, domain separator, keccak256(abi.encode(SHOWN_TYPEHASH, task, round, participant, root,
    /// keccak256(uri)))).
    function _shown(bytes32 domain, uint32 task, uint32 round, SignedShown calldata signed)
        internal
        pure
        returns (bytes32)
    {
        bytes memory words = abi.encode(
            SHOWN_TYPEHASH, task, round, signed.participant, signed.root, keccak256(bytes(signed.uri))
        );
        return _under(domain, words);
    }
}
