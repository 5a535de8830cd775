// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAssetRegistry} from "../interfaces/IAssetRegistry.sol";
import {IFeeSplitter} from "../interfaces/IFeeSplitter.sol";
import {IMeterRegistry} from "../interfaces/IMeterRegistry.sol";
import {IOfferBook} from "../interfaces/IOfferBook.sol";
import {IPrepaidAccounts} from "../interfaces/IPrepaidAccounts.sol";
import {ITariffBook} from "../interfaces/ITariffBook.sol";
import {IUsageAgreements} from "../interfaces/IUsageAgreements.sol";
import {LedgerCalls} from "../libraries/LedgerCalls.sol";
import {ReadingCodec} from "../libraries/ReadingCodec.sol";
import {Subaccounts} from "../libraries/Subaccounts.sol";
import {TariffPages} from "../libraries/TariffPages.sol";
import {AgreementState, Kept, SPECIAL_BIT} from "../types/AgreementState.sol";
import {AgreementId, AssetId, NO_ASSET, SplitId, TariffId} from "../types/Identifiers.sol";
import {Rates} from "../types/Tariff.sol";

/// @title What UsageAgreements remembers, and the few movements of money that it knows.
abstract contract AgreementStore is IUsageAgreements {
    /// The agreements that an asset has open.
    struct AssetUse {
        AgreementId exclusive;
        AgreementId predecessor; // the exclusive agreement in its notice that `exclusive` succeeds
        uint32 longestNotice;
        uint32 openCount;
    }

    bytes32 internal constant HOLDS_KEY = "holds";

    IPrepaidAccounts internal immutable ACCOUNTS;
    IAssetRegistry internal immutable ASSETS;
    IMeterRegistry internal immutable METERS;
    ITariffBook internal immutable TARIFFS;
    IOfferBook internal immutable OFFERS;
    IFeeSplitter internal immutable SPLITTER;
    address internal immutable COMMUNITY;
    address internal immutable HOLDS_ACCOUNT;

    mapping(bytes32 key => Kept) internal _states;
    mapping(AgreementId => Agreement) internal _agreements;
    mapping(AgreementId => Cap) internal _caps;
    mapping(AgreementId => Ending) internal _endings;
    mapping(AssetId => AssetUse) internal _uses;
    mapping(address currency => uint256) internal _held;
    uint64 internal _agreementCount;

    constructor(
        IPrepaidAccounts accounts,
        IAssetRegistry assets,
        IMeterRegistry meters,
        ITariffBook tariffs,
        IOfferBook offers,
        IFeeSplitter splitter,
        address community
    ) {
        ACCOUNTS = accounts;
        ASSETS = assets;
        METERS = meters;
        TARIFFS = tariffs;
        OFFERS = offers;
        SPLITTER = splitter;
        COMMUNITY = community;
        HOLDS_ACCOUNT = accounts.subaccount(address(this), HOLDS_KEY);
    }

    // Agreements

    function _agreement(AgreementId id) internal view returns (Agreement memory agreement, Kept storage kept) {
        agreement = _agreements[id];
        if (agreement.asset == NO_ASSET) revert Agreements_Unknown(id);
        kept = _states[ReadingCodec.stateKey(id, agreement.asset, agreement.tariff)];
    }

    function _ending(AgreementId id) internal view returns (Ending memory) {
        return _endings[id];
    }

    function _cap(AgreementId id) internal view returns (Cap memory) {
        return _caps[id];
    }

    function _requireCustomer(AgreementId id, address caller, address customer) internal pure {
        if (caller != customer) revert Agreements_NotCustomer(id, caller, customer);
    }

    /// @dev The special bit stands exactly while the second slot says something.
    function _writeEnding(AgreementId id, Kept storage kept, Ending memory ending) internal {
        _endings[id] = ending;
        uint256 word = AgreementState.unwrap(kept.state) & ~SPECIAL_BIT;
        bool special =
            ending.endAt != 0 || ending.finalAccepted || ending.suspended || ending.closed || ending.unusedFrom != 0;
        kept.state = AgreementState.wrap(special ? word | SPECIAL_BIT : word);
    }

    // Money

    function _id(address currency) internal pure returns (uint256) {
        return uint160(currency);
    }

    function _splitAccount(SplitId split) internal view returns (address) {
        return Subaccounts.derive(address(SPLITTER), bytes32(uint256(SplitId.unwrap(split))));
    }

    /// @dev Money that the customer allowed this contract to take.
    function _takeIntoHold(address customer, address currency, uint256 amount) internal {
        _held[currency] += amount;
        ACCOUNTS.transferFrom(customer, HOLDS_ACCOUNT, _id(currency), amount);
    }

    function _payFromHold(address to, address currency, uint256 amount) internal {
        _held[currency] -= amount;
        _payFromHoldsAccount(to, currency, amount);
    }

    function _payFromHoldsAccount(address to, address currency, uint256 amount) internal {
        LedgerCalls.moveFrom(ACCOUNTS, HOLDS_KEY, to, currency, amount);
    }

    function _payFees(SplitId split, address currency, uint256 amount) internal {
        if (amount != 0) _payFromHold(_splitAccount(split), currency, amount);
    }

    // What other contracts know

    function _provider(AssetId asset) internal view returns (address) {
        return ASSETS.providerOf(asset);
    }

    function _grade(AssetId asset) internal view returns (uint8) {
        return METERS.gradeOf(asset);
    }

    function _currency(Rates memory rates) internal pure returns (address) {
        return address(uint160(rates.currency));
    }

    function _rates(TariffId tariff) internal view returns (Rates memory rates) {
        TariffPages.load(address(TARIFFS), tariff, rates);
        if (rates.currency == 0) revert ITariffBook.Tariffs_Unknown(tariff);
    }
}
