// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ISignedForms} from "./ISignedForms.sol";
import {AgreementId, AssetId, TariffId} from "../types/Identifiers.sol";
import {AgreementState} from "../types/AgreementState.sol";
import {Allow, EndAgreement, OpenAgreement, SetCap, Suspend} from "../types/AccountForms.sol";
import {Reading} from "../types/MeterForms.sol";

/// @title Pay per use: agreements and their settlement from signed cumulative readings.
/// @notice Holds are money in subaccount(this, "holds"). Settlement never takes more than the hold (promise 1), the latest
///         reading replaces all before it (promise 2), a batch is never reverted by one bad reading.
/// @dev WARNING what a stolen meter key can take is bounded by hold + cap, and by maxChargePerHour × time + burst.
interface IUsageAgreements is ISignedForms {
    /// @notice In the order in which they are checked; the first that applies is the one reported.
    enum SkipReason {
        None,
        UnknownAgreement, // no agreement with this id, asset and tariff
        MalformedSequence, // sequence of 2³¹ or more
        Stale, // a newer reading has settled, or this one has settled in full
        Closed,
        AfterFinal, // newer than the accepted final reading
        InvalidSignature, // not the asset's present meter
        TooFarAhead, // reading time more than 120 s after chain time
        ChargeFell, // cumulative charge below what was settled
        Implausible // more than maxChargePerHour × time since opening + burst
    }

    enum ShortReason {
        NoBalance,
        NoAllowance,
        CapReached,
        Paused
    }

    struct Agreement {
        address customer;
        AssetId asset;
        TariffId tariff;
        address delegate; // may sign Start and read personal figures; moves no money
        uint8 gradeAtOpening;
        bool exclusive;
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
        bool usedSince; // a newer reading has shown use, paid or owed
    }

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
    event DelegateNamed(AgreementId indexed agreement, address indexed delegate);
    event SurplusSkimmed(address indexed currency, address indexed to, uint256 amount);

    error Agreements_NotProvider(AgreementId agreement, address caller, address provider);
    error Agreements_NotCustomer(AgreementId agreement, address caller, address customer);
    error Agreements_NotParty(AgreementId agreement, address caller);
    error Agreements_Unknown(AgreementId agreement);
    error Agreements_AssetTaken(AssetId asset, uint256 openAgreements);
    error Agreements_HoldBelowTarget(uint80 hold, uint80 target);
    error Agreements_HoldAboveCap(uint80 hold, uint80 capPerPeriod);
    error Agreements_RefillRefused(AgreementId agreement, bytes32 reason);
    error Agreements_AlreadyEnding(AgreementId agreement, uint40 endAt);
    error Agreements_AlreadyClosed(AgreementId agreement);
    error Agreements_NotEnded(AgreementId agreement, uint40 endAt, uint256 now_);
    error Agreements_NotExclusive(AgreementId agreement);
    error Agreements_UnusedRuleAbsent(AgreementId agreement);
    error Agreements_NonUseNotAnnounced(AgreementId agreement);
    error Agreements_UsedSince(AgreementId agreement);
    error Agreements_ZeroAmount();
    error Agreements_MalformedBatch(uint256 offset, uint256 length);
    error Agreements_UnknownVersion(uint8 version);
    error Agreements_ReadingRefused(AgreementId agreement, uint32 sequence, SkipReason reason);

    // Opening (pausable through the OfferBook). `multicall` puts funding, allowance and opening in one transaction: from tokens
    // in a wallet to a machine that may start takes two signatures (ERC-2612 permit, Allow) and one transaction.

    /// @notice The caller opens; the hold is taken from its account within its allowance to this contract (the ledger's typed
    ///         errors say what is missing).
    function open(AssetId asset, TariffId tariff, bool exclusive, uint80 hold, uint80 capPerPeriod, uint32 period)
        external
        returns (AgreementId);
    /// @notice By anyone with the customer's signature.
    function openSigned(OpenAgreement calldata form, bytes calldata signature) external returns (AgreementId);
    /// @notice Hands an `Allow` to the ledger.
    function allow(Allow calldata form, bytes calldata signature) external;
    /// @notice Takes tokens from the caller's wallet into the caller's account; needs an allowance to this contract of at
    ///         least `amount`, so put `allow` first.
    function fund(address currency, uint256 amount, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external;
    /// @notice Several of this contract's calls in one transaction.
    function multicall(bytes[] calldata calls) external returns (bytes[] memory results);

    // Settlement (never pausable, anyone)

    /// @notice A packed batch (docs/wire-formats.md). A bad reading is skipped with its reason; bytes that do not parse are refused whole.
    function settle(bytes calldata batch) external;
    /// @notice One reading with any kind of signature: secp256k1 (64 or 65 bytes), P-256 (r‖s‖x‖y) or whatever the ERC-1271
    ///         contract that is the meter accepts now. Readings that `settle` would skip revert with their reason.
    function settleSigned(Reading calldata reading, bytes calldata signature) external;
    /// @notice Fills the hold to its target as far as balance, allowance and cap reach; what falls short emits its reason.
    ///         Never after an end or while suspended; none while the OfferBook is paused.
    function refill(AgreementId agreement) external;
    /// @notice Takes the standing part up to now, or to the end.
    function accrue(AgreementId agreement) external;

    // Customer

    function setCap(AgreementId agreement, uint80 capPerPeriod, uint32 period) external;
    function setCapSigned(SetCap calldata form, bytes calldata signature) external;
    /// @notice No new permits and no refills while on; what permits already allow still settles.
    function suspend(AgreementId agreement, bool on) external;
    function suspendSigned(Suspend calldata form, bytes calldata signature) external;
    function nameDelegate(AgreementId agreement, address delegate) external;

    // Either party; closing by anyone

    /// @notice After notice and minimum term. A customer whose asset has a less trusted meter than at opening is free of the
    ///         minimum term, and may say so also where an end is announced already.
    function end(AgreementId agreement) external;
    function endSigned(EndAgreement calldata form, bytes calldata signature) external;
    /// @notice After the end, or after an accepted final reading: returns the hold. Arrears die here.
    function close(AgreementId agreement) external;

    // Provider

    /// @notice Non-use of an exclusive agreement; any newer reading that shows use, whoever relays it, keeps the agreement.
    function announceUnused(AgreementId agreement) external;
    function endUnused(AgreementId agreement) external;

    // Views

    function stateOf(AgreementId agreement) external view returns (AgreementState);
    function agreementOf(AgreementId agreement) external view returns (Agreement memory);
    function endingOf(AgreementId agreement) external view returns (Ending memory);
    function capOf(AgreementId agreement) external view returns (Cap memory);
    function agreementCount() external view returns (uint64);
    function openAgreementsOf(AssetId asset) external view returns (uint256);
    function exclusiveAgreementOf(AssetId asset) external view returns (AgreementId);
    /// @notice Longest notice among the asset's open agreements; an announced meter waits at least as long.
    function longestNoticeOf(AssetId asset) external view returns (uint32);
    /// @notice Sum of all holds in a currency; I-5 says the holds sub-account has at least this.
    function heldIn(address currency) external view returns (uint256);
    function digestOfReading(Reading calldata reading) external view returns (bytes32);

    // This contract has no authority: nobody can pause settlement or any exit, or change a word of it

    /// @notice Anyone: gifts to the holds sub-account go to the community, never to anyone else.
    function skimSurplus(address currency) external returns (uint256 amount);
}
