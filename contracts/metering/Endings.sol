// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IUsageAgreements} from "../interfaces/IUsageAgreements.sol";
import {TariffMath} from "../libraries/TariffMath.sol";
import {EndAgreement, hashEndAgreement} from "../types/AccountForms.sol";
import {AgreementState, Kept} from "../types/AgreementState.sol";
import {AgreementId, AssetId, NO_AGREEMENT, TariffId} from "../types/Identifiers.sol";
import {Rates} from "../types/Tariff.sol";
import {Settlement} from "./Settlement.sol";

/// @title Every agreement has an end, and every hold a way home.
/// @dev settled + hold never decreases before `close`, so a permit once issued stays covered.
abstract contract Endings is Settlement {
    /// @inheritdoc IUsageAgreements
    function end(AgreementId id) external {
        _end(id, msg.sender);
    }

    /// @inheritdoc IUsageAgreements
    function endSigned(EndAgreement calldata form, bytes calldata signature) external {
        address customer = _agreements[form.agreementId].customer;
        _consumeForm(customer, hashEndAgreement(form), form.nonce, form.deadline, signature);
        _end(form.agreementId, customer);
    }

    /// @inheritdoc IUsageAgreements
    function close(AgreementId id) external {
        (Agreement memory agreement, Kept storage kept) = _agreement(id);
        Ending memory ending = _ending(id);
        if (ending.closed) revert Agreements_AlreadyClosed(id);
        bool hasEnded = ending.finalAccepted || (ending.endAt != 0 && block.timestamp >= ending.endAt);
        if (!hasEnded) revert Agreements_NotEnded(id, ending.endAt, block.timestamp);

        Rates memory rates = _rates(agreement.tariff);
        AgreementState state = _accrue(id, kept, agreement.asset, ending.endAt, rates);
        uint80 returned = uint80(state.hold());
        ending.closed = true;
        kept.state = state.withoutHold();
        _writeEnding(id, kept, ending);
        _release(id, agreement.asset);
        emit AgreementClosed(id, returned, kept.state);
        _payFromHold(agreement.customer, _currency(rates), returned);
    }

    /// @inheritdoc IUsageAgreements
    function announceUnused(AgreementId id) external {
        (Agreement memory agreement, Kept storage kept) = _agreement(id);
        address provider = _provider(agreement.asset);
        if (msg.sender != provider) revert Agreements_NotProvider(id, msg.sender, provider);
        if (!agreement.exclusive) revert Agreements_NotExclusive(id);
        Rates memory rates = _rates(agreement.tariff);
        uint256 unusedTime = _unusedTime(agreement.tariff);
        if (unusedTime == 0) revert Agreements_UnusedRuleAbsent(id);
        Ending memory ending = _requireRunning(id);
        ending.unusedFrom = uint40(block.timestamp);
        ending.usageAtAnnouncement = _usageSettled(kept.state, rates);
        ending.usedSince = false;
        _writeEnding(id, kept, ending);
        emit NonUseAnnounced(id, uint40(block.timestamp + unusedTime));
    }

    /// @inheritdoc IUsageAgreements
    function endUnused(AgreementId id) external {
        (Agreement memory agreement, Kept storage kept) = _agreement(id);
        Ending memory ending = _requireRunning(id);
        if (ending.unusedFrom == 0) revert Agreements_NonUseNotAnnounced(id);
        uint256 due = ending.unusedFrom + _unusedTime(agreement.tariff);
        if (block.timestamp < due) revert Agreements_NotEnded(id, uint40(due), block.timestamp);
        if (ending.usedSince) revert Agreements_UsedSince(id);
        ending.endAt = uint40(block.timestamp);
        _writeEnding(id, kept, ending);
        emit EndAnnounced(id, msg.sender, ending.endAt);
    }

    /// @dev The customer or the provider, after the tariff's notice and minimum term. A customer whose asset now has a
    ///      less trusted meter than at opening is not held to the minimum term.
    function _end(AgreementId id, address by) private {
        (Agreement memory agreement, Kept storage kept) = _agreement(id);
        if (by != agreement.customer && by != _provider(agreement.asset)) revert Agreements_NotParty(id, by);
        Ending memory ending = _ending(id);
        if (ending.closed) revert Agreements_AlreadyClosed(id);
        Rates memory rates = _rates(agreement.tariff);
        uint256 endAt = block.timestamp + rates.notice;
        uint256 termEndsAt = kept.state.openedAt() + rates.minimumTerm;
        bool isReleased = by == agreement.customer && _grade(agreement.asset) < agreement.gradeAtOpening;
        if (!isReleased && termEndsAt > endAt) endAt = termEndsAt;
        bool bringsForward = isReleased && endAt < ending.endAt;
        if (ending.endAt != 0 && !bringsForward) revert Agreements_AlreadyEnding(id, ending.endAt);
        ending.endAt = uint40(endAt);
        _writeEnding(id, kept, ending);
        emit EndAnnounced(id, by, ending.endAt);
    }

    function _requireRunning(AgreementId id) private view returns (Ending memory ending) {
        ending = _ending(id);
        if (ending.closed) revert Agreements_AlreadyClosed(id);
        if (ending.endAt != 0) revert Agreements_AlreadyEnding(id, ending.endAt);
    }

    function _unusedTime(TariffId tariff) private view returns (uint256) {
        return uint256(TARIFFS.unusedDaysOf(tariff)) * 1 days;
    }

    function _usageSettled(AgreementState state, Rates memory rates) private pure returns (uint80) {
        uint256 standing = TariffMath.standingCharge(rates.standingPerDay, state.lastElapsed());
        return state.settled() > standing ? uint80(state.settled() - standing) : 0;
    }

    function _release(AgreementId id, AssetId asset) private {
        AssetUse memory use = _uses[asset];
        if (use.exclusive == id) (use.exclusive, use.predecessor) = (use.predecessor, NO_AGREEMENT);
        else if (use.predecessor == id) use.predecessor = NO_AGREEMENT;
        use.openCount -= 1;
        if (use.openCount == 0) use.longestNotice = 0;
        _uses[asset] = use;
    }
}
