// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ISignedForms} from "./ISignedForms.sol";
import {AgreementId, AssetId, TariffId} from "../types/Identifiers.sol";
import {AgreementState} from "../types/AgreementState.sol";
import {Allow, EndAgreement, OpenAgreement, SetCap, Suspend} from "../types/AccountForms.sol";
import {Reading} from "../types/MeterForms.sol";

/// @title Pay per use: offers, agreements and their settlement from signed cumulative readings.
/// @notice Holds are money in subaccount(this, "holds"). Settlement never takes more than the hold (promise 1), the latest
///         reading replaces all before it (promise 2), a batch is never reverted by one bad reading.
/// @dev WARNING what a stolen meter key can take is bounded by hold + cap, and by maxChargePerHour × time + burst.
interface IUsageAgreements is ISignedForms {
    enum SkipReason {
        UnknownAgreement, // no agreement with this id, asset and tariff
        InvalidSignature, // not the asset's present meter
        Stale, // an equal or newer reading has settled
        Closed,
        AfterFinal, // newer than the accepted final reading
        TooFarAhead, // reading time more than 120 s after chain time
        ChargeFell, // cumulative charge below what was settled
        Implausible, // more than maxChargePerHour × time + burst
        MalformedSequence, // sequence of 2³¹ or more
        UnsupportedCurve
    }

    enum ShortReason {
        NoBalance,
        NoAllowance,
        CapReached
    }

    struct Offer {
        address provider;
        uint40 until;
        uint32 titleEpoch;
    }

    struct Agreement {
        address customer;
        AssetId asset;
        TariffId tariff;
        uint8 gradeAtOpening;
        bool exclusive;
        address delegate;
        uint80 credited; // sum of credit notes
    }

    struct Cap {
        uint80 capPerPeriod;
        uint32 period; // seconds; 0: no refills
        uint80 spentInPeriod;
        uint32 periodIndex; // (chain time − openedAt) / period
    }

    /// @notice The second slot, read only where the state's special bit is set.
    struct Ending {
        uint40 endAt; // 0: not ending
        bool finalAccepted;
        bool suspended;
        bool closed;
        uint40 unusedFrom; // 0: non-use not announced
        uint80 usageAtAnnouncement;
    }

    event Offered(AssetId indexed asset, TariffId indexed tariff, bool exclusive, address indexed provider, uint40 until);
    event OfferWithdrawn(AssetId indexed asset, TariffId indexed tariff, bool exclusive);
    event AgreementOpened(
        AgreementId indexed agreement,
        AssetId indexed asset,
        address indexed customer,
        TariffId tariff,
        bool exclusive,
        uint80 capPerPeriod,
        uint32 period,
        AgreementState state
    );
    /// @notice One accepted reading; `state` is the slot as written, before any refill.
    event ReadingSettled(AgreementId indexed agreement, AgreementState state);
    event ReadingSkipped(AgreementId indexed agreement, uint32 sequence, SkipReason reason);
    event HoldRefilled(AgreementId indexed agreement, uint80 amount, AgreementState state);
    event RefillShort(AgreementId indexed agreement, uint80 wanted, uint80 got, ShortReason reason);
    event StandingAccrued(AgreementId indexed agreement, AgreementState state);
    event CapSet(AgreementId indexed agreement, uint80 capPerPeriod, uint32 period);
    event SuspensionChanged(AgreementId indexed agreement, bool on);
    event EndAnnounced(AgreementId indexed agreement, address indexed by, uint40 endAt);
    event FinalReadingAccepted(AgreementId indexed agreement, uint32 sequence);
    event NonUseAnnounced(AgreementId indexed agreement, uint40 endsAt);
    event AgreementClosed(AgreementId indexed agreement, uint80 returned, AgreementState state);
    event CreditNoteIssued(AgreementId indexed agreement, uint32 sequence, address indexed provider, uint80 amount, bytes32 reason);
    event DisputeRecorded(AgreementId indexed agreement, uint32 sequence, bytes32 documentHash, string uri);
    event DelegateNamed(AgreementId indexed agreement, address indexed delegate);
    event SurplusSkimmed(address indexed currency, address indexed to, uint256 amount);

