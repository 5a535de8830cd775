// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IRoundCollateral} from "../interfaces/IRoundCollateral.sol";
import {AuctionId, NO_AUCTION, NO_ROUND, Round, RoundId, RoundState} from "../types/Financing.sol";
import {GuaranteeId} from "../types/Guarantee.sol";
import {AssetId} from "../types/Identifiers.sol";
import {CollateralStore} from "./CollateralStore.sol";

/// @title After a default: titles become money.
/// @dev A title is taken for the length of one call: from the provider under the lien, then, free of it, to the buyer, so that the
///      registry gives it a fresh split of the buyer's.
abstract contract Realising is CollateralStore, ReentrancyGuardTransient {
    uint256 private constant AUCTION_TIME = 7 days;
    uint256 private constant BUYBACK_TIME = 30 days;
    uint256 private constant STATUS_TIME = 20 days;
    uint8 private constant MOST_UNSOLD = 3;
    uint256 internal constant ALL_BPS = 10_000;

    /// @inheritdoc IRoundCollateral
    function auction(RoundId id, AssetId asset) external nonReentrant returns (AuctionId started) {
        Round memory round = _forSale(id, asset);
        (uint256 decidedAt, bool buyback) = _decision(id);
        if (buyback && BOOK.guaranteeOf(id, asset) != 0 && block.timestamp < decidedAt + BUYBACK_TIME) {
            revert Financing_TooEarly(id, decidedAt + BUYBACK_TIME);
        }
        Pledge storage pledge_ = _pledges[id][asset];
        uint256 share = ROUNDS.owedOf(id) * BOOK.termsOf(id).auctionBps / ALL_BPS / unsettledOf[id];
        uint88 reserve = uint88(share >> pledge_.unsold);
        started = AUCTIONS.open(asset, round.currency, reserve, uint40(block.timestamp + AUCTION_TIME));
        pledge_.auction = started;
        emit AssetAuctioned(id, asset, started, reserve);
    }

    /// @inheritdoc IRoundCollateral
    function completeAuction(RoundId id, AssetId asset) external nonReentrant {
        Pledge storage pledge_ = _pledges[id][asset];
        AuctionId running = pledge_.auction;
        if (AuctionId.unwrap(running) == 0) revert Financing_NoAuction(id, asset);
        pledge_.auction = NO_AUCTION;
        bool sells = ROUNDS.roundInfo(id).state == RoundState.Defaulted;
        (address buyer, uint88 price) = AUCTIONS.close(running, sells, ROUNDS.accountOf(id));
        if (!sells) return;
        if (buyer != address(0)) {
            _takeTitle(asset);
            ASSETS.transferFrom(address(this), buyer, AssetId.unwrap(asset));
            _settled(id, asset, buyer, price, "sold");
        } else if (++pledge_.unsold == MOST_UNSOLD) {
            _free(asset);
            _settled(id, asset, ASSETS.providerOf(asset), 0, "unsold");
        }
    }

    /// @inheritdoc IRoundCollateral
    function exerciseBuyback(RoundId id, AssetId asset, bytes calldata statusAndSignature)
        external
        nonReentrant
        returns (uint256 paid)
    {
        Round memory round = _forSale(id, asset);
        uint256 guarantee = _exercisable(id, asset, statusAndSignature.length != 0);

        _takeTitle(asset);
        ASSETS.approve(address(GUARANTEES), AssetId.unwrap(asset));
        // No guarantee that can be exercised is without collateral: a price above zero requires cover above zero.
        paid = GUARANTEES.exercise(GuaranteeId.wrap(guarantee), statusAndSignature);
        uint80 owed = GUARANTEES.buybackOf(GuaranteeId.wrap(guarantee)).owed;
        if (owed != 0) {
            _claims[guarantee] = Claim({round: id, uncollected: owed});
            emit ClaimKept(id, asset, guarantee, owed);
        }
        _moveToRound(id, round.currency, paid);
        _settled(id, asset, ASSETS.providerOf(asset), paid, "bought back");
    }

    /// @inheritdoc IRoundCollateral
    function collectClaim(uint256 guarantee) external nonReentrant returns (uint256 amount) {
        RoundId id;
        uint256 unpaid;
        (id, unpaid, amount) = claimOf(guarantee);
        if (amount == 0) revert Financing_NothingToPay(id);
        _claims[guarantee].uncollected = uint80(unpaid);
        emit ClaimCollected(id, guarantee, amount, unpaid);
        Round memory round = ROUNDS.roundInfo(id);
        _moveToRound(id, round.currency, amount);
        if (round.state == RoundState.Defaulted) ROUNDS.distribute(id);
        else ROUNDS.skimSurplus(id);
    }

    /// @inheritdoc IRoundCollateral
    function writeOff(RoundId id) external nonReentrant {
        RoundState state = ROUNDS.roundInfo(id).state;
        if (state != RoundState.Defaulted || BOOK.termsOf(id).secured) revert Financing_WrongState(id, state);
        (, bool yes) = _decision(id);
        if (!yes) revert Financing_NotDecided(id, "write off");
        ROUNDS.conclude(id);
    }

    /// @inheritdoc IRoundCollateral
    function auctionOf(RoundId id, AssetId asset) external view returns (AuctionId) {
        return _pledges[id][asset].auction;
    }

    /// @inheritdoc IRoundCollateral
    function claimOf(uint256 guarantee) public view returns (RoundId id, uint256 unpaid, uint256 collectable) {
        Claim storage claim = _claims[guarantee];
        id = claim.round;
        if (id == NO_ROUND) return (id, 0, 0);
        unpaid = GUARANTEES.buybackOf(GuaranteeId.wrap(guarantee)).owed;
        collectable = claim.uncollected - unpaid;
    }

    // Internals

    function _decision(RoundId id) private view returns (uint256 decidedAt, bool yes) {
        (decidedAt, yes) = BALLOTS.decisionOf(id);
        if (decidedAt == 0) revert Financing_NotDecided(id, "default");
    }

    function _exercisable(RoundId id, AssetId asset, bool hasStatus) private view returns (uint256 guarantee) {
        (uint256 decidedAt, bool buyback) = _decision(id);
        guarantee = BOOK.guaranteeOf(id, asset);
        if (!buyback || guarantee == 0) revert Financing_NotDecided(id, "buyback");
        // Without a status the worst wear counts: the guarantor would be the first to call.
        if (!hasStatus && block.timestamp < decidedAt + STATUS_TIME) {
            revert Financing_TooEarly(id, decidedAt + STATUS_TIME);
        }
    }

    function _forSale(RoundId id, AssetId asset) private view returns (Round memory round) {
        round = ROUNDS.roundInfo(id);
        if (round.state != RoundState.Defaulted) revert Financing_WrongState(id, round.state);
        bool isRunning = AuctionId.unwrap(_pledges[id][asset].auction) != 0;
        if (roundOf[asset] != id || unsettledOf[id] == 0 || isRunning) revert Financing_AssetNotForSale(id, asset);
    }

    function _moveToRound(RoundId id, address currency, uint256 amount) private {
        ACCOUNTS.transfer(ROUNDS.accountOf(id), uint160(currency), amount);
    }

    function _takeTitle(AssetId asset) private {
        ASSETS.transferFrom(ASSETS.providerOf(asset), address(this), AssetId.unwrap(asset));
        _free(asset);
    }

    function _settled(RoundId id, AssetId asset, address to, uint256 proceeds, bytes32 how) private {
        emit AssetSettled(id, asset, to, proceeds, how);
        if (--unsettledOf[id] == 0) ROUNDS.conclude(id);
        else ROUNDS.distribute(id);
    }
}
