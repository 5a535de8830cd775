// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AssetId} from "../types/Identifiers.sol";
import {MeterBinding, PermitSigner, Status} from "../types/MeterForms.sol";

/// @title Keys inside machines: which key signs for an asset, since when, how far it is to be trusted, and who signs permits.
/// @notice Writes only the meter part of an asset's route slot. A key serves one asset and, once replaced, none ever again.
interface IMeterRegistry {
    struct Meter {
        address signer;
        uint8 curve;
        uint8 grade;
        uint32 epoch;
        uint40 since; // chain time of activation
    }

    struct PendingMeter {
        address signer;
        uint8 curve;
        uint8 grade;
        uint32 epoch;
        uint40 effectiveAt;
        uint48 odometer;
        bytes32 registersHash;
    }

    struct OdometerState {
        uint32 sequence; // of the last status recorded from the present meter; starts anew with each meter
        uint40 time; // as signed; never falls
        uint8 state;
        uint16 faultCode;
        uint48 odometer; // never falls
        uint48 ratePerDay; // the asset's highest possible growth
        uint40 since; // chain time from which the rate counts: the last checkpoint, less the time of a fraction of one unit
    }

    event MeterAnnounced(
        AssetId indexed asset,
        address indexed signer,
        uint32 epoch,
        uint8 curve,
        uint8 grade,
        uint40 effectiveAt,
        bytes32 registersHash
    );
    event MeterActivated(AssetId indexed asset, address indexed signer, uint32 epoch, uint8 curve, uint8 grade);
    event AnnouncementWithdrawn(AssetId indexed asset, uint32 epoch);
    event GradeAttested(AssetId indexed asset, uint32 epoch, uint8 grade);
    event OdometerRateDeclared(AssetId indexed asset, uint48 ratePerDay);
    event StatusRecorded(
        AssetId indexed asset, uint32 sequence, uint40 time, uint8 state, uint16 faultCode, uint48 odometer
    );
    event RotationKeySet(AssetId indexed asset, address indexed key, uint32 titleEpoch);
    event PermitSignerAppointed(AssetId indexed asset, address indexed signer, uint32 epoch, uint40 validFrom);

    error Meters_NotTitleOwner(AssetId asset, address caller, address owner);
    error Meters_NotMaker(AssetId asset, address caller, address maker);
    error Meters_UnknownCurve(uint8 curve);
    error Meters_SignerLength(uint8 curve, uint256 length);
    error Meters_ZeroSigner();
    error Meters_GradeNeedsMaker(uint8 grade);
    error Meters_GradeUnknown(uint8 grade);
    error Meters_KeyInUse(address signer, AssetId asset);
    error Meters_WrongEpoch(AssetId asset, uint32 given, uint32 expected);
    /// An ERC-1271 meter is asked only where its full share of gas is there, so that gas cannot turn its answer.
    error Meters_TooLittleGas(uint256 left, uint256 needed);
    error Meters_SignatureInvalid(AssetId asset, address signer);
    error Meters_EffectiveTooEarly(AssetId asset, uint40 effectiveAt, uint256 earliest);
    error Meters_EffectiveTooLate(AssetId asset, uint40 effectiveAt, uint256 latest);
    error Meters_NothingPending(AssetId asset);
    error Meters_NotYet(AssetId asset, uint40 effectiveAt, uint256 now_);
    error Meters_NoMeter(AssetId asset);
    error Meters_RateAlreadyDeclared(AssetId asset, uint48 ratePerDay);
    error Meters_ZeroRate();
    error Meters_StaleStatus(AssetId asset, uint32 sequence, uint32 last);
    error Meters_StateUnknown(uint8 state);
    error Meters_TimeAhead(AssetId asset, uint40 time, uint256 now_);
    error Meters_TimeFell(AssetId asset, uint40 time, uint40 last);
    error Meters_OdometerFell(AssetId asset, uint48 odometer, uint48 last);
    error Meters_OdometerTooFast(AssetId asset, uint48 odometer, uint256 most);
    error Meters_RotationKeyAlreadySet(AssetId asset, address key);
    error Meters_ServiceResetNeeded(AssetId asset, uint32 titleEpoch);
    error Meters_NoRotationKey(AssetId asset);
    error Meters_StalePermitSigner(AssetId asset, uint32 epoch, uint32 last);

