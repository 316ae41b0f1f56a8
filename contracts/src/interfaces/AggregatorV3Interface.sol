// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title The interface of Chainlink's price feeds, which many contracts can read.
/// @notice `startedAt` and `updatedAt` are when the round settled, `answeredInRound` is `roundId`.
interface AggregatorV3Interface {
    function decimals() external view returns (uint8);

    function description() external view returns (string memory);

    function version() external view returns (uint256);

    function getRoundData(uint80 roundId)
        external
        view
        returns (uint80, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound);

    function latestRoundData()
        external
        view
        returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound);
}
