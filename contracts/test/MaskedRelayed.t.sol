// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IConsentLedger} from "../src/interfaces/IConsentLedger.sol";
import {IMaskedRelays} from "../src/interfaces/IMaskedRelays.sol";
import {IRelays} from "../src/interfaces/IRelays.sol";
import {vm} from "./Base.sol";
import {MaskedRelayBase} from "./MaskedRelayBase.sol";

/// What a relayer brings in Share.
contract DealManyTest is MaskedRelayBase {
    function setUp() public override {
        super.setUp();
        _open();
    }

    // --- a good batch is as good as single calls

    function test_dealMany_has_the_effect_and_the_events_of_the_single_calls() public {
        uint256 start = vm.snapshotState();
        vm.recordLogs();
        _dealFirst(SILOS);
        (bytes32 single, bytes32 said) = (_everything(), _said());
        vm.revertToState(start);
        vm.recordLogs();
        _relay(_dealings(SILOS));
        vm.assertEq(_said(), said, "events, the end of the phase among them");
        vm.assertEq(_everything(), single, "what was dealt, marks, counters");
        _assertPhase(Phase.Commit);
    }

    function test_dealMany_goes_on_where_single_calls_and_another_batch_left_off() public {
        _deal(_silo(0));
        IMaskedRelays.SignedDealing[] memory batch = new IMaskedRelays.SignedDealing[](2);
        (batch[0], batch[1]) = (_dealingOf(3), _dealingOf(1));
        _relay(batch);
        _assertPhase(Phase.Share);
        vm.assertEq(coordinator.masksOf(task).shared, 3, "shared");
        _relayOne(_dealingOf(2));
        _assertPhase(Phase.Commit);
    }

    function test_dealShares_remains_to_who_was_left_out_by_the_relayer() public {
        _relay(_dealings(3));
        _assertPhase(Phase.Share);
        _deal(_silo(3));
        _assertPhase(Phase.Commit);
    }

    function test_dealMany_starts_each_round_with_no_shares() public {
        _relay(_dealings(2));
        _ends();
        coordinator.tick(task);
        _assertPhase(Phase.Voided);
        _open();
        _relay(_dealings(3));
        vm.assertEq(coordinator.masksOf(task).shared, 3, "of this round");
    }

    function test_dealMany_takes_a_delegates_signature_and_that_of_no_delegate_of_before() public {
        vm.prank(_silo(0));
        registry.setDelegate(vm.addr(0xde1e));
        _relayOne(_sign(0xde1e, _unsignedDealing(0)));
        vm.assertTrue(_shares(0), "shared");
        vm.prank(_silo(3));
        registry.setDelegate(vm.addr(0xde1f));
        IMaskedRelays.SignedDealing memory d = _sign(0xde1f, _unsignedDealing(3));
        vm.prank(_silo(3));
        registry.setDelegate(vm.addr(0xde20));
        _skipped(d, IRelays.Skip.BadSignature);
    }

    function test_dealMany_counts_over_the_borders_of_words() public {
        for (uint256 i = SILOS; i < 114; ++i) {
            _join(i);
        }
        _ends();
        _open();
        IMaskedRelays.SignedDealing[] memory batch = new IMaskedRelays.SignedDealing[](5);
        uint8[5] memory who = [7, 111, 112, 3, 113]; // forth and back between words
        for (uint256 i; i < 5; ++i) {
            batch[i] = _dealingOf(who[i]);
        }
        _relay(batch);
        for (uint256 i; i < 5; ++i) {
            vm.assertTrue(_shares(who[i]), "marked");
        }
        vm.assertFalse(_shares(9), "nobody else");
        vm.assertEq(coordinator.masksOf(task).shared, 5, "counted");
    }

    // --- what dealShares refuses

    function test_dealMany_skips_a_replay_and_who_has_dealt_directly() public {
        IMaskedRelays.SignedDealing memory d = _dealingOf(0);
        _relayOne(d);
        uint256 start = vm.snapshotState();
        _skipped(d, IRelays.Skip.AlreadyShared);
        vm.revertToState(start);
        _deal(_silo(3));
        _skipped(_dealingOf(3), IRelays.Skip.AlreadyShared);
    }

    function test_dealMany_skips_the_second_of_two_in_one_batch() public {
        IMaskedRelays.SignedDealing[] memory batch = new IMaskedRelays.SignedDealing[](2);
        (batch[0], batch[1]) = (_dealingOf(0), _unsignedDealing(0));
        batch[1].root = keccak256("second thoughts");
        batch[1] = _sign(_key(0), batch[1]);
        vm.recordLogs();
        _relay(batch);
        _assertSkipped(SKIPPED_DEALING, _silo(0), IRelays.Skip.AlreadyShared);
        vm.assertEq(coordinator.masksOf(task).shared, 1, "once");
        (bytes32 dealt,) = coordinator.dealtAt(task, 0);
        address silo = _silo(0);
        vm.assertEq(dealt, keccak256(abi.encode(silo, grants[silo], _key(silo), _root(silo))), "the first");
    }

    function test_dealMany_skips_a_replay_after_shares_were_taken_back() public {
        IMaskedRelays.SignedDealing memory d = _dealingOf(0);
        _relayOne(d);
        _withdraw(_silo(0));
        coordinator.retractShares(task, round, _silo(0), d.grantId, d.maskingKey, d.root);
        d.grantId = _bringGrant(_grantFor(_silo(0), 77));
        _skipped(_sign(_key(0), d), IRelays.Skip.AlreadyShared);
    }

    function test_dealShares_is_refused_to_who_was_relayed() public {
        _relayOne(_dealingOf(0));
        _expectDealRefused(_silo(0), abi.encodeWithSignature("AlreadyShared(uint32,uint32,address)", task, round, _silo(0)));
    }

    function test_dealMany_skips_a_stranger_and_who_joins_later_or_lost_its_bond() public {
        uint256 start = vm.snapshotState();
        IMaskedRelays.SignedDealing memory d = _unsignedDealing(0);
        d.participant = address(0);
        _skipped(d, IRelays.Skip.NotInCohort);
        vm.revertToState(start);
        _join(7);
        _skipped(_dealingOf(7), IRelays.Skip.NotInCohort);
        vm.revertToState(start);
        IRelays.SignedCommit memory second = _unsigned(0);
        second.commitment = keccak256("another");
        coordinator.challengeEquivocation(task, round, _commitOf(0), _sign(_key(0), second));
        vm.assertFalse(_bonded(0), "slashed in this round");
        _skipped(_dealingOf(0), IRelays.Skip.NotInCohort);
    }

    function test_dealMany_skips_who_left() public {
        vm.prank(_silo(0));
        coordinator.leave(task);
        _ends();
        _open();
        _skipped(_dealingOf(0), IRelays.Skip.NotInCohort);
    }

    function test_dealMany_skips_a_dealing_without_key_or_root() public {
        uint256 start = vm.snapshotState();
        IMaskedRelays.SignedDealing memory d = _unsignedDealing(0);
        d.maskingKey = 0;
        _skipped(_sign(_key(0), d), IRelays.Skip.MissingShares);
        vm.revertToState(start);
        d = _unsignedDealing(0);
        d.root = 0;
        _skipped(_sign(_key(0), d), IRelays.Skip.MissingShares);
    }

    function test_dealMany_skips_a_uri_that_is_too_long() public {
        IMaskedRelays.SignedDealing memory d = _unsignedDealing(0);
        d.uri = string(new bytes(513));
        _skipped(_sign(_key(0), d), IRelays.Skip.UriTooLong);
        d.uri = string(new bytes(512));
        _relayOne(_sign(_key(0), d));
        vm.assertTrue(_shares(0), "512 bytes are enough");
    }

    function test_dealMany_skips_without_a_live_grant_to_the_end_of_reveal() public {
        uint256 start = vm.snapshotState();
        IMaskedRelays.SignedDealing memory d = _dealingOf(0);
        _withdraw(_silo(0));
        _skipped(d, IRelays.Skip.NoConsent);
        vm.revertToState(start);
        d.grantId = grants[_silo(1)]; // somebody else's
        _skipped(_sign(_key(0), d), IRelays.Skip.NoConsent);
        vm.revertToState(start);
        IConsentLedger.Grant memory g = _grantFor(_silo(0), 7);
        g.purposes = 8;
        d.grantId = _bringGrant(g);
        _skipped(_sign(_key(0), d), IRelays.Skip.NoConsent);
        vm.revertToState(start);
        g = _grantFor(_silo(0), 7);
        g.expiry = coordinator.roundOf(task).deadline + 2 * GAP + COMMIT + REVEAL + GRACE;
        d.grantId = _bringGrant(g);
        _skipped(_sign(_key(0), d), IRelays.Skip.NoConsent);
        vm.revertToState(start);
        ++g.expiry;
        d.grantId = _bringGrant(g);
        _relayOne(_sign(_key(0), d));
        vm.assertTrue(_shares(0), "a second more is enough");
    }
}
