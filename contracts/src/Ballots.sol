// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Draws} from "./Draws.sol";
import {IRoundTypes} from "./interfaces/IRoundTypes.sol";
import {MemberSignatures} from "./MemberSignatures.sol";
import {Scores} from "./Scores.sol";

/// @title Votes: promised in Vote, shown in VoteReveal, counted as they come.
abstract contract Ballots is Draws, MemberSignatures {
    bytes32 public constant VOTE_TYPEHASH = keccak256(
        "Vote(uint256 chainId,address committee,uint32 task,uint32 round,address member,bool accept,int64 metric,bytes32 scoresHash,bytes32 salt)"
    );
    bytes32 public constant ATTESTATION_TYPEHASH =
        keccak256("Attestation(uint32 task,uint32 round,address member,bytes32 commitment)");

    function castVote(uint32 task, uint32 round, uint8 seat, bytes32 commitment) external {
        _cast(task, round, seat, _s().registry.masterOf(msg.sender), commitment);
    }

    function attest(uint32 task, uint32 round, uint8 seat, bytes32 commitment, bytes calldata signature)
        external
    {
        address member = _s().seats[task][seat].member;
        if (!_signed(task, round, member, commitment, signature)) {
            revert NotAttested(task, round, member, commitment);
        }
        _cast(task, round, seat, member, commitment);
    }

    function revealVote(uint32 task, uint32 round, uint8 seat, Vote calldata vote, bytes calldata scores)
        external
    {
        uint256 opensAt = _requirePhase(task, round, IRoundTypes.Phase.VoteReveal);
        if (block.timestamp < opensAt) revert TooEarlyToReveal(opensAt, block.timestamp);
        Seat storage s = _s().seats[task][seat];
        address member = s.member;
        Ballot storage b = _s().ballots[task];
        if (s.state != VoteState.Cast) revert NoVoteToShow(task, round, member);
        if (_voteHash(task, round, member, vote) != s.commitment) revert VoteMismatch(task, round, member);

        s.state = VoteState.Revealed;
        (s.accept, s.metric, s.scoresHash) = (vote.accept, vote.metric, vote.scoresHash);
        ++b.revealed;
        if (vote.accept) ++b.accepts;
        b.shown ^= keccak256(abi.encode(member, vote.salt));
        emit VoteRevealed(task, round, member, seat, vote);
        _showScores(task, round, seat, member, vote.scoresHash, scores);
        if (_quorate(b)) _s().coordinator.tally(task, round, _verdict(b), b.revealed == b.cast);
    }

    function seatsOf(uint32 task) external view returns (Seat[] memory seats) {
        Ballot storage b = _s().ballots[task];
        seats = new Seat[](b.drawn ? b.size : 0);
        for (uint256 k; k < seats.length; ++k) {
            seats[k] = _s().seats[task][k];
        }
    }

    // --- internal

    function _cast(uint32 task, uint32 round, uint8 seat, address member, bytes32 commitment) internal {
        _requirePhase(task, round, IRoundTypes.Phase.Vote);
        Ballot storage b = _s().ballots[task];
        Seat storage s = _s().seats[task][seat];
        if (!b.drawn || s.member != member || _validatorOf(task, member).bonded == 0) {
            revert NotTheMember(task, round, seat, member);
        }
        if (s.state != VoteState.None) revert AlreadyVoted(task, round, member);
        if (commitment == 0) revert MissingVote(task, round, member);
        s.state = VoteState.Cast;
        s.commitment = commitment;
        emit VoteCast(task, round, member, seat, commitment);
        if (++b.cast == b.size) _s().coordinator.endVote(task, round);
    }

    /// @dev They go into the log, so that nobody can withhold what rewards are computed from.
    function _showScores(
        uint32 task,
        uint32 round,
        uint8 seat,
        address member,
        bytes32 scoresHash,
        bytes calldata scores
    ) internal {
        (bool wanted, uint256 most) = _s().coordinator.scoreTerms(task);
        if (scores.length > most || scores.length % Scores.WORD_BYTES != 0) {
            revert BadScores(task, scores.length, most);
        }
        if (!wanted) return;
        if (keccak256(scores) != scoresHash) revert ScoresMismatch(task, round, member);
        emit ScoresShown(task, round, member, seat, scores);
    }

    function _requirePhase(uint32 task, uint32 round, IRoundTypes.Phase expected)
        internal
        view
        returns (uint256)
    {
        (IRoundTypes.Phase phase, uint256 opensAt) = _standing(task, round);
        if (phase != expected) revert WrongVotePhase(task, round, phase);
        return opensAt;
    }

    /// @dev More than half of the votes shown accept; a tie rejects.
    function _verdict(Ballot storage b) internal view returns (IRoundTypes.Verdict) {
        bool accepted = 2 * uint256(b.accepts) > b.revealed;
        return accepted ? IRoundTypes.Verdict.ACCEPTED : IRoundTypes.Verdict.REJECTED;
    }

    /// @dev keccak256(abi.encode(VOTE_TYPEHASH, block.chainid, address(this), task, round, member, accept, metric,
    /// scoresHash, salt)).
    function _voteHash(uint32 task, uint32 round, address member, Vote calldata vote)
        internal
        view
        returns (bytes32)
    {
        return keccak256(
            abi.encode(VOTE_TYPEHASH, block.chainid, address(this), task, round, member, vote)
        );
    }

    function _attestationDigest(uint32 task, uint32 round, address member, bytes32 commitment)
        internal
        view
        returns (bytes32)
    {
        return _digestOf(keccak256(abi.encode(ATTESTATION_TYPEHASH, task, round, member, commitment)));
    }

    /// @dev By the member or its present delegate, over the EIP-712 Attestation.
    function _signed(
        uint32 task,
        uint32 round,
        address member,
        bytes32 commitment,
        bytes calldata signature
    ) internal view returns (bool) {
        return _isSignedBy(member, _attestationDigest(task, round, member, commitment), signature);
    }
}
