// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {RoundId, RoundState} from "../types/Financing.sol";
import {AssetId} from "../types/Identifiers.sol";

/// @title What the contracts of a round refuse, and with which figures.
interface IFinancingErrors {
    error Financing_UnknownRound(RoundId round);
    error Financing_WrongState(RoundId round, RoundState state);
    /// `what` names the field, `value` what was given, `least` and `most` what may be.
    error Financing_OutOfRange(bytes32 what, uint256 value, uint256 least, uint256 most);
    error Financing_CurrencyNotAdmitted(address currency);
    error Financing_NotTitleOwner(AssetId asset, address caller, address owner);
    error Financing_NotProvider(RoundId round, address caller, address provider);
    error Financing_UnknownTranche(RoundId round, uint8 tranche);
    error Financing_TooLate(RoundId round, uint256 until);
    error Financing_TooEarly(RoundId round, uint256 from);
    error Financing_Full(RoundId round, uint8 tranche);
    error Financing_CutBelow(RoundId round, uint8 tranche, uint256 accepted, uint256 least);
    error Financing_InvestmentTooSmall(RoundId round, uint256 amount, uint256 least);
    error Financing_TooLittleRaised(RoundId round, uint256 raised, uint256 least);
    error Financing_AssetNotReady(RoundId round, AssetId asset, bytes32 what);
    /// `what` names the reason: asset, currency, stage, window, unsecured; see IRoundBook.checkGuarantee.
    error Financing_GuaranteeUnfit(RoundId round, AssetId asset, uint256 guarantee, bytes32 what);
    error Financing_AssetInRound(AssetId asset, RoundId round);
    error Financing_NothingToPay(RoundId round);
    error Financing_NoBuyOutPrice(RoundId round, uint8 tranche);
    error Financing_PriceTooHigh(RoundId round, uint256 price, uint256 most);
    error Financing_PositionLocked(uint256 position, address holder, uint256 locked, uint256 left);
    error Financing_NoPosition(RoundId round, uint8 tranche, address holder);
    error Financing_BallotOpen(RoundId round, uint64 ballot, uint40 closesAt);
    error Financing_NoBallot(RoundId round);
    error Financing_NotDecided(RoundId round, bytes32 needed);
    error Financing_AssetNotForSale(RoundId round, AssetId asset);
    error Financing_NoAuction(RoundId round, AssetId asset);
    error Financing_ConsentNeeded(RoundId round, AssetId asset, address account);
    error Financing_MonthlyLimit(RoundId round, AssetId asset, uint256 amount, uint256 left);
    error Financing_NotPlatform(address caller, address needed);
    error Financing_Paused();
}