    /// @notice Title owner announces a meter. `possession` is the new key's signature of the binding. With `oldKey`, the present
    ///         meter's signature of the same binding (empty: none), or where there is no meter yet, it takes effect at once;
    ///         otherwise at `binding.effectiveAt`, at the earliest after the longest notice among the asset's open agreements
    ///         and at most 30 days after that. A later announcement takes the place of a pending one; a title transfer voids it.
    ///         The first meter's odometer is the asset's first checkpoint; a later meter may not stand below the
    ///         checkpoint and does not move it. Grade 2 only where the title owner is the maker.
    function announceMeter(MeterBinding calldata binding, uint8 grade, bytes calldata possession, bytes calldata oldKey)
        external;
    function withdrawAnnouncement(AssetId asset) external;
    /// @notice Anyone, once the announced time has come.
    function activate(AssetId asset) external;
    /// @notice The maker confirms that the present meter is a secure element (grade 2, nothing else).
    function attestGrade(AssetId asset, uint32 epoch, uint8 grade) external;

    /// @notice Once per asset, by its maker or title owner: the most its odometer can grow in a day. It counts from the last
    ///         checkpoint, so declaring late loses nothing.
    function declareOdometerRate(AssetId asset, uint48 ratePerDay) external;
    /// @notice Anyone relays a status signed by the present meter. Raises the odometer checkpoint by at most rate × time since
    ///         the last; until a rate is declared it stands still.
    function recordStatus(Status calldata status, bytes calldata signature) external;
    /// @notice Whether the present meter signed this; sequence, time and odometer are the asker's to judge.
    function verifyStatus(Status calldata status, bytes calldata signature) external view returns (bool);
    /// @notice The asset's present meter where it signed this digest, of whichever curve it is; else zero. ERC-1271 meters are
    ///         asked anew each time, by a static call with a bounded share of gas.
    function signerOf(AssetId asset, bytes32 digest, bytes calldata signature) external view returns (address signer);
    /// @notice The address of the P-256 key in a signature r‖s‖x‖y (128 bytes), zero where that key did not sign the digest.
    ///         Stateless: what a batch needs, since it compares the address with the asset's route anyway.
    function signerP256(bytes32 digest, bytes calldata signature) external view returns (address signer);

    /// @notice Sets the provider's cold key for the asset, once per title owner and never a key that served the asset before.
    ///         After a title transfer `reset` must be a service-reset status (state 4) newer than the last recorded one, and is
    ///         recorded; before any transfer it is ignored.
    function setRotationKey(AssetId asset, address key, Status calldata reset, bytes calldata signature) external;
    /// @notice Anyone relays an appointment signed by the rotation key; epochs rise under each rotation key. The signer
    ///         before stays valid until `validFrom`. A lienholder that is an ILienholder is asked first, and its error is the
    ///         refusal.
    function appointPermitSigner(PermitSigner calldata form, bytes calldata signature) external;

    function meterOf(AssetId asset) external view returns (Meter memory);
    function pendingOf(AssetId asset) external view returns (PendingMeter memory);
    function gradeOf(AssetId asset) external view returns (uint8);
    function odometerOf(AssetId asset) external view returns (OdometerState memory);
    /// @return key Zero where none was set since the title last moved.
    function rotationKeyOf(AssetId asset) external view returns (address key);
    /// @return signer Zero where none is valid now (never appointed, not yet valid, or lapsed with the title).
    function permitSignerOf(AssetId asset) external view returns (address signer, uint32 epoch, uint40 validFrom);
    function digestOfStatus(Status calldata status) external view returns (bytes32);
    function digestOfBinding(MeterBinding calldata binding) external view returns (bytes32);
    function digestOfPermitSigner(PermitSigner calldata form) external view returns (bytes32);
}
