// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAssetRegistry} from "../interfaces/IAssetRegistry.sol";
import {IMeterRegistry} from "../interfaces/IMeterRegistry.sol";
import {ISpareLoans} from "../interfaces/ISpareLoans.sol";
import {ISparePools} from "../interfaces/ISparePools.sol";
import {ISpareStock} from "../interfaces/ISpareStock.sol";
import {IUsageAgreements} from "../interfaces/IUsageAgreements.sol";
import {PoolMath} from "../libraries/PoolMath.sol";
import {AssetId, NO_ASSET} from "../types/Identifiers.sol";
import {CoreGrade} from "../types/Service.sol";
import {Claim, ClaimId, ClaimStage, hashSpareHandOver, PoolId, PoolTerms, SpareHandOver} from "../types/Spares.sol";
import {Claims} from "./Claims.sol";

/// @title Loans of spares; see ISpareLoans.
/// @dev Has no authority. Calls only contracts of this platform, all fixed at deployment; none of them calls a stranger from there
///      but for an ERC-1271 signer, by a static call.
contract SpareLoans is Claims {
    constructor(
        IAssetRegistry assets,
        IMeterRegistry meters,
        IUsageAgreements agreements,
        ISparePools pools,
        ISpareStock stock
    ) Claims(assets, meters, agreements, pools, stock) {}

    // Hand-overs

    /// @inheritdoc ISpareLoans
    function takeSpare(SpareHandOver calldata form, bytes calldata giverSignature, bytes calldata takerSignature)
        external
    {
        Claim storage found = _claim(form.claimId);
        _checkOwner(found.asset, form.taker);
        bool isKept = _takeTurn(form.claimId, found);
        _lend(form, found, isKept);
        _consumeBoth(form, giverSignature, takerSignature);
    }

    /// @inheritdoc ISpareLoans
    function bringDefective(SpareHandOver calldata form, bytes calldata giverSignature, bytes calldata takerSignature)
        external
    {
        ClaimId id = form.claimId;
        Claim storage found = _lent(id);
        if (form.assetId != found.asset) revert Loans_OtherAsset(id, form.assetId, found.asset);
        if (found.hasArrived) revert Loans_AlreadyArrived(id);
        uint256 until = uint256(found.lentAt) + POOLS.termsOf(found.pool).defectiveTime;
        if (block.timestamp > until) revert Loans_TooLate(id, until);
        _checkBack(form, found);

        found.hasArrived = true;
        emit DefectiveArrived(id, form.assetId, form.grade, form.conditionHash);
        // Not our title: as a recorder, and nothing waits for it where governance has dismissed us.
        if (ASSETS.isRecorder(address(this))) {
            ASSETS.recordHistory(form.assetId, "defective unit arrived", form.conditionHash, "");
        }
        _settleFee(id, found, false);
        _consumeBoth(form, giverSignature, takerSignature);
    }

    /// @inheritdoc ISpareLoans
    function giveBack(SpareHandOver calldata form, bytes calldata giverSignature, bytes calldata takerSignature)
        external
    {
        ClaimId id = form.claimId;
        Claim storage found = _lent(id);
        AssetId unit = form.assetId;
        if (unit != found.unit) revert Loans_OtherAsset(id, unit, found.unit);
        if (form.grade == CoreGrade.None) revert Loans_NoGrade(id);
        _checkBack(form, found);

        STOCK.takeBack(unit, form.grade <= CoreGrade.B, form.conditionHash);
        _endLoan(id, found, ClaimStage.Returned, 0, NO_ASSET);
        _consumeBoth(form, giverSignature, takerSignature);
    }

    /// @inheritdoc ISpareLoans
    function exchange(ClaimId id) external {
        Claim storage found = _lent(id);
        address account = _checkAccount(found.member);
        if (!found.hasArrived) revert Loans_NotArrived(id, found.asset);
        (PoolId pool, uint8 model, AssetId unit) = (found.pool, found.model, found.unit);
        uint80 price = STOCK.modelAt(pool, model).exchangeFee;
        POOLS.takePrice(found.member, id, price);
        _endLoan(id, found, ClaimStage.Exchanged, price, unit);
        STOCK.letGo(unit, account);
        STOCK.takeExchanged(pool, model, found.asset, account);
    }

    /// @inheritdoc ISpareLoans
    function buyOut(ClaimId id) external {
        Claim storage found = _lent(id);
        address account = _checkAccount(found.member);
        AssetId unit = found.unit;
        uint80 price = STOCK.modelAt(found.pool, found.model).price;
        POOLS.takePrice(found.member, id, price);
        _endLoan(id, found, ClaimStage.BoughtOut, price, unit);
        STOCK.letGo(unit, account);
    }

    /// @inheritdoc ISpareLoans
    function forfeit(ClaimId id) external {
        Claim storage found = _lent(id);
        PoolTerms memory terms = POOLS.termsOf(found.pool);
        uint256 from = uint256(found.lentAt) + terms.defectiveTime;
        if (found.hasArrived) revert Loans_AlreadyArrived(id);
        if (found.isForfeited) revert Loans_AlreadyForfeited(id);
        if (block.timestamp <= from) revert Loans_TooEarly(id, from + 1);
        uint80 deposit = POOLS.memberOf(found.member).deposit;
        emit DepositForfeited(id);
        uint80 fee = found.isFeeHeld ? terms.claimFee : 0;
        (found.isFeeHeld, found.isForfeited) = (false, true);
        POOLS.settle(found.member, id, 0, fee, deposit);
    }

    // SpareStock only

    /// @inheritdoc ISpareLoans
    function writeOff(ClaimId id) external {
        if (msg.sender != address(STOCK)) revert Loans_NotSpareStock(msg.sender);
        Claim storage found = _lent(id);
        if (block.timestamp <= found.deadline) revert Loans_TooEarly(id, uint256(found.deadline) + 1);
        PoolTerms memory terms = POOLS.termsOf(found.pool);
        uint80 held = _holdOf(terms) + (found.isFeeHeld ? terms.claimFee : 0);
        uint80 deposit = POOLS.memberOf(found.member).deposit;
        (found.stage, found.isFeeHeld) = (ClaimStage.WrittenOff, false);
        emit LoanEnded(id, ClaimStage.WrittenOff, found.unit, held, deposit, 0);
        POOLS.settleLoan(found.member, id, 0, held, deposit, NO_ASSET);
    }

    // Views

    /// @inheritdoc ISpareLoans
    function feesOf(ClaimId id) external view returns (uint256 fee, uint256 late, bool feeLost) {
        return _fees(_lent(id));
    }

    /// @inheritdoc ISpareLoans
    function digestOf(SpareHandOver calldata form) external view returns (bytes32) {
        return _hashTypedDataV4(hashSpareHandOver(form));
    }

    // Internals: turns and hands

    function _lent(ClaimId id) private view returns (Claim storage found) {
        found = _claim(id);
        if (found.stage != ClaimStage.Lent) revert Loans_WrongStage(id, found.stage);
    }

    /// @dev Who was called out has a spare kept; anyone else must be next, with one on the shelf that is kept for nobody.
    /// @return isKept Whether it was called out.
    function _takeTurn(ClaimId id, Claim storage found) private returns (bool isKept) {
        ClaimStage stage = found.stage;
        if (stage == ClaimStage.Called) return true;
        if (stage != ClaimStage.Waiting) revert Loans_WrongStage(id, stage);
        ClaimId next = _takeNext(found.pool, found.model);
        if (next != id) revert Loans_NotNext(id, next);
    }

    function _lend(SpareHandOver calldata form, Claim storage found, bool isKept) private {
        ClaimId id = form.claimId;
        PoolTerms memory terms = POOLS.termsOf(found.pool);
        uint40 latest = uint40(block.timestamp + terms.longestLoan);
        uint80 hold = _holdOf(terms);
        (found.stage, found.unit) = (ClaimStage.Lent, form.assetId);
        (found.lentAt, found.deadline) = (uint40(block.timestamp), latest);
        emit SpareLent(id, form.assetId, latest, hold, form.conditionHash);
        address keeper = STOCK.lend(form.assetId, found.pool, found.model, id, isKept, form.conditionHash);
        address account = POOLS.takeHold(found.member, id, hold);
        if (form.giver != keeper || form.taker != account) revert Loans_WrongHands(id, form.giver, form.taker);
    }

    function _checkBack(SpareHandOver calldata form, Claim storage found) private view {
        address account = POOLS.memberOf(found.member).account;
        if (form.giver != account || form.taker != STOCK.keeperOf(found.pool)) {
            revert Loans_WrongHands(form.claimId, form.giver, form.taker);
        }
    }

    function _consumeBoth(SpareHandOver calldata form, bytes calldata giverSignature, bytes calldata takerSignature)
        private
    {
        bytes32 structHash = hashSpareHandOver(form);
        _consumeForm(form.giver, structHash, form.giverNonce, form.deadline, giverSignature);
        _consumeForm(form.taker, structHash, form.takerNonce, form.deadline, takerSignature);
    }

    // Internals: money

    /// @dev Opening a pool bounds the fee a day so that this fits.
    function _holdOf(PoolTerms memory terms) private pure returns (uint80) {
        // forge-lint: disable-next-line(unsafe-typecast)
        return uint80(PoolMath.daysBegun(terms.longestLoan) * terms.feePerDay);
    }

    function _fees(Claim storage found) private view returns (uint256 fee, uint256 late, bool feeLost) {
        PoolTerms memory terms = POOLS.termsOf(found.pool);
        (fee, late) = PoolMath.loanFees(
            found.lentAt,
            found.deadline,
            block.timestamp,
            terms.feePerDay,
            terms.lateFeePerDay,
            POOLS.memberOf(found.member).deposit
        );
        feeLost =
            !found.hasArrived && !found.isForfeited && block.timestamp > uint256(found.lentAt) + terms.defectiveTime;
    }

    /// @dev What was held for the loan and for the claim leaves the member's pot here, once: fees and price to the pool's cash, the
    ///      rest back to the credit. A defective unit that is late costs the deposit whoever says so first.
    function _endLoan(ClaimId id, Claim storage found, ClaimStage stage, uint80 price, AssetId kept) private {
        PoolTerms memory terms = POOLS.termsOf(found.pool);
        (uint256 fee, uint256 late, bool feeLost) = _fees(found);
        uint80 held = _holdOf(terms);
        // Each at most what it comes out of, which has 80 bits.
        // forge-lint: disable-next-line(unsafe-typecast)
        uint80 toCash = uint80(fee) + price;
        // forge-lint: disable-next-line(unsafe-typecast)
        uint80 back = held - uint80(fee);
        if (found.isFeeHeld) {
            if (feeLost) toCash += terms.claimFee;
            else back += terms.claimFee;
        }
        (found.stage, found.isFeeHeld) = (stage, false);
        // forge-lint: disable-next-line(unsafe-typecast)
        emit LoanEnded(id, stage, found.unit, uint80(fee), uint80(late), price);
        uint80 fromDeposit = feeLost ? POOLS.memberOf(found.member).deposit : uint80(late);
        POOLS.settleLoan(found.member, id, back, toCash, fromDeposit, kept);
    }
}
