// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRelays} from "../src/interfaces/IRelays.sol";
import {RelayBase} from "./RelayBase.sol";
import {vm} from "./RoundBase.sol";

/// Signatures that are good elsewhere, or not at all: each entry is skipped, and its neighbours count.
contract CommitSignaturesTest is RelayBase {
    uint256 internal constant CURVE_ORDER =
        0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;
    bytes32 internal constant CODE_SLOT = bytes32(uint256(keccak256("eip1967.proxy.implementation")) - 1);

    address internal alice;

    function setUp() public override {
        super.setUp();
        alice = _silo(0);
        _open();
    }

    function test_commitMany_skips_what_somebody_else_signed() public {
        _skipped(_sign(_key(3), _unsigned(0)), IRelays.Skip.BadSignature);
    }

    function test_commitMany_skips_what_was_changed_after_signing() public {
        IRelays.SignedCommit memory c = _commitOf(0);
        c.commitment = keccak256("better");
        _skipped(c, IRelays.Skip.BadSignature);
    }

    function test_commitMany_skips_a_signature_under_which_the_grant_was_exchanged() public {
        IRelays.SignedCommit memory c = _commitOf(0);
        c.grantId = _bringGrant(_grantFor(alice, 7));
        _skipped(c, IRelays.Skip.BadSignature);
    }

    function test_commitMany_skips_a_signature_under_which_the_evidence_was_exchanged() public {
        IRelays.SignedCommit memory c = _commitOf(0);
        c.evidenceHash = keccak256("other evidence");
        _skipped(c, IRelays.Skip.BadSignature);
    }

    function test_commitMany_skips_a_signature_for_another_round() public {
        IRelays.SignedCommit memory c = _unsigned(0);
        _skipped(_signDigest(_key(0), c, coordinator.hashCommit(task, 2, c)), IRelays.Skip.BadSignature);
    }

    function test_commitMany_skips_a_signature_for_another_task() public {
        IRelays.SignedCommit memory c = _unsigned(0);
        _skipped(_signDigest(_key(0), c, coordinator.hashCommit(task + 1, 1, c)), IRelays.Skip.BadSignature);
    }

    function test_commitMany_skips_a_signature_for_another_chain() public {
        IRelays.SignedCommit memory c = _unsigned(0);
        uint256 here = block.chainid;
        vm.chainId(here + 1);
        c = _sign(_key(0), c);
        vm.chainId(here);
        _skipped(c, IRelays.Skip.BadSignature);
    }

    function test_commitMany_skips_a_signature_for_another_contract() public {
        IRelays.SignedCommit memory c = _unsigned(0);
        vm.etch(address(0xc0de), address(coordinator).code);
        vm.store(address(0xc0de), CODE_SLOT, vm.load(address(coordinator), CODE_SLOT));
        bytes32 digest = IRelays(address(0xc0de)).hashCommit(task, 1, c);
        vm.assertTrue(digest != coordinator.hashCommit(task, 1, c), "another digest");
        _skipped(_signDigest(_key(0), c, digest), IRelays.Skip.BadSignature);
    }

    /// The same signature with s in the upper half recovers to the same account where nobody looks.
    function test_commitMany_skips_a_malleable_signature() public {
        IRelays.SignedCommit memory c = _commitOf(0);
        uint256 s = uint256(c.vs) & (type(uint256).max >> 1);
        uint256 parity = uint256(c.vs) >> 255;
        // 64 bytes have no room for the other half: what of n - s is left after its top bit is another signature.
        c.vs = bytes32(((CURVE_ORDER - s) & (type(uint256).max >> 1)) | ((1 - parity) << 255));
        _skipped(c, IRelays.Skip.BadSignature);
    }

    function test_commitMany_skips_a_signature_that_recovers_to_nobody() public {
        IRelays.SignedCommit memory c = _unsigned(0);
        _skipped(c, IRelays.Skip.BadSignature);
    }

    function test_commitMany_skips_what_a_revoked_delegate_signed() public {
        vm.startPrank(alice);
        registry.setDelegate(vm.addr(0xde1e));
        registry.setDelegate(address(0));
        vm.stopPrank();
        _skipped(_sign(0xde1e, _unsigned(0)), IRelays.Skip.BadSignature);
    }

    function test_commitMany_skips_what_the_delegate_of_another_signed() public {
        vm.prank(_silo(3));
        registry.setDelegate(vm.addr(0xde1e));
        _skipped(_sign(0xde1e, _unsigned(0)), IRelays.Skip.BadSignature);
    }
}
