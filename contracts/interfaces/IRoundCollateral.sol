// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IFinancingErrors} from "./IFinancingErrors.sol";
import {ILienholder} from "./ILienholder.sol";
import {AuctionId, RoundId} from "../types/Financing.sol";
import {AssetId, SplitId} from "../types/Identifiers.sol";

/// @title What a round holds of its machines while it runs: the lien on each title (secured rounds) and the control of their one split.
/// @notice Nobody moves the title (I-11), changes the split or takes out of the service reserve but by the rules here; who may sign
///         permits and who may be paid from the reserve, the holders decide (RoundBallots). After a default titles are auctioned or
///         bought back, as the holders decided.
interface IRoundCollateral is IFinancingErrors, ILienholder {
    event AssetPledged(RoundId indexed round, AssetId indexed asset, uint48 odometer);
    event AssetAuctioned(RoundId indexed round, AssetId indexed asset, AuctionId auction, uint256 reserve);
    event AssetSettled(RoundId indexed round, AssetId indexed asset, address to, uint256 proceeds, bytes32 how);
    /// @notice A guarantor's collateral fell short by `amount`, which it owes the round.
    event ClaimKept(RoundId indexed round, AssetId indexed asset, uint256 indexed guarantee, uint256 amount);
    /// @notice What the guarantor has paid since, taken to the round. `unpaid` is still owed.
    event ClaimCollected(RoundId indexed round, uint256 indexed guarantee, uint256 amount, uint256 unpaid);
    event ReserveUsed(RoundId indexed round, AssetId indexed asset, address worker, uint256 amount, uint256 thisMonth);

    // CoFinancing only

    /// @notice At the start: every asset must pay its fees to the round's split and, if secured, belong to the provider and stand under
    ///         this contract's lien alone, its parts too.
    function pledge(RoundId round, address provider, uint64 split) external;
    /// @notice At the end: liens go, the round's share becomes the provider's, who controls a secured round's split from now on. The
    ///         owners of an innovation's assets leave its split when they like (`consentToRepoint`).
    function letGo(RoundId round, address provider, uint64 split) external;
    /// @notice At default: counts what there is to sell, and opens the holders' vote.
    function foreclose(RoundId round) external;

    // The owner of an asset that no running round has

    /// @notice Gives the lien back.
    function release(AssetId asset) external;
    /// @notice Lets the asset leave a split that this contract controls.
    function consentToRepoint(AssetId asset, SplitId to) external;

    // Default

    /// @notice Anyone, where the vote said auction, or the asset has no guarantee, or its buyback was not exercised within 30 days.
    function auction(RoundId round, AssetId asset) external returns (AuctionId);
    /// @notice Anyone, after its end: title against money, or nothing without a bid. Every time without one the reserve price
    ///         halves; after the third the asset goes back to the provider without its lien, and brings nothing. Where the round was
    ///         paid in full meanwhile the bidder has the money back.
    function completeAuction(RoundId round, AssetId asset) external;
    /// @notice Anyone, where the vote said buyback: takes the title and exercises the asset's guarantee with it. Without a status,
    ///         which is at the worst wear, only from 20 days after the decision.
    function exerciseBuyback(RoundId round, AssetId asset, bytes calldata statusAndSignature)
        external
        returns (uint256 paid);
    /// @notice Anyone: what was paid on a claim that an exercise left (`BuybackGuarantees.payClaim`) goes to the round and runs down its
    ///         tranches, also where the round is over and the loss was written down.
    function collectClaim(uint256 guarantee) external returns (uint256 amount);
    /// @notice Anyone, where the holders of an innovation decided to: writes off what is owed and ends the round.
    function writeOff(RoundId round) external;

    // Views

    /// @return The running round that has the asset, or zero.
    function roundOf(AssetId asset) external view returns (RoundId);
    /// @notice Assets of a defaulted round that are neither sold, bought back nor found unsaleable.
    function unsettledOf(RoundId round) external view returns (uint8);
    function auctionOf(RoundId round, AssetId asset) external view returns (AuctionId);
    /// @return round Whose claim it is; zero: an exercise left none.
    /// @return unpaid What the guarantor still owes.
    /// @return collectable What it has paid and nobody has collected yet.
    function claimOf(uint256 guarantee) external view returns (RoundId round, uint256 unpaid, uint256 collectable);
    /// @notice Whether the odometers grew, over the terms' share, without fees for it. Fees as distributed by the split; at the
    ///         terms' lowest price. Whoever pays the difference into the split has billed it.
    function isUsedUnbilled(RoundId round) external view returns (bool);
}
