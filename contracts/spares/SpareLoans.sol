// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAssetRegistry} from "../interfaces/IAssetRegistry.sol";
import {IMeterRegistry} from "../interfaces/IMeterRegistry.sol";
import {ISpareLoans} from "../interfaces/ISpareLoans.sol";
import {ISparePools} from "../interfaces/ISparePools.sol";
import {ISpareStock} from "../interfaces/ISpareStock.sol";
import {IUsageAgreements} from "../interfaces/IUsageAgreements.sol";
import {AssetId, NO_ASSET} from "../types/Identifiers.sol";
import {CoreGrade} from "../types/Service.sol";
import {Claim, ClaimId, ClaimStage, hashSpareHandOver, LoanEnd, PoolId, SpareHandOver} from "../types/Spares.sol";
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
        _checkHands(form, POOLS.memberOf(found.member).account, STOCK.keeperOf(found.pool));

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

        address keeper = STOCK.takeBack(unit, form.grade <= CoreGrade.B, form.conditionHash);
        address account = _endLoan(id, found, ClaimStage.Returned, 0, NO_ASSET);
        _checkHands(form, account, keeper);
        _consumeBoth(form, giverSignature, takerSignature);
    }

    /// @inheritdoc ISpareLoans
    function exchange(ClaimId id) external {
        Claim storage found = _lent(id);
        address account = _checkAccount(found.member);
        if (!found.hasArrived) revert Loans_NotArrived(id, found.asset);
        (PoolId pool, uint8 model, AssetId unit) = (found.pool, found.model, found.unit);
        uint80 price = STOCK.modelAt(pool, model).exchangeFee;
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
        _endLoan(id, found, ClaimStage.BoughtOut, price, unit);
        STOCK.letGo(unit, account);
    }

    /// @inheritdoc ISpareLoans
    function forfeit(ClaimId id) external {
        Claim storage found = _lent(id);
        uint256 from = uint256(found.lentAt) + POOLS.termsOf(found.pool).defectiveTime;
        if (found.hasArrived) revert Loans_AlreadyArrived(id);
        if (found.isForfeited) revert Loans_AlreadyForfeited(id);
        if (block.timestamp <= from) revert Loans_TooEarly(id, from + 1);
        emit DepositForfeited(id);
        bool isFeeHeld = found.isFeeHeld;
        (found.isFeeHeld, found.isForfeited) = (false, true);
        POOLS.settleFee(found.member, id, isFeeHeld, true, true);
    }

    // SpareStock only

    /// @inheritdoc ISpareLoans
    function writeOff(ClaimId id) external {
        if (msg.sender != address(STOCK)) revert Loans_NotSpareStock(msg.sender);
        Claim storage found = _lent(id);
        if (block.timestamp <= found.deadline) revert Loans_TooEarly(id, uint256(found.deadline) + 1);
        bool isFeeHeld = found.isFeeHeld;
        (found.stage, found.isFeeHeld) = (ClaimStage.WrittenOff, false);
        (uint80 lost, uint80 deposit) = POOLS.writeOff(found.member, id, isFeeHeld);
        emit LoanEnded(id, ClaimStage.WrittenOff, found.unit, lost, deposit, 0);
    }

    // Views

    /// @inheritdoc ISpareLoans
    function feesOf(ClaimId id) external view returns (uint256 fee, uint256 late, bool feeLost) {
        Claim storage found = _lent(id);
        return POOLS.loanFees(found.member, _endOf(found, 0, NO_ASSET));
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
        (ClaimId id, AssetId unit) = (form.claimId, form.assetId);
        address keeper = STOCK.lend(unit, found.pool, found.model, id, isKept, form.conditionHash);
        (address account, uint80 hold, uint40 latest) = POOLS.takeHold(found.member, id);
        _checkHands(form, keeper, account);
        (found.stage, found.unit) = (ClaimStage.Lent, unit);
        (found.lentAt, found.deadline) = (uint40(block.timestamp), latest);
        emit SpareLent(id, unit, latest, hold, form.conditionHash);
    }

    function _checkHands(SpareHandOver calldata form, address giver, address taker) private pure {
        if (form.giver != giver || form.taker != taker) revert Loans_WrongHands(form.claimId, form.giver, form.taker);
    }

    function _consumeBoth(SpareHandOver calldata form, bytes calldata giverSignature, bytes calldata takerSignature)
        private
    {
        bytes32 structHash = hashSpareHandOver(form);
        _consumeForm(form.giver, structHash, form.giverNonce, form.deadline, giverSignature);
        _consumeForm(form.taker, structHash, form.takerNonce, form.deadline, takerSignature);
    }

    // Internals: ends

    function _endOf(Claim storage found, uint80 price, AssetId kept) private view returns (LoanEnd memory) {
        return LoanEnd({
            lentAt: found.lentAt,
            latest: found.deadline,
            isFeeHeld: found.isFeeHeld,
            isUnitOwed: !found.hasArrived && !found.isForfeited,
            price: price,
            kept: kept
        });
    }

    /// @dev What was held for the loan and for the claim leaves the member's pot here, once.
    function _endLoan(ClaimId id, Claim storage found, ClaimStage stage, uint80 price, AssetId kept)
        private
        returns (address account)
    {
        LoanEnd memory end = _endOf(found, price, kept);
        (found.stage, found.isFeeHeld) = (stage, false);
        uint80 fee;
        uint80 late;
        (account, fee, late) = POOLS.settleLoan(found.member, id, end);
        emit LoanEnded(id, stage, found.unit, fee, late, price);
    }
}