    error Agreements_NotProvider(AssetId asset, address caller, address provider);
    error Agreements_NotCustomer(AgreementId agreement, address caller, address customer);
    error Agreements_NotParty(AgreementId agreement, address caller);
    error Agreements_Unknown(AgreementId agreement);
    error Agreements_OfferRefused(AssetId asset, bytes32 reason);
    error Agreements_OfferInPast(uint40 until, uint256 now_);
    error Agreements_NoMeter(AssetId asset);
    error Agreements_CurrencyNotListed(AssetId asset, address currency);
    error Agreements_NotOffered(AssetId asset, TariffId tariff, bool exclusive);
    error Agreements_AssetTaken(AssetId asset, uint256 openAgreements);
    error Agreements_HoldBelowTarget(uint80 hold, uint80 target);
    error Agreements_HoldAboveCap(uint80 hold, uint80 capPerPeriod);
    error Agreements_InsufficientFunds(address customer, address currency, uint256 balance, uint256 needed);
    error Agreements_InsufficientAllowance(address owner, address currency, uint256 allowance, uint256 needed);
    error Agreements_RefillRefused(AgreementId agreement, bytes32 reason);
    error Agreements_AlreadyEnding(AgreementId agreement, uint40 endAt);
    error Agreements_AlreadyClosed(AgreementId agreement);
    error Agreements_NotEnded(AgreementId agreement, uint40 endAt, uint256 now_);
    error Agreements_NotExclusive(AgreementId agreement);
    error Agreements_UnusedRuleAbsent(AgreementId agreement);
    error Agreements_NonUseNotAnnounced(AgreementId agreement);
    error Agreements_UsedSince(AgreementId agreement, uint256 usageBefore, uint256 usageNow);
    error Agreements_CreditAboveSettled(AgreementId agreement, uint256 credited, uint256 settled);
    error Agreements_ZeroAmount();
    error Agreements_MalformedBatch(uint256 offset, uint256 length);
    error Agreements_UnknownVersion(uint8 version);
    error Agreements_ReadingRefused(AgreementId agreement, uint32 sequence, SkipReason reason);

    // Offers (pausable)

    function offer(AssetId asset, TariffId tariff, bool exclusive, uint40 until) external;
    function withdrawOffer(AssetId asset, TariffId tariff, bool exclusive) external;

    // Opening (pausable)

    function open(AssetId asset, TariffId tariff, bool exclusive, uint80 hold, uint80 capPerPeriod, uint32 period)
        external
        returns (AgreementId);
    /// @notice By anyone with the customer's signature; `allowance` may be given along (empty signature: not used).
    function openSigned(OpenAgreement calldata form, bytes calldata signature, Allow calldata allowance, bytes calldata allowSignature)
        external
        returns (AgreementId);

    struct Funding {
        uint256 amount;
        uint256 deadline;
        uint8 v;
        bytes32 r;
        bytes32 s;
        Allow allowance;
        bytes allowSignature;
    }

    /// @notice From tokens in the caller's wallet to a machine that may start: two signatures (ERC-2612 permit, Allow), one transaction.
    function openFromWallet(
        AssetId asset,
        TariffId tariff,
        bool exclusive,
        uint80 hold,
        uint80 capPerPeriod,
        uint32 period,
        Funding calldata funding
    ) external returns (AgreementId);

    // Settlement (never pausable, anyone)

    /// @notice A packed batch (docs/wire-formats.md). A bad reading is skipped with its reason; bytes that do not parse are refused whole.
    function settle(bytes calldata batch) external;
    /// @notice One reading with any kind of signature; skipped readings revert with their reason.
    function settleSigned(Reading calldata reading, bytes calldata signature) external;
    /// @notice Fills the hold to its target as far as balance, allowance and cap reach. Never after an end or while suspended.
    function refill(AgreementId agreement) external;
    /// @notice Takes the standing part up to now, or to the end.
    function accrue(AgreementId agreement) external;

    // Customer

    function setCap(AgreementId agreement, uint80 capPerPeriod, uint32 period) external;
    function setCapSigned(SetCap calldata form, bytes calldata signature) external;
    /// @notice No new permits and no refills while on; what permits already allow still settles.
    function suspend(AgreementId agreement, bool on) external;
    function suspendSigned(Suspend calldata form, bytes calldata signature) external;
    function recordDispute(AgreementId agreement, uint32 sequence, bytes32 documentHash, string calldata uri) external;
    function nameDelegate(AgreementId agreement, address delegate) external;

    // Either party; closing by anyone

    function end(AgreementId agreement) external;
    function endSigned(EndAgreement calldata form, bytes calldata signature) external;
    /// @notice After the end, or after an accepted final reading: returns the hold. Arrears die here.
    function close(AgreementId agreement) external;

    // Provider

    function announceUnused(AgreementId agreement) external;
    function endUnused(AgreementId agreement) external;
    function creditNote(AgreementId agreement, uint32 sequence, uint80 amount, bytes32 reason) external;


    // Views

    function stateOf(AgreementId agreement) external view returns (AgreementState);
    function agreementOf(AgreementId agreement) external view returns (Agreement memory);
    function endingOf(AgreementId agreement) external view returns (Ending memory);
    function capOf(AgreementId agreement) external view returns (Cap memory);
    function offerOf(AssetId asset, TariffId tariff, bool exclusive) external view returns (Offer memory);
    function agreementCount() external view returns (uint64);
    function openAgreementsOf(AssetId asset) external view returns (uint256);
    function exclusiveAgreementOf(AssetId asset) external view returns (AgreementId);
    /// @notice Longest notice among the asset's open agreements; an announced meter waits at least as long.
    function longestNoticeOf(AssetId asset) external view returns (uint32);
    /// @notice Sum of all holds in a currency; I-5 says the holds sub-account has at least this.
    function heldIn(address currency) external view returns (uint256);
    function digestOfReading(Reading calldata reading) external view returns (bytes32);

    // Governance

    /// @notice Gifts to the holds sub-account go to the community, never to anyone else.
    function skimSurplus(address currency) external returns (uint256 amount);
    function pause() external;
    function unpause() external;
}
