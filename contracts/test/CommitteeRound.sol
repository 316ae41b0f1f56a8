// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Sampling} from "../src/Sampling.sol";
import {ICommitteeTypes} from "../src/interfaces/ICommitteeTypes.sol";
import {Rlp} from "./Rlp.sol";
import {RoundBase, bound, vm} from "./RoundBase.sol";

/// A task with a committee of three, drawn from five validators; and the steps of its votes.
abstract contract CommitteeRound is RoundBase, ICommitteeTypes {
    uint32 internal constant VOTE = 80;
    uint32 internal constant VOTE_REVEAL = 90;
    uint128 internal constant VALIDATOR_BOND = 2 ether;
    uint8 internal constant SIZE = 3;
    uint256 internal constant VALIDATORS = 5;
    bytes32 internal constant RANDOM = keccak256("prevrandao");

    function setUp() public virtual override {
        vm.roll(1000);
        super.setUp();
        for (uint256 i; i < VALIDATORS; ++i) {
            _serve(i, VALIDATOR_BOND);
        }
    }

    function _params() internal view virtual override returns (TaskParams memory p) {
        p = super._params();
        p.committee = SIZE;
        p.voteWindow = VOTE;
        p.voteRevealWindow = VOTE_REVEAL;
        p.validatorBond = VALIDATOR_BOND;
    }

    // --- validators

    function _validatorKey(uint256 i) internal pure returns (uint256) {
        return 0xba11d000 + i;
    }

    function _validator(uint256 i) internal pure returns (address) {
        return vm.addr(_validatorKey(i));
    }

    function _keyOf(address validator) internal pure returns (uint256) {
        for (uint256 i; i < 70; ++i) {
            if (_validator(i) == validator) return _validatorKey(i);
        }
        revert("no validator");
    }

    function _admit(address who, bool admitted) internal {
        vm.prank(sponsor);
        committee.admitReader(task, who, admitted);
    }

    /// Registers validator `i`, has it admitted as a reader, and enlists it with this bond.
    function _serve(uint256 i, uint128 bond) internal returns (address who) {
        who = _validator(i);
        _register(who);
        _deposit(who, bond);
        _admit(who, true);
        vm.prank(who);
        committee.enlist(task, bond);
    }

    // --- draw

    /// The header of the fixed block, known to the chain as such.
    function _header(bytes32 prevrandao) internal returns (bytes memory header) {
        uint256 number = committee.ballotOf(task).drawBlock;
        header = Rlp.header(number, prevrandao, "made by a test");
        if (block.number <= number) vm.roll(number + 1);
        vm.setBlockhash(number, keccak256(header));
    }

    function _draw() internal {
        committee.draw(task, _header(RANDOM));
    }

    function _members() internal view returns (address[] memory members) {
        Seat[] memory seats = committee.seatsOf(task);
        members = new address[](seats.length);
        for (uint256 k; k < seats.length; ++k) {
            members[k] = seats[k].member;
        }
    }

    function _member(uint8 seat) internal view returns (address) {
        return committee.seatsOf(task)[seat].member;
    }

    // --- votes

    function _vote(uint8 seat, bool accept, int64 metric) internal view virtual returns (Vote memory v) {
        v.accept = accept;
        v.metric = metric;
        v.scoresHash = keccak256(abi.encode("scores", seat, round));
        v.salt = keccak256(abi.encode("vote salt", seat, round));
    }

    /// What a seat shows of its scores; nothing where the task does not pay by them.
    function _scores(uint8) internal view virtual returns (bytes memory) {}

    /// The commitment written a second time, from its definition and not with the contract's code.
    function _promise(address member, Vote memory v) internal view returns (bytes32) {
        bytes32 typehash = keccak256(
            "Vote(uint256 chainId,address committee,uint32 task,uint32 round,address member,bool accept,int64 metric,bytes32 scoresHash,bytes32 salt)"
        );
        bytes memory head = abi.encode(typehash, block.chainid, address(committee), task, round, member);
        return keccak256(bytes.concat(head, abi.encode(v.accept, v.metric, v.scoresHash, v.salt)));
    }

    function _attestation(address member, bytes32 commitment) internal view returns (bytes memory) {
        return _attestationBy(_keyOf(member), member, commitment);
    }

    function _attestationBy(uint256 key, address member, bytes32 commitment)
        internal
        view
        returns (bytes memory)
    {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("prefect-federated committee"),
                keccak256("1"),
                block.chainid,
                address(committee)
            )
        );
        bytes32 typehash = keccak256("Attestation(uint32 task,uint32 round,address member,bytes32 commitment)");
        bytes32 struct_ = keccak256(abi.encode(typehash, task, round, member, commitment));
        return _signature(key, keccak256(abi.encodePacked(hex"1901", domain, struct_)));
    }

    function _cast(uint8 seat, Vote memory v) internal {
        address member = _member(seat);
        bytes32 commitment = _promise(member, v);
        vm.prank(member);
        committee.castVote(task, round, seat, commitment);
    }

    function _show(uint8 seat, Vote memory v) internal {
        committee.revealVote(task, round, seat, v, _scores(seat));
    }

    // --- a round

    /// Opened, drawn, committed and revealed: in Vote.
    function _toVote() internal {
        _open();
        _draw();
        _commitAll();
        _revealAll();
        _assertPhase(Phase.Vote);
    }

    /// All three seats have promised a vote, the first `accepts` of them to accept; seat k measured 10 * (k + 1).
    function _toVoteReveal(uint8 accepts) internal returns (Vote[] memory votes) {
        _toVote();
        votes = new Vote[](SIZE);
        for (uint8 k; k < SIZE; ++k) {
            votes[k] = _vote(k, k < accepts, 10 * (int64(uint64(k)) + 1));
            _cast(k, votes[k]);
        }
        _assertPhase(Phase.VoteReveal);
        vm.warp(coordinator.roundOf(task).opensAt);
    }

    function _showAll(Vote[] memory votes) internal {
        for (uint8 k; k < votes.length; ++k) {
            _show(k, votes[k]);
        }
    }

    function _playRejected() internal {
        _showAll(_toVoteReveal(1));
        _assertPhase(Phase.Settled);
    }

    // --- the draw, worked out a second time

    /// The seed written a second time, from its definition.
    function _seed(bytes32 mix, bytes32 randomness) internal view returns (bytes32) {
        bytes32 typehash = keccak256(
            "Seed(uint256 chainId,address committee,uint32 task,uint32 round,bytes32 mix,bytes32 randomness)"
        );
        return keccak256(
            abi.encode(typehash, block.chainid, address(committee), task, round, mix, randomness)
        );
    }

    function _assertDrawnFrom(bytes32 seed, uint256[] memory weights) internal view {
        uint256[] memory places = Sampling.draw(seed, weights, SIZE);
        for (uint8 k; k < SIZE; ++k) {
            vm.assertEq(_member(k), _validator(places[k]), "member");
        }
    }

    function _equal() internal pure returns (uint256[] memory weights) {
        weights = new uint256[](VALIDATORS);
        for (uint256 i; i < VALIDATORS; ++i) {
            weights[i] = VALIDATOR_BOND;
        }
    }
}
