// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AuctionId} from "../types/Financing.sol";
import {AssetId} from "../types/Identifiers.sol";

/// @title English auctions of titles, on the ledger.
/// @notice The highest bid stands in the auction's own sub-account; who is outbid has the money back in its account in the same
///         transaction. The seller, CoFinancing, closes: title against money in one transaction, or the bid back. Has no authority: a
///         pause would hand the machine to whoever bid last.
interface ITitleAuction {
    struct Auction {
        AssetId asset;
        uint40 closesAt;
        bool closed;
        address currency;
        uint88 reserve; // least bid, in base units of `currency`, never zero
        address bidder; // zero: no bid
        uint88 amount;
    }

    event AuctionOpened(
        AuctionId indexed auction, AssetId indexed asset, address currency, uint88 reserve, uint40 closesAt
    );
    event BidPlaced(AuctionId indexed auction, address indexed bidder, uint88 amount, uint40 closesAt);
    event AuctionClosed(AuctionId indexed auction, bool sold, address bidder, uint88 amount);

    error Auction_NotSeller(address caller, address seller);
    error Auction_Unknown(AuctionId auction);
    error Auction_Over(AuctionId auction, uint40 closedAt);
    error Auction_StillOpen(AuctionId auction, uint40 closesAt);
    error Auction_BidTooLow(AuctionId auction, uint88 amount, uint256 least);

    /// @notice By the seller. A reserve of zero counts as one unit.
    function open(AssetId asset, address currency, uint88 reserve, uint40 closesAt) external returns (AuctionId);

    /// @notice Takes `amount` from the caller's account (allowance): the reserve or more, and 5 % above a standing bid. A bid in the last
    ///         ten minutes moves the end to ten minutes after it.
    function bid(AuctionId auction, uint88 amount) external;

    /// @notice By the seller: sold (after the end) pays the bid to `to`, otherwise the bidder has it back. What was given to the
    ///         auction's account goes to `to`.
    /// @return bidder Zero where there was no bid.
    function close(AuctionId auction, bool sold, address to) external returns (address bidder, uint88 amount);

    function auctionCount() external view returns (uint64);
    function auctionOf(AuctionId auction) external view returns (Auction memory);
    /// @return Least amount of the next bid.
    function leastBid(AuctionId auction) external view returns (uint256);
}
