// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IConsentLedger} from "../src/interfaces/IConsentLedger.sol";
import {Wallet} from "./Attackers.sol";
import {Base, vm} from "./Base.sol";

contract ConsentLedgerTest is Base {
    address internal silo = vm.addr(77);
    bytes32 internal dataset = keccak256("dataset");

    function setUp() public override {
        super.setUp();
        _registerDataset();
    }

    function _live(bytes32 id) internal view {
        consent.requireLive(id, silo, PURPOSE, uint40(block.timestamp));
    }

    function test_a_dataset_has_one_holder_for_good() public {
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(IConsentLedger.DatasetTaken.selector, dataset, holder));
        consent.registerDataset(dataset, 0);
    }

    function test_only_the_holder_publishes_roots() public {
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(IConsentLedger.NotHolder.selector, stranger, holder));
        consent.publishRoot(dataset, keccak256("fake"));
        vm.prank(holder);
        consent.publishRoot(dataset, keccak256("second"));
        (, bytes32 root) = consent.datasetOf(dataset);
        vm.assertEq(root, keccak256("second"), "root");
    }

    function test_a_dataset_that_nobody_registered_gives_no_consent() public {
        IConsentLedger.Grant memory g = _grantFor(silo, 1);
        g.dataset = keccak256("unknown");
        bytes memory signature = _signature(HOLDER_KEY, consent.hashGrant(g));
        vm.expectRevert(abi.encodeWithSelector(IConsentLedger.UnknownDataset.selector, g.dataset));
        consent.grant(g, signature);
    }

    function test_dataset_zero_is_refused() public {
        vm.expectRevert(abi.encodeWithSelector(IConsentLedger.UnknownDataset.selector, bytes32(0)));
        consent.registerDataset(0, 0);
    }

    function test_anyone_may_bring_a_signed_grant() public {
        IConsentLedger.Grant memory g = _grantFor(silo, 1);
        bytes memory signature = _signature(HOLDER_KEY, consent.hashGrant(g));
        vm.prank(stranger);
        bytes32 id = consent.grant(g, signature);
        vm.assertEq(id, consent.hashGrant(g), "id is the digest");
        _live(id);
        IConsentLedger.GrantRecord memory r = consent.grantOf(id);
        vm.assertTrue(r.live && r.holder == holder && r.silo == silo, "record");
    }

    function test_a_grant_signed_by_the_silo_itself_is_refused() public {
        IConsentLedger.Grant memory g = _grantFor(silo, 1);
        bytes32 digest = consent.hashGrant(g);
        vm.expectRevert(abi.encodeWithSelector(IConsentLedger.BadSignature.selector, holder, digest));
        consent.grant(g, _signature(77, digest));
    }

    function test_a_grant_cannot_be_widened_after_signing(uint64 purposes, uint40 expiry, address other)
        public
    {
        IConsentLedger.Grant memory g = _grantFor(silo, 1);
        vm.assume(purposes != g.purposes || expiry != g.expiry || other != silo);
        bytes memory signature = _signature(HOLDER_KEY, consent.hashGrant(g));
        (g.purposes, g.silo) = (purposes, other);
        if (expiry > block.timestamp && expiry > g.validFrom) g.expiry = expiry;
        vm.assume(consent.hashGrant(g) != consent.hashGrant(_grantFor(silo, 1)));
        vm.expectPartialRevert(IConsentLedger.BadSignature.selector);
        consent.grant(g, signature);
    }

    function test_a_grant_of_another_chain_is_refused() public {
        IConsentLedger.Grant memory g = _grantFor(silo, 1);
        bytes memory signature = _signature(HOLDER_KEY, consent.hashGrant(g));
        vm.chainId(block.chainid + 1);
        vm.expectPartialRevert(IConsentLedger.BadSignature.selector);
        consent.grant(g, signature);
    }

    function test_a_nonce_serves_once_so_a_withdrawn_grant_cannot_be_brought_again() public {
        IConsentLedger.Grant memory g = _grantFor(silo, 1);
        bytes32 id = _bringGrant(g);
        vm.prank(holder);
        consent.withdraw(id);
        bytes memory signature = _signature(HOLDER_KEY, id);
        vm.expectRevert(abi.encodeWithSelector(IConsentLedger.NonceUsed.selector, holder, 1));
        consent.grant(g, signature);
        vm.assertTrue(consent.nonceUsed(holder, 1), "used");
        vm.assertFalse(consent.nonceUsed(holder, 2), "unordered");
    }

    function test_a_signed_grant_can_be_taken_back_before_anybody_brings_it() public {
        IConsentLedger.Grant memory g = _grantFor(silo, 1);
        bytes memory signature = _signature(HOLDER_KEY, consent.hashGrant(g));
        vm.prank(holder);
        consent.cancelNonce(1);
        vm.expectRevert(abi.encodeWithSelector(IConsentLedger.NonceUsed.selector, holder, 1));
        consent.grant(g, signature);
    }

    function test_a_grant_is_not_brought_after_its_deadline() public {
        IConsentLedger.Grant memory g = _grantFor(silo, 1);
        bytes memory signature = _signature(HOLDER_KEY, consent.hashGrant(g));
        vm.warp(uint256(g.deadline) + 1);
        vm.expectRevert(
            abi.encodeWithSelector(IConsentLedger.SignatureExpired.selector, g.deadline, block.timestamp)
        );
        consent.grant(g, signature);
    }

    function test_a_grant_that_never_holds_is_refused() public {
        IConsentLedger.Grant memory g = _grantFor(silo, 1);
        g.expiry = uint40(block.timestamp);
        bytes memory signature = _signature(HOLDER_KEY, consent.hashGrant(g));
        vm.expectPartialRevert(IConsentLedger.EmptyGrant.selector);
        consent.grant(g, signature);
        g.expiry = uint40(block.timestamp + 10);
        g.validFrom = g.expiry;
        signature = _signature(HOLDER_KEY, consent.hashGrant(g));
        vm.expectPartialRevert(IConsentLedger.EmptyGrant.selector);
        consent.grant(g, signature);
    }

    function test_another_silo_cannot_use_a_grant() public {
        bytes32 id = _bringGrant(_grantFor(silo, 1));
        vm.expectRevert(abi.encodeWithSelector(IConsentLedger.GrantNotForSilo.selector, id, stranger, silo));
        consent.requireLive(id, stranger, PURPOSE, uint40(block.timestamp));
    }

    function test_an_unknown_grant_is_named() public {
        vm.expectRevert(abi.encodeWithSelector(IConsentLedger.UnknownGrant.selector, keccak256("none")));
        consent.requireLive(keccak256("none"), silo, PURPOSE, uint40(block.timestamp));
    }

    function test_a_purpose_that_was_not_granted_is_refused() public {
        bytes32 id = _bringGrant(_grantFor(silo, 1));
        vm.expectRevert(
            abi.encodeWithSelector(IConsentLedger.PurposeNotCovered.selector, id, PURPOSE | 8, 2 | 4)
        );
        consent.requireLive(id, silo, 2 | 4, uint40(block.timestamp));
    }

    function test_a_grant_must_outlast_its_use() public {
        IConsentLedger.Grant memory g = _grantFor(silo, 1);
        bytes32 id = _bringGrant(g);
        consent.requireLive(id, silo, PURPOSE, g.expiry - 1);
        vm.expectRevert(abi.encodeWithSelector(IConsentLedger.GrantExpires.selector, id, g.expiry, g.expiry));
        consent.requireLive(id, silo, PURPOSE, g.expiry);
    }

    function test_a_grant_is_not_used_before_it_begins() public {
        IConsentLedger.Grant memory g = _grantFor(silo, 1);
        g.validFrom += 50;
        bytes32 id = _bringGrant(g);
        vm.expectPartialRevert(IConsentLedger.GrantNotYetValid.selector);
        _live(id);
        vm.warp(g.validFrom);
        _live(id);
    }

    function test_a_withdrawn_grant_is_never_used_again() public {
        bytes32 id = _bringGrant(_grantFor(silo, 1));
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(IConsentLedger.NotHolder.selector, stranger, holder));
        consent.withdraw(id);
        vm.prank(holder);
        consent.withdraw(id);
        vm.expectRevert(abi.encodeWithSelector(IConsentLedger.GrantWithdrawn.selector, id, block.timestamp));
        _live(id);
        vm.assertFalse(consent.grantOf(id).live, "live");
    }

    function test_a_relayed_withdrawal_needs_the_holders_signature() public {
        bytes32 id = _bringGrant(_grantFor(silo, 1));
        uint40 deadline = uint40(block.timestamp + 10);
        bytes32 digest = consent.hashWithdrawal(id, deadline);
        vm.expectRevert(abi.encodeWithSelector(IConsentLedger.BadSignature.selector, holder, digest));
        consent.withdrawBySig(id, deadline, _signature(77, digest));
        consent.withdrawBySig(id, deadline, _signature(HOLDER_KEY, digest));
        vm.expectPartialRevert(IConsentLedger.GrantWithdrawn.selector);
        consent.withdrawBySig(id, deadline, _signature(HOLDER_KEY, digest));
    }

    function test_a_relayed_withdrawal_comes_in_time() public {
        bytes32 id = _bringGrant(_grantFor(silo, 1));
        uint40 deadline = uint40(block.timestamp + 10);
        bytes memory signature = _signature(HOLDER_KEY, consent.hashWithdrawal(id, deadline));
        vm.warp(uint256(deadline) + 1);
        vm.expectPartialRevert(IConsentLedger.SignatureExpired.selector);
        consent.withdrawBySig(id, deadline, signature);
    }

    function test_only_the_holder_changes_the_subjects() public {
        bytes32 id = _bringGrant(_grantFor(silo, 1));
        vm.prank(silo);
        vm.expectRevert(abi.encodeWithSelector(IConsentLedger.NotHolder.selector, silo, holder));
        consent.setSubjects(id, keccak256("more"));
        vm.expectEmit(address(consent));
        emit IConsentLedger.SubjectsSet(id, keccak256("subjects"), keccak256("fewer"));
        vm.prank(holder);
        consent.setSubjects(id, keccak256("fewer"));
        vm.assertEq(consent.grantOf(id).subjects, keccak256("fewer"), "subjects");
    }

    function test_a_contract_wallet_can_hold_a_dataset() public {
        Wallet wallet = new Wallet(vm.addr(99));
        bytes32 other = keccak256("wallet's");
        wallet.run(address(consent), abi.encodeCall(consent.registerDataset, (other, bytes32(0))));
        IConsentLedger.Grant memory g = _grantFor(silo, 1);
        g.dataset = other;
        bytes32 digest = consent.hashGrant(g);
        vm.expectRevert(abi.encodeWithSelector(IConsentLedger.BadSignature.selector, address(wallet), digest));
        consent.grant(g, _signature(98, digest));
        _live(consent.grant(g, _signature(99, digest)));
    }
}
