// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {IVotes} from "@openzeppelin/contracts/governance/utils/IVotes.sol";
import {AnnouncedUpgrades} from "../src/AnnouncedUpgrades.sol";
import {Council} from "../src/Council.sol";
import {Seats} from "../src/Seats.sol";
import {GovernanceBase, vm} from "./GovernanceBase.sol";

/// forge-config: default.isolate = true
contract TimelockGovernanceTest is GovernanceBase {
    address internal guardian = vm.addr(0x6a4d);
    TimelockController internal timelock;
    Council internal council;
    Seats internal seats;

    function _profile() internal pure override returns (string memory) {
        return "timelock";
    }

    function _install() internal override returns (address) {
        address[] memory members = new address[](3);
        (members[0], members[1], members[2]) = (_silo(0), _silo(1), _silo(2));
        seats = new Seats(address(manager), members);
        address[] memory proposers = new address[](1);
        proposers[0] = vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 1);
        timelock = new TimelockController(2 days, proposers, new address[](1), address(0));
        council = new Council(IVotes(address(seats)), timelock, 1 days, 3 days);
        vm.assertEq(address(council), proposers[0], "predicted council");
        _handOver(address(timelock), guardian);
        return address(timelock);
    }

    function _govern(address target, bytes memory data) internal override {
        (address[] memory to, uint256[] memory values, bytes[] memory calls) = _call(target, data);
        uint256 proposal = _passed(to, values, calls);
        council.queue(to, values, calls, keccak256("why"));
        _measured("queue");
        vm.warp(council.proposalEta(proposal));
        vm.prank(stranger);
        council.execute(to, values, calls, keccak256("why"));
        _measured("execute");
    }

    function _passed(address[] memory to, uint256[] memory values, bytes[] memory calls)
        internal
        returns (uint256 proposal)
    {
        vm.warp(block.timestamp + 1);
        ++startedAt; // a seat's vote counts from the second after it is given
        vm.prank(_silo(0));
        proposal = council.propose(to, values, calls, "why");
        _measured("propose");
        vm.warp(council.proposalSnapshot(proposal) + 1);
        for (uint256 i; i < 2; ++i) {
            vm.prank(_silo(i));
            council.castVote(proposal, 1);
            _measured("vote");
        }
        vm.warp(council.proposalDeadline(proposal) + 1);
    }

    function _call(address target, bytes memory data)
        internal
        pure
        returns (address[] memory to, uint256[] memory values, bytes[] memory calls)
    {
        (to, values, calls) = (new address[](1), new uint256[](1), new bytes[](1));
        (to[0], calls[0]) = (target, data);
    }

    function _guard(address target, bytes memory data) internal override {
        vm.prank(guardian);
        (bool done,) = target.call(data);
        vm.assertTrue(done, "done");
        _measured("call");
    }

    function test_one_vote_of_three_is_no_quorum() public {
        bytes memory data = abi.encodeCall(coordinator.appoint, (task, stranger, standby));
        (address[] memory to, uint256[] memory values, bytes[] memory calls) =
            _call(address(coordinator), data);
        vm.warp(block.timestamp + 1);
        vm.prank(_silo(0));
        uint256 proposal = council.propose(to, values, calls, "why");
        vm.warp(council.proposalSnapshot(proposal) + 1);
        vm.prank(_silo(0));
        council.castVote(proposal, 1);
        vm.warp(council.proposalDeadline(proposal) + 1);
        vm.assertEq(
            uint256(council.state(proposal)), uint256(IGovernor.ProposalState.Defeated), "two are needed"
        );
        vm.prank(stranger);
        vm.expectRevert();
        council.propose(to, values, calls, "a stranger's");
    }

    function test_nothing_passes_the_timelock_before_its_delay_or_without_the_council() public {
        bytes memory data = abi.encodeCall(coordinator.appoint, (task, stranger, standby));
        (address[] memory to, uint256[] memory values, bytes[] memory calls) =
            _call(address(coordinator), data);
        uint256 proposal = _passed(to, values, calls);
        council.queue(to, values, calls, keccak256("why"));
        vm.warp(council.proposalEta(proposal) - 1);
        vm.expectRevert();
        council.execute(to, values, calls, keccak256("why"));
        vm.expectRevert();
        timelock.schedule(to[0], 0, data, 0, 0, 2 days);
    }

    function test_guardian_and_deployer_may_start_nothing() public {
        bytes memory upgrade = abi.encodeCall(AnnouncedUpgrades.announceUpgrade, (stranger, ""));
        _mayNot(guardian, address(coordinator), upgrade);
        _mayNot(guardian, address(registry), abi.encodeCall(registry.setAdmission, (stranger, true)));
        _mayNot(
            guardian, address(treasury), abi.encodeCall(treasury.withdrawSlashed, (address(0), guardian, 0))
        );
        _mayNot(address(this), address(coordinator), upgrade);
        _mayNot(address(this), address(coordinator), abi.encodeCall(coordinator.pause, (type(uint40).max)));
        _mayNot(_silo(0), address(seats), abi.encodeCall(seats.seat, (stranger)));
    }

    function test_a_proposal_is_taken_back_by_its_proposer_alone() public {
        bytes memory data = abi.encodeCall(coordinator.appoint, (task, stranger, standby));
        (address[] memory to, uint256[] memory values, bytes[] memory calls) =
            _call(address(coordinator), data);
        vm.warp(block.timestamp + 1);
        vm.prank(_silo(0));
        uint256 proposal = council.propose(to, values, calls, "why");
        vm.prank(_silo(1));
        vm.expectRevert();
        council.cancel(to, values, calls, keccak256("why"));
        vm.prank(_silo(0));
        council.cancel(to, values, calls, keccak256("why"));
        vm.assertEq(
            uint256(council.state(proposal)), uint256(IGovernor.ProposalState.Canceled), "taken back"
        );
        vm.warp(council.proposalSnapshot(proposal) + 1);
        vm.prank(_silo(1));
        vm.expectRevert();
        council.castVote(proposal, 1);
    }

    function test_anybody_can_read_what_a_decision_takes() public {
        bytes memory data = abi.encodeCall(coordinator.appoint, (task, stranger, standby));
        (address[] memory to, uint256[] memory values, bytes[] memory calls) =
            _call(address(coordinator), data);
        vm.warp(block.timestamp + 1);
        vm.assertEq(council.proposalThreshold(), 1, "a vote of one's own");
        vm.assertEq(council.quorum(block.timestamp - 1), 2, "more than half of three");
        vm.prank(_silo(0));
        vm.assertTrue(council.proposalNeedsQueuing(council.propose(to, values, calls, "why")), "a timelock waits");
        vm.assertEq(keccak256(bytes(seats.CLOCK_MODE())), keccak256("mode=timestamp"), "in seconds");
    }

    function test_the_council_seats_and_dismisses() public {
        _govern(address(seats), abi.encodeCall(seats.dismiss, (_silo(2))));
        vm.assertEq(seats.getVotes(_silo(2)), 0, "none");
        _govern(address(seats), abi.encodeCall(seats.seat, (stranger)));
        vm.assertEq(seats.getVotes(stranger), 1, "one vote");
        vm.warp(block.timestamp + 1);
        vm.assertEq(seats.getPastTotalSupply(block.timestamp - 1), 3, "three again");
    }

    function test_a_seat_is_given_once_and_taken_once() public {
        vm.startPrank(admin);
        vm.expectRevert(abi.encodeWithSelector(Seats.AlreadySeated.selector, _silo(0)));
        seats.seat(_silo(0));
        vm.expectRevert(abi.encodeWithSelector(Seats.NotSeated.selector, stranger));
        seats.dismiss(stranger);
    }
}
