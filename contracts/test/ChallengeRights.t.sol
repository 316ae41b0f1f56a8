// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IConsentLedger} from "../src/interfaces/IConsentLedger.sol";
import {IDisputeTypes} from "../src/interfaces/IDisputeTypes.sol";
import {DisputeBase, vm} from "./DisputeBase.sol";

/// Lies about what the model may be used for, and until when.
contract ChallengeRightsTest is DisputeBase {
    uint32 internal constant NARROW = 2; // position of the silo whose grant gives less than the others

    uint64 internal claimed = PURPOSE | 8;
    uint40 internal until;

    function setUp() public override {
        super.setUp();
        until = consent.grantOf(grants[_silo(0)]).expiry;
    }

    function _proposal() internal view override returns (Proposal memory p) {
        p = super._proposal();
        (p.purposes, p.usableUntil) = (claimed, until);
    }

    /// Another grant for the third silo, under which it commits from now on.
    function _regrant(uint64 purposes, uint40 expiry) internal {
        IConsentLedger.Grant memory g = _grantFor(_silo(NARROW), 77);
        (g.purposes, g.expiry) = (purposes, expiry);
        grants[_silo(NARROW)] = _bringGrant(g);
    }

    function _committed(address silo) internal view returns (IDisputeTypes.Committed memory) {
        Opening memory o = _opening(silo);
        return IDisputeTypes.Committed(_digest(silo, o), _evidence(silo), grants[silo]);
    }

    function challenge(Proposal memory p, uint32 position, IDisputeTypes.Committed memory c) public {
        IDisputeTypes.Piece memory piece = _piece(_leaves(), position);
        vm.prank(stranger);
        disputes.challengeRights(task, round, p, position, piece, c);
    }

    function _assertOverturned() internal view {
        vm.assertEq(coordinator.roundOf(task).overturned, 1, "overturned");
        vm.assertEq(registry.participant(aggregator).stake, 0, "bond");
    }

    function test_a_purpose_that_one_included_grant_lacks_costs_the_bond() public {
        _regrant(PURPOSE, until);
        Proposal memory p = _toChallenge();
        IDisputeTypes.Committed memory c = _committed(_silo(NARROW));
        vm.expectEmit(address(disputes));
        emit IDisputeTypes.RightsRefuted(task, round, stranger, NARROW, _silo(NARROW), c.grantId);
        this.challenge(p, NARROW, c);
        _assertOverturned();
    }

    function test_a_time_after_one_included_grant_ends_costs_the_bond() public {
        _regrant(PURPOSE | 8, until - 1);
        Proposal memory p = _toChallenge();
        challenge(p, NARROW, _committed(_silo(NARROW)));
        _assertOverturned();
    }

    function test_rights_that_the_grant_gives_are_not_wrong() public {
        Proposal memory p = _toChallenge();
        IDisputeTypes.Committed memory c = _committed(_silo(NARROW));
        vm.expectPartialRevert(IDisputeTypes.NotWrong.selector);
        this.challenge(p, NARROW, c);
    }

    function test_rights_are_wrong_if_and_only_if_they_exceed_the_grant(
        uint64 purposes,
        uint40 ends,
        uint64 given,
        uint32 more
    ) public {
        given = (given | PURPOSE) & ~(uint64(1) << 63); // or it could not be committed under, or not be given
        uint40 expiry = uint40(block.timestamp + 100_000 + more);
        _regrant(given, expiry);
        (claimed, until) = (purposes, ends);
        Proposal memory p = _toChallenge();
        bool exceeds = purposes & ~given != 0 || ends > expiry;
        IDisputeTypes.Committed memory c = _committed(_silo(NARROW));
        if (!exceeds) vm.expectPartialRevert(IDisputeTypes.NotWrong.selector);
        this.challenge(p, NARROW, c);
        vm.assertEq(coordinator.roundOf(task).overturned, exceeds ? 1 : 0, "overturned");
    }

    function test_a_grant_withdrawn_since_proves_what_it_gave() public {
        Proposal memory p = _toChallenge();
        vm.prank(holder);
        consent.withdraw(grants[_silo(NARROW)]);
        IDisputeTypes.Committed memory c = _committed(_silo(NARROW));
        vm.expectPartialRevert(IDisputeTypes.NotWrong.selector);
        this.challenge(p, NARROW, c);
    }

    // --- what proves nothing

    function test_a_narrower_grant_than_the_committed_one_proves_nothing() public {
        Proposal memory p = _toChallenge();
        IDisputeTypes.Committed memory c = _committed(_silo(NARROW));
        _regrant(PURPOSE, until);
        c.grantId = grants[_silo(NARROW)];
        vm.expectPartialRevert(IDisputeTypes.NotCommitted.selector);
        this.challenge(p, NARROW, c);
    }

    function test_the_record_of_another_proves_nothing() public {
        _regrant(PURPOSE, until);
        Proposal memory p = _toChallenge();
        IDisputeTypes.Committed memory c = _committed(_silo(NARROW));
        vm.expectPartialRevert(IDisputeTypes.NotCommitted.selector);
        this.challenge(p, 1, c);
    }

    function test_a_record_with_other_evidence_proves_nothing() public {
        _regrant(PURPOSE, until);
        Proposal memory p = _toChallenge();
        IDisputeTypes.Committed memory c = _committed(_silo(NARROW));
        c.evidenceHash = keccak256("other evidence");
        vm.expectPartialRevert(IDisputeTypes.NotCommitted.selector);
        this.challenge(p, NARROW, c);
    }

    function test_who_is_not_included_proves_nothing() public {
        _regrant(PURPOSE, until);
        Proposal memory p = _toChallenge();
        IDisputeTypes.Piece memory piece = _piece(_leaves(), NARROW);
        IDisputeTypes.Committed memory c = _committed(_silo(NARROW));
        vm.expectPartialRevert(IDisputeTypes.RootMismatch.selector);
        disputes.challengeRights(task, round, p, 1, piece, c);
    }

    function test_who_revealed_nothing_has_no_record_here() public {
        _open();
        for (uint256 i; i < SILOS; ++i) {
            if (i != NARROW) _commit(_silo(i));
        }
        vm.warp(uint256(coordinator.roundOf(task).deadline) + 1);
        coordinator.tick(task);
        vm.warp(coordinator.roundOf(task).opensAt);
        for (uint256 i; i < SILOS; ++i) {
            if (i != NARROW) _reveal(_silo(i));
        }
        everybody = true;
        Proposal memory p = _proposal();
        p.included = coordinator.roundOf(task).revealed;
        _propose(p);
        IDisputeTypes.Committed memory c = _committed(_silo(NARROW));
        vm.expectRevert(abi.encodeWithSelector(IDisputeTypes.MayBeRolled.selector, _silo(NARROW)));
        this.challenge(p, NARROW, c);
    }

    // --- what the base does not give

    function test_a_version_gets_nothing_that_its_base_has_not() public {
        (claimed, until) = (PURPOSE, until - 100);
        _settle(_toChallenge());
        (claimed, until) = (PURPOSE | 8, until + 100);
        _settle(_toChallenge());
        (uint64 purposes, uint40 usableUntil) = models.rightsOf(task);
        vm.assertEq(purposes, PURPOSE, "purposes");
        vm.assertEq(usableUntil, until - 100, "until");
    }

    bool internal everybody; // is included, whoever revealed

    function _included() internal view override returns (address[] memory who) {
        if (!everybody) return super._included();
        who = new address[](SILOS - 1);
        for (uint256 i; i < who.length; ++i) {
            who[i] = _silo(i);
        }
    }
}
