// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CommitteeRound, vm} from "./CommitteeRound.sol";

/// What a committee costs: whole transactions (21,000 and calldata included, nothing warm), through the proxies. The
/// figures land in snapshots/committee.json.
/// forge-config: default.isolate = true
contract GasCommitteeTest is CommitteeRound {
    uint8 internal size = 7;
    uint256 internal candidates = 20;

    function _params() internal view override returns (TaskParams memory p) {
        p = super._params();
        p.committee = size;
    }

    function _start(uint8 size_, uint256 candidates_, string memory name) internal {
        (size, candidates) = (size_, candidates_);
        setUp();
        for (uint256 i = VALIDATORS; i < candidates; ++i) {
            _serve(i, VALIDATOR_BOND);
        }
        vm.prank(sponsor);
        coordinator.openRound(task);
        vm.snapshotGasLastCall("committee", string.concat("openRound, ", name));
        round = 1;
        bytes memory header = _header(RANDOM);
        committee.draw(task, header);
        vm.snapshotGasLastCall("committee", string.concat("draw, ", name));
    }

    /// forge-config: default.isolate = true
    function test_seven_of_twenty() public {
        _start(7, 20, "7 of 20");
        _commitAll();
        _revealAll();
        vm.snapshotGasLastCall("committee", "last reveal before the votes");
        Vote[] memory votes = new Vote[](size);
        for (uint8 k; k < size; ++k) {
            votes[k] = _vote(k, true, 10);
            (address member, bytes32 c) = (_member(k), _promise(_member(k), votes[k]));
            if (k % 2 == 0) {
                vm.prank(member);
                committee.castVote(task, round, k, c);
                if (k == 2) vm.snapshotGasLastCall("committee", "castVote");
            } else {
                committee.attest(task, round, k, c, _attestation(member, c));
                if (k == 1) vm.snapshotGasLastCall("committee", "attest");
            }
        }
        vm.warp(coordinator.roundOf(task).opensAt);
        for (uint8 k; k < size; ++k) {
            committee.revealVote(task, round, k, votes[k], "");
            if (k == 1) vm.snapshotGasLastCall("committee", "revealVote, before the quorum");
        }
        vm.snapshotGasLastCall("committee", "revealVote, the last");
        Proposal memory p = _proposal();
        _propose(p);
        vm.warp(uint256(coordinator.roundOf(task).deadline) + 1);
        coordinator.settle(task, round, p);
        vm.snapshotGasLastCall("committee", "settle, with the median of 7");
    }

    /// A silo is left out as malformed, and all seven members found its update sound.
    /// forge-config: default.isolate = true
    function test_seven_refute_an_exclusion() public {
        (size, candidates) = (7, VALIDATORS);
        setUp();
        for (uint256 i = VALIDATORS; i < 7; ++i) {
            _serve(i, VALIDATOR_BOND);
        }
        _open();
        _draw();
        _commitAll();
        _revealAll();
        Vote[] memory votes = new Vote[](size);
        for (uint8 k; k < size; ++k) {
            votes[k] = _vote(k, true, 10);
            _cast(k, votes[k]);
        }
        vm.warp(coordinator.roundOf(task).opensAt);
        _showAll(votes);
        Proposal memory p = _proposal();
        (p.included, p.exclusions) = (p.included - 1, abi.encodePacked(uint16(3), uint8(4)));
        _propose(p);
        Opening memory o = _opening(_silo(3));
        bytes32 digest = committee.hashSound(task, round, _silo(3), o);
        SeatSignature[] memory found = new SeatSignature[](size);
        for (uint8 k; k < size; ++k) {
            found[k] = SeatSignature(k, _signature(_keyOf(_member(k)), digest));
        }
        vm.prank(stranger);
        disputes.refuteExclusion(task, round, p, 0, o, found);
        vm.snapshotGasLastCall("committee", "refuteExclusion, by 7 of 7");
    }

    /// The largest that a task can have fits a block many times over.
    /// forge-config: default.isolate = true
    function test_thirty_one_of_sixty_four() public {
        _start(31, 64, "31 of 64");
        vm.assertLe(vm.lastCallGas().gasTotalUsed, 3_000_000, "a draw fits anywhere");
    }
}
