// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IPrepaidAccounts} from "../interfaces/IPrepaidAccounts.sol";
import {ITitleAuction} from "../interfaces/ITitleAuction.sol";
import {Subaccounts} from "../libraries/Subaccounts.sol";
import {AuctionId} from "../types/Financing.sol";
import {AssetId} from "../types/Identifiers.sol";

/// @dev Calls nothing but the ledger, which calls nobody when it moves between accounts: no bidder can refuse to be outbid.
contract TitleAuction is ITitleAuction {
    uint40 private constant LAST_MINUTES = 10 minutes;
    uint256 private constant RAISE_BPS = 500;
    uint256 private constant ALL_BPS = 10_000;

    IPrepaidAccounts public immutable accounts;
    address public immutable seller;

    /// @inheritdoc ITitleAuction
    uint64 public auctionCount;
    mapping(AuctionId => Auction) private _auctions;

    modifier onlySeller() {
        if (msg.sender != seller) revert Auction_NotSeller(msg.sender, seller);
        _;
    }

    constructor(IPrepaidAccounts accounts_, address seller_) {
        accounts = accounts_;
        seller = seller_;
    }

    /// @inheritdoc ITitleAuction
    function open(AssetId asset, address currency, uint88 reserve, uint40 closesAt)
        external
        onlySeller
        returns (AuctionId id)
    {
        id = AuctionId.wrap(++auctionCount);
        Auction storage auction = _auctions[id];
        (auction.asset, auction.closesAt, auction.currency) = (asset, closesAt, currency);
        auction.reserve = reserve == 0 ? 1 : reserve;
        emit AuctionOpened(id, asset, currency, auction.reserve, closesAt);
    }

    /// @inheritdoc ITitleAuction
    function bid(AuctionId id, uint88 amount) external {
        Auction storage auction = _known(id);
        if (auction.closed || block.timestamp >= auction.closesAt) revert Auction_Over(id, auction.closesAt);
        uint256 least = leastBid(id);
        if (amount < least) revert Auction_BidTooLow(id, amount, least);

        (address outbid, uint88 back) = (auction.bidder, auction.amount);
        (auction.bidder, auction.amount) = (msg.sender, amount);
        uint40 earliest = uint40(block.timestamp) + LAST_MINUTES;
        if (auction.closesAt < earliest) auction.closesAt = earliest;
        emit BidPlaced(id, msg.sender, amount, auction.closesAt);

        address currency = auction.currency;
        accounts.transferFrom(msg.sender, _account(id), uint160(currency), amount);
        if (outbid != address(0)) accounts.moveFrom(_key(id), outbid, currency, back);
    }

    /// @inheritdoc ITitleAuction
    function close(AuctionId id, bool sold, address to) external onlySeller returns (address bidder, uint88 amount) {
        Auction storage auction = _known(id);
        if (auction.closed) revert Auction_Over(id, auction.closesAt);
        if (sold && block.timestamp < auction.closesAt) revert Auction_StillOpen(id, auction.closesAt);
        auction.closed = true;
        (bidder, amount) = (auction.bidder, auction.amount);
        emit AuctionClosed(id, sold && bidder != address(0), bidder, amount);

        address currency = auction.currency;
        if (!sold && bidder != address(0)) accounts.moveFrom(_key(id), bidder, currency, amount);
        uint256 rest = accounts.balanceOf(_account(id), uint160(currency));
        if (rest != 0) accounts.moveFrom(_key(id), to, currency, rest);
    }

    /// @inheritdoc ITitleAuction
    function auctionOf(AuctionId id) external view returns (Auction memory) {
        return _known(id);
    }

    /// @inheritdoc ITitleAuction
    function leastBid(AuctionId id) public view returns (uint256) {
        Auction storage auction = _known(id);
        if (auction.bidder == address(0)) return auction.reserve;
        return auction.amount + uint256(auction.amount) * RAISE_BPS / ALL_BPS + 1;
    }

    function _known(AuctionId id) private view returns (Auction storage auction) {
        auction = _auctions[id];
        if (auction.reserve == 0) revert Auction_Unknown(id);
    }

    function _account(AuctionId id) private view returns (address) {
        return Subaccounts.derive(address(this), _key(id));
    }

    function _key(AuctionId id) private pure returns (bytes32) {
        return bytes32(uint256(AuctionId.unwrap(id)));
    }
}
