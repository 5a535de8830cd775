// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Uptime, UptimeCustomer, UptimeId, UptimePeriod, UptimeSlots, UptimeTerms} from "../types/Guarantee.sol";
import {AgreementId, AssetId} from "../types/Identifiers.sol";
import {Status} from "../types/MeterForms.sol";

/// @title Promises of uptime that pay: what a machine was down for comes back to those who paid for it.
/// @notice A period is a row of slots of one heartbeat each. A slot is up where the meter signed "up" in it and no "down"; without
///         a status it is silence, hence down. Announced maintenance and stops of the customer's own count neither way. Statuses
///         set bits: any order, any number of times and any relayer come to the same.
///         Until `graceTime` after a period anyone reports its statuses and checkpoints its agreements: what each was charged in the
///         period. Then the sum is the denominator, the credits are fixed once, period after period, at most at what the bond has,
///         and each customer's part is pulled once. Parts are rounded down; what is left when all have claimed is free again.
///         The bond is a sub-account of its own; what anyone sends there backs the promise too.
interface IAvailabilityGuarantees {
    event UptimePromised(
        UptimeId indexed uptime, AssetId indexed asset, address indexed guarantor, UptimeTerms terms, uint80 bond
    );
    event BondAdded(UptimeId indexed uptime, address indexed by, uint256 amount);
    event BondReleased(UptimeId indexed uptime, address indexed guarantor, uint256 amount);
    /// @notice `slots` of the period from `first` on count neither way.
    event MaintenanceAnnounced(UptimeId indexed uptime, uint16 indexed period, uint16 first, uint16 slots);
    event StatusCounted(UptimeId indexed uptime, uint16 indexed period, uint16 slot, uint8 state, uint16 faultCode);
    event Checkpointed(
        UptimeId indexed uptime, AgreementId indexed agreement, uint16 indexed period, uint80 settled, uint80 charge
    );
    event PeriodSettled(
        UptimeId indexed uptime,
        uint16 indexed period,
        uint256 up,
        uint256 counted,
        uint256 creditBps,
        uint256 charged,
        uint256 pool
    );
    event CreditClaimed(
        UptimeId indexed uptime, AgreementId indexed agreement, uint16 indexed period, address customer, uint256 credit
    );

    error Uptime_Paused();
    error Uptime_Unknown(UptimeId uptime);
    error Uptime_AssetRetired(AssetId asset);
    error Uptime_CurrencyNotAdmitted(address currency);
    error Uptime_OutOfRange(bytes32 which, uint256 value, uint256 least, uint256 most);
    error Uptime_NotGuarantor(UptimeId uptime, address caller, address guarantor);
    error Uptime_BondBound(UptimeId uptime, uint256 amount, uint256 free);
    error Uptime_ZeroAmount(UptimeId uptime);
    error Uptime_NoSuchPeriod(UptimeId uptime, uint256 period, uint16 periods);
    error Uptime_NotAhead(UptimeId uptime, uint256 from, uint256 now_);
    error Uptime_TooMuchMaintenance(UptimeId uptime, uint256 slots, uint16 most);
    error Uptime_LengthsDiffer(uint256 statuses, uint256 signatures);
    error Uptime_StatusOfOther(UptimeId uptime, AssetId asset);
    error Uptime_StatusOutside(UptimeId uptime, uint40 time);
    error Uptime_StatusAhead(UptimeId uptime, uint40 time, uint256 now_);
    error Uptime_StatusForged(UptimeId uptime, uint256 index);
    error Uptime_StateDoesNotCount(UptimeId uptime, uint8 state);
    error Uptime_TooEarly(UptimeId uptime, uint256 from, uint256 now_);
    error Uptime_TooLate(UptimeId uptime, uint256 until, uint256 now_);
    error Uptime_AgreementOfOther(UptimeId uptime, AgreementId agreement);
    error Uptime_CurrencyDiffers(UptimeId uptime, AgreementId agreement, address currency);
    error Uptime_OwnAgreement(UptimeId uptime, AgreementId agreement, address guarantor);
    error Uptime_AlreadyCheckpointed(UptimeId uptime, AgreementId agreement, uint16 period);
    error Uptime_NotYetOpened(UptimeId uptime, AgreementId agreement, uint256 openedAt);
    error Uptime_NotSettled(UptimeId uptime, uint16 period);
    error Uptime_NothingToClaim(UptimeId uptime, AgreementId agreement, uint16 period);

    // Entry (paused with the OfferBook)

    /// @notice The caller promises the uptime of any machine that is not retired, with a bond from its own account (allowance).
    /// @param bond Base units; what it cannot pay is not owed.
    function give(UptimeTerms calldata terms, uint80 bond) external returns (UptimeId);

    // Guarantor (never pausable)

    /// @notice Before its first second: whole slots of one period, at most the terms' number in each.
    function announceMaintenance(UptimeId uptime, uint16 period, uint16 first, uint16 slots) external;
    /// @notice What is not reserved for fixed credits: above the first bond at any time, all of it once every period is settled.
    function release(UptimeId uptime, uint256 amount) external;

    // Anyone

    /// @notice From the caller's account (allowance).
    function topUp(UptimeId uptime, uint256 amount) external;
    /// @notice Statuses signed by the asset's present meter, each until the grace time after its period.
    function report(UptimeId uptime, Status[] calldata statuses, bytes[] calldata signatures) external;
    /// @notice From the end of the period until its grace time is over: what the agreement has settled since its last checkpoint, spread
    ///         evenly over the periods since then (or since its opening) and rounded down, is its charge of this period.
    function checkpoint(UptimeId uptime, AgreementId agreement, uint16 period) external;
    /// @notice After the grace time of the first period that is not settled yet.
    function settlePeriod(UptimeId uptime) external returns (uint256 pool);
    /// @notice A customer's part of a settled period, into the customer's account.
    function claim(UptimeId uptime, AgreementId agreement, uint16 period) external returns (uint256 credit);

    // Views

    function uptimeOf(UptimeId uptime) external view returns (Uptime memory);
    function uptimeCount() external view returns (uint64);
    function periodOf(UptimeId uptime, uint16 period) external view returns (UptimePeriod memory);
    function slotsOf(UptimeId uptime, uint16 period, uint256 word) external view returns (UptimeSlots memory);
    function customerOf(UptimeId uptime, AgreementId agreement) external view returns (UptimeCustomer memory);
    /// @return Base units of an unclaimed charge.
    function chargeOf(UptimeId uptime, AgreementId agreement, uint16 period) external view returns (uint80);
    /// @notice As the statuses stand, final once the grace time is over.
    function uptimeIn(UptimeId uptime, uint16 period)
        external
        view
        returns (uint256 up, uint256 counted, uint256 creditBps);
    /// @return The sub-account that holds the bond.
    function accountOf(UptimeId uptime) external view returns (address);
    /// @return Base units in the bond that are not reserved.
    function freeBondOf(UptimeId uptime) external view returns (uint256);
}
