// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AgreementId, AssetId} from "../types/Identifiers.sol";
import {
    Reservation,
    ReservationId,
    ReservationRules,
    ReservationRulesId,
    ReservationStage
} from "../types/Reservation.sol";

/// @title Bookings of shared machines: slots, deposits, no-shows, and the condition in which a machine is left.
/// @notice A deposit moves from the customer's account (allowance) into this contract's sub-account and leaves it once and
///         completely: back to the customer, or in part to where the machine's fees go (I-17). A booking keeps the rules under
///         which it was made, whoever owns the machine later. Every stage has an end that anyone can bring about after its time.
/// @dev A booking opens no agreement and issues no permit: who serves permits reads it here.
interface IReservations {
    event RulesSet(
        AssetId indexed asset,
        ReservationRulesId indexed rules,
        address indexed provider,
        ReservationRules content,
        address[] arbiters
    );
    event BookingStopped(AssetId indexed asset, address indexed provider);
    event Booked(
        ReservationId indexed reservation,
        AssetId indexed asset,
        address indexed customer,
        ReservationRulesId rules,
        uint40 from,
        uint40 until,
        uint80 deposit,
        AgreementId agreement
    );
    /// @notice `agreement` zero: the customer said so itself.
    event CheckedIn(ReservationId indexed reservation, AgreementId agreement);
    event ReturnReported(ReservationId indexed reservation, bytes32 conditionHash, string uri);
    event Contested(
        ReservationId indexed reservation, address indexed by, uint40 deadline, bytes32 documentHash, string uri
    );
    event RulingGiven(
        ReservationId indexed reservation, address indexed arbiter, uint16 toAssetBps, bytes32 documentHash
    );
    /// @notice The end of every booking; toCustomer + toAsset is the deposit.
    event ReservationEnded(
        ReservationId indexed reservation,
        ReservationStage indexed stage,
        address indexed by,
        uint80 toCustomer,
        uint80 toAsset,
        address assetAccount
    );
    event SurplusSkimmed(address indexed currency, address indexed to, uint256 amount);

    error Reservations_Unknown(ReservationId reservation);
    error Reservations_NotProvider(AssetId asset, address caller, address provider);
    error Reservations_CurrencyNotListed(AssetId asset, address currency);
    error Reservations_OutOfRange(bytes32 which, uint256 value, uint256 least, uint256 most);
    error Reservations_InvalidArbiter(address arbiter);
    error Reservations_SlotsInUse(AssetId asset, uint32 slotLength, uint40 bookedUntil);
    error Reservations_NoRules(AssetId asset);
    error Reservations_Refused(AssetId asset, bytes32 reason);
    error Reservations_Paused();
    error Reservations_OffSlot(uint40 time, uint32 slotLength);
    error Reservations_TooLong(uint256 slots, uint16 most);
    error Reservations_Past(uint40 from, uint256 now_);
    error Reservations_TooFarAhead(uint40 from, uint256 furthest);
    error Reservations_Taken(AssetId asset, uint40 slotFrom);
    error Reservations_AgreementMismatch(AgreementId agreement, AssetId asset, address customer);
    error Reservations_WrongStage(ReservationId reservation, ReservationStage stage, ReservationStage needed);
    error Reservations_NotCustomer(ReservationId reservation, address caller, address customer);
    error Reservations_NotParty(ReservationId reservation, address caller);
    error Reservations_NotArbiter(ReservationId reservation, address caller);
    error Reservations_TooEarly(ReservationId reservation, uint256 from);
    error Reservations_TooLate(ReservationId reservation, uint256 until);
    error Reservations_NotUsed(ReservationId reservation, AgreementId agreement);
    error Reservations_NoArbiters(ReservationId reservation);
    error Reservations_ZeroDocument(ReservationId reservation);
    error Reservations_NoSurplus(address currency);

    // Provider

    /// @notice New bookings follow these rules until the title moves or the provider sets others. Slots keep their length while
    ///         bookings lie ahead. Without arbiters nobody can contest.
    function setRules(AssetId asset, ReservationRules calldata rules, address[] calldata arbiters)
        external
        returns (ReservationRulesId);
    /// @notice No new bookings. Those made go on.
    function stopBooking(AssetId asset) external;

    // Customer

    /// @notice Books [from, until), on edges of slots and free. With an agreement of the customer on this asset, its readings can
    ///         prove that the machine was used.
    function book(AssetId asset, uint40 from, uint40 until, AgreementId agreement) external returns (ReservationId);
    /// @notice Everything back: the customer in time, the provider any time before check-in.
    function cancel(ReservationId reservation) external;
    /// @notice The customer, between the booking's beginning and end.
    function checkIn(ReservationId reservation) external;
    /// @notice Tells in which condition the machine was left; evidence, not a step.
    function reportReturn(ReservationId reservation, bytes32 conditionHash, string calldata uri) external;

    // Anyone

    /// @notice The booking's agreement has a newer reading, taken between the booking's beginning and end.
    function proveUse(ReservationId reservation) external;
    /// @notice After the time for proof: nobody came.
    function forfeit(ReservationId reservation) external;
    /// @notice Nobody contested in time, or the arbiters said nothing: everything back.
    function release(ReservationId reservation) external;

    // Return condition

    /// @notice By the provider, or by the customer of a booking that begins within the contest time after this one's end (`next`; zero
    ///         for the provider).
    function contest(ReservationId reservation, ReservationId next, bytes32 documentHash, string calldata uri) external;
    /// @notice The first word of an arbiter decides: so much of the deposit goes to the machine, the rest back.
    function rule(ReservationId reservation, uint16 toAssetBps, bytes32 documentHash) external;

    /// @notice Anyone: gifts to the deposits' sub-account go to the community.
    function skimSurplus(address currency) external returns (uint256 amount);

    // Views

    function reservationOf(ReservationId reservation) external view returns (Reservation memory);
    function reservationCount() external view returns (uint64);
    function rulesCount() external view returns (uint32);
    function rulesOf(ReservationRulesId rules) external view returns (ReservationRules memory);
    function arbitersOf(ReservationRulesId rules) external view returns (address[] memory);
    /// @notice Reverts where the present provider has set none.
    function presentRulesOf(AssetId asset) external view returns (ReservationRulesId);
    /// @return Whether every slot of [from, until) is free under the asset's present rules.
    function isFree(AssetId asset, uint40 from, uint40 until) external view returns (bool);
    /// @notice Sum of all deposits of a currency that have not been paid out.
    function depositsIn(address currency) external view returns (uint256);
}
