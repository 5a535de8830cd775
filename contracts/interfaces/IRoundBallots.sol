// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IFinancingErrors} from "./IFinancingErrors.sol";
import {Ballot, RoundId} from "../types/Financing.sol";

/// @title What the holders of a round decide, one question at a time.
/// @notice Votes are weighted by the principal that was outstanding when the ballot opened. A position votes once: it is counted by its
///         amount and cannot be transferred until the ballot is decided or its 7 days are over.
interface IRoundBallots is IFinancingErrors {
    event BallotOpened(RoundId indexed round, uint64 indexed ballot, bytes32 subject, uint40 closesAt, uint128 weight);
    event Voted(
        RoundId indexed round, uint64 indexed ballot, address indexed holder, uint8 tranche, bool yes, uint256 weight
    );
    event BallotDecided(RoundId indexed round, uint64 indexed ballot, bytes32 subject, bool result);

    /// @notice By the provider or a holder, before a default: may `account` sign permits for the round's assets, and be paid from their
    ///         reserves although it is related to the provider or beyond the monthly limit? Yes needs more than half of all principal.
    function proposeConsent(RoundId round, address account, uint8 tranche) external;
    /// @notice RoundCollateral, at default. Subject "default": yes is the buyback (an innovation: to write off), no the auction (an
    ///         innovation: to go on); an open ballot about a consent falls.
    function openDefault(RoundId round) external;
    /// @notice By a holder, 30 days after an innovation in default was to go on: the same question again.
    function proposeWriteOff(RoundId round, uint8 tranche) external;
    /// @notice With all of the caller's position in the tranche that has not voted yet.
    function vote(RoundId round, uint8 tranche, bool yes) external;
    /// @notice Anyone, once more than half of all principal says the same, or after the time. Then a default goes as most votes say, at
    ///         a tie no; a consent is refused.
    function decide(RoundId round) external;

    function ballotOf(RoundId round) external view returns (Ballot memory);
    function isConsented(RoundId round, address account) external view returns (bool);
    /// @return decidedAt Zero until the default's ballot was decided.
    /// @return yes See openDefault.
    function decisionOf(RoundId round) external view returns (uint40 decidedAt, bool yes);
    /// @return Units of the position that the holder cannot transfer now.
    function lockedOf(uint256 position, address holder) external view returns (uint256);
}
