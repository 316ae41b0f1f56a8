// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title What becomes of a slash: the slashed may appeal, an arbitrator answers, silence locks nothing for long.
/// @notice Whatever a slash took waits in the participant registry, the accuser's bounty included.
///
///     slash -- window over, no appeal ------------------> uphold   bounty and treasury
///       |
///     open (deposit) -- answer Accept ------------------> everything back, deposit back, no bounty
///            |--------- answer Reject ------------------> upheld, deposit to the treasury
///            |--------- answer Draw --------------------> upheld, deposit back
///            '--------- period over, no answer -- close > as Draw
///
/// So nothing is locked longer than `window + period`, which is at most one unbonding period: it is decided before
/// an upgrade announced after the slash could be made. A pause stops none of it. All times are chain time.
interface IAppeals {
    enum Ruling {
        None,
        Accept,
        Reject,
        Draw
    }

    /// @param openedAt 0 if there is none. @param ruling None while it is open.
    /// @param deposit In the chain's own coin, smallest unit.
    struct Appeal {
        uint40 openedAt;
        Ruling ruling;
        uint128 deposit;
    }

    /// Thrown when the window or the period is 0, or both last longer together than stake unbonds. Seconds.
    error BadTerms(uint256 window, uint256 period, uint256 most);
    /// Thrown when a slash was decided before, or there is none.
    error NotHeld(uint256 id);
    /// Thrown when somebody appeals against a slash of somebody else's.
    error NotAppellant(uint256 id, address caller, address participant);
    /// Thrown when an appeal comes after the window, whose last second is `until`.
    error WindowOver(uint256 id, uint256 until, uint256 nowS);
    /// Thrown when a slash is appealed for the second time.
    error AlreadyAppealed(uint256 id);
    /// Thrown when there is no open appeal against a slash.
    error NoAppeal(uint256 id);
    /// Thrown when the arbitrator answers nothing.
    error MissingRuling(uint256 id);
    /// Thrown when an answer comes after the period, whose last second is `until`.
    error PeriodOver(uint256 id, uint256 until, uint256 nowS);
    /// Thrown when a slash is closed while it may still be appealed or answered, until `until`.
    error StillOpen(uint256 id, uint256 until, uint256 nowS);
    /// Thrown when nothing is owed to an account.
    error NothingToCollect(address account);
    /// Thrown when the link to a statement has too many bytes.
    error UriTooLong(uint256 length, uint256 most);

    event AppealOpened(
        uint256 indexed id, address indexed participant, uint256 deposit, uint256 until, string uri
    );
    event AppealClosed(uint256 indexed id, address indexed participant, Ruling ruling, bool answered);
    event DepositCollected(address indexed account, uint256 amount);

    /// Appeals against a slash; only the participant that lost it, once, inside the window, with exactly the deposit.
    /// @param id The slash, as ParticipantRegistry numbers them. @param uri Where the arbitrator finds why.
    function open(uint256 id, string calldata uri) external payable;

    /// Answers an open appeal inside the period. The arbitrator's role alone.
    function answer(uint256 id, Ruling ruling) external;

    /// Closes an appeal that nobody answered, as a draw. Anyone, after the period.
    function close(uint256 id) external;

    /// Upholds slashes that nobody appealed inside the window. Anyone.
    function uphold(uint256[] calldata ids) external;

    /// Pays out returned deposits, to the account itself. Anyone.
    function collectDeposit(address account) external;

    function appealOf(uint256 id) external view returns (Appeal memory);

    /// Returned deposits of an account that it has not collected.
    function depositOf(address account) external view returns (uint256);

    /// What an appeal costs until it is closed (wei), for how long after a slash it may come, and for how long after
    /// that it may be answered (seconds).
    function terms() external view returns (uint128 deposit, uint40 window, uint40 period);
}
