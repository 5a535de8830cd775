// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IAssetRegistry} from "../interfaces/IAssetRegistry.sol";
import {ILienholder} from "../interfaces/ILienholder.sol";
import {IMeterRegistry} from "../interfaces/IMeterRegistry.sol";
import {IUsageAgreements} from "../interfaces/IUsageAgreements.sol";
import {Lienholders} from "../libraries/Lienholders.sol";
import {MeterSignatures} from "../libraries/MeterSignatures.sol";
import {OdometerMath} from "../libraries/OdometerMath.sol";
import {AssetId, NO_ASSET} from "../types/Identifiers.sol";
import {
    CURVE_ERC1271,
    CURVE_P256,
    CURVE_SECP256K1,
    GRADE_SECURE_ELEMENT,
    hashMeterBinding,
    hashPermitSigner,
    hashStatus,
    MeterBinding,
    PermitSigner,
    STATE_SERVICE_RESET,
    Status
} from "../types/MeterForms.sol";

/// @title Keys inside machines; see IMeterRegistry.
/// @dev Calls only AssetRegistry and UsageAgreements, both fixed at deployment, neither of which calls a stranger from there, and,
///      for views, a lienholder that wants to be asked.
contract MeterRegistry is IMeterRegistry, EIP712 {
    uint256 public constant LONGEST_WAIT = 30 days;
    uint256 public constant CLOCK_TOLERANCE = 120 seconds;

    /// An announced meter, void once the title has moved.
    struct Announcement {
        PendingMeter meter;
        uint32 titleEpoch;
    }

    struct RotationKey {
        address key;
        uint32 titleEpoch;
    }

    struct Appointment {
        address signer;
        uint32 epoch;
        uint40 validFrom;
    }

    /// Two, so that an appointment from a future time leaves no gap before it.
    struct Appointments {
        Appointment previous;
        Appointment latest;
    }

    IAssetRegistry public immutable assets;
    IUsageAgreements public immutable agreements;

    mapping(AssetId => Meter) private _meters;
    mapping(AssetId => Announcement) private _announcements;
    /// Never cleared: a key that served once serves nowhere else.
    mapping(address signer => AssetId) private _servedBy;
    mapping(AssetId => OdometerState) private _odometers;
    mapping(AssetId => RotationKey) private _rotationKeys;
    /// A form signed under an earlier title must not come alive again when its key does.
    mapping(AssetId => mapping(address key => bool)) private _wasRotationKey;
    mapping(AssetId => Appointments) private _permitSigners;

    constructor(IAssetRegistry assets_, IUsageAgreements agreements_) EIP712("CISE", "1") {
        assets = assets_;
        agreements = agreements_;
    }

    // Meters

    /// @inheritdoc IMeterRegistry
    function announceMeter(MeterBinding calldata binding, uint8 grade, bytes calldata possession, bytes calldata oldKey)
        external
    {
        AssetId asset = binding.assetId;
        _checkTitleOwner(asset);
        _checkGrade(asset, grade);
        Meter memory present = _meters[asset];
        address signer = _checkBinding(binding, present, possession);
        _dropAnnouncement(asset);

        if (present.signer == address(0)) {
            _odometers[asset].odometer = binding.odometer;
            _odometers[asset].since = uint40(block.timestamp);
            _install(asset, signer, binding.curve, grade, binding.epoch);
            return;
        }
        uint48 checkpoint = _odometers[asset].odometer;
        if (binding.odometer < checkpoint) revert Meters_OdometerFell(asset, binding.odometer, checkpoint);
        if (oldKey.length == 0) return _announce(binding, signer, grade);
        if (!_isSignedBy(present.curve, present.signer, _digest(hashMeterBinding(binding)), oldKey)) {
            revert Meters_SignatureInvalid(asset, present.signer);
        }
        _install(asset, signer, binding.curve, grade, binding.epoch);
    }

    /// @inheritdoc IMeterRegistry
    function withdrawAnnouncement(AssetId asset) external {
        _checkTitleOwner(asset);
        if (!_isPending(asset)) revert Meters_NothingPending(asset);
        _dropAnnouncement(asset);
    }

    /// @inheritdoc IMeterRegistry
    function activate(AssetId asset) external {
        if (!_isPending(asset)) revert Meters_NothingPending(asset);
        PendingMeter memory pending = _announcements[asset].meter;
        if (block.timestamp < pending.effectiveAt) {
            revert Meters_NotYet(asset, pending.effectiveAt, block.timestamp);
        }
        delete _announcements[asset];
        _install(asset, pending.signer, pending.curve, pending.grade, pending.epoch);
    }

    /// @inheritdoc IMeterRegistry
    function attestGrade(AssetId asset, uint32 epoch, uint8 grade) external {
        address maker = assets.assetOf(asset).maker;
        if (msg.sender != maker) revert Meters_NotMaker(asset, msg.sender, maker);
        Meter storage meter = _present(asset);
        if (epoch != meter.epoch) revert Meters_WrongEpoch(asset, epoch, meter.epoch);
        if (grade != GRADE_SECURE_ELEMENT) revert Meters_GradeUnknown(grade);
        meter.grade = grade;
        emit GradeAttested(asset, epoch, grade);
    }

    // Status and odometer

    /// @inheritdoc IMeterRegistry
    function declareOdometerRate(AssetId asset, uint48 ratePerDay) external {
        address owner = assets.providerOf(asset);
        if (msg.sender != owner && msg.sender != assets.assetOf(asset).maker) {
            revert Meters_NotTitleOwner(asset, msg.sender, owner);
        }
        OdometerState storage state = _odometers[asset];
        if (state.ratePerDay != 0) revert Meters_RateAlreadyDeclared(asset, state.ratePerDay);
        if (ratePerDay == 0) revert Meters_ZeroRate();
        state.ratePerDay = ratePerDay;
        emit OdometerRateDeclared(asset, ratePerDay);
    }

    /// @inheritdoc IMeterRegistry
    function recordStatus(Status calldata status, bytes calldata signature) external {
        _record(status, signature);
    }

    /// @inheritdoc IMeterRegistry
    function verifyStatus(Status calldata status, bytes calldata signature) external view returns (bool) {
        Meter memory meter = _meters[status.assetId];
        return
            meter.signer != address(0) && _isSignedBy(meter.curve, meter.signer, _digest(hashStatus(status)), signature);
    }

    /// @inheritdoc IMeterRegistry
    function signerOf(AssetId asset, bytes32 digest, bytes calldata signature) external view returns (address signer) {
        Meter memory meter = _meters[asset];
        if (meter.signer != address(0) && _isSignedBy(meter.curve, meter.signer, digest, signature)) {
            signer = meter.signer;
        }
    }

    /// @inheritdoc IMeterRegistry
    function signerP256(bytes32 digest, bytes calldata signature) external view returns (address signer) {
        return MeterSignatures.signerP256(digest, signature);
    }

    // Permit signers

    /// @inheritdoc IMeterRegistry
    function setRotationKey(AssetId asset, address key, Status calldata reset, bytes calldata signature) external {
        _checkTitleOwner(asset);
        if (key == address(0)) revert Meters_ZeroSigner();
        uint32 titleEpoch = assets.titleEpochOf(asset);
        address present = rotationKeyOf(asset);
        if (present != address(0)) revert Meters_RotationKeyAlreadySet(asset, present);
        if (_wasRotationKey[asset][key]) revert Meters_RotationKeyAlreadySet(asset, key);
        if (titleEpoch != 0) {
            if (reset.assetId != asset || reset.state != STATE_SERVICE_RESET) {
                revert Meters_ServiceResetNeeded(asset, titleEpoch);
            }
            _record(reset, signature);
        }
        _wasRotationKey[asset][key] = true;
        _rotationKeys[asset] = RotationKey({key: key, titleEpoch: titleEpoch});
        delete _permitSigners[asset];
        emit RotationKeySet(asset, key, titleEpoch);
    }

    /// @inheritdoc IMeterRegistry
    function appointPermitSigner(PermitSigner calldata form, bytes calldata signature) external {
        AssetId asset = form.assetId;
        address key = rotationKeyOf(asset);
        if (key == address(0)) revert Meters_NoRotationKey(asset);
        // A device must be able to check the appointment off line, so the cold key is a plain secp256k1 key.
        if (!_isSignedBy(CURVE_SECP256K1, key, _digest(hashPermitSigner(form)), signature)) {
            revert Meters_SignatureInvalid(asset, key);
        }
        if (form.signer == address(0)) revert Meters_ZeroSigner();
        ILienholder lienholder = Lienholders.toAsk(assets, asset);
        if (address(lienholder) != address(0)) lienholder.checkPermitSigner(asset, form.signer);
        Appointments storage appointments = _permitSigners[asset];
        Appointment memory last = appointments.latest;
        if (form.epoch <= last.epoch) revert Meters_StalePermitSigner(asset, form.epoch, last.epoch);

        if (last.validFrom <= block.timestamp) appointments.previous = last;
        appointments.latest = Appointment({signer: form.signer, epoch: form.epoch, validFrom: form.validFrom});
        emit PermitSignerAppointed(asset, form.signer, form.epoch, form.validFrom);
    }

    // Views

    /// @inheritdoc IMeterRegistry
    function meterOf(AssetId asset) external view returns (Meter memory) {
        return _meters[asset];
    }

    /// @inheritdoc IMeterRegistry
    function pendingOf(AssetId asset) external view returns (PendingMeter memory pending) {
        if (_isPending(asset)) pending = _announcements[asset].meter;
    }

    /// @inheritdoc IMeterRegistry
    function gradeOf(AssetId asset) external view returns (uint8) {
        return _meters[asset].grade;
    }

    /// @inheritdoc IMeterRegistry
    function odometerOf(AssetId asset) external view returns (OdometerState memory) {
        return _odometers[asset];
    }

    /// @inheritdoc IMeterRegistry
    function rotationKeyOf(AssetId asset) public view returns (address key) {
        RotationKey memory stored = _rotationKeys[asset];
        return stored.titleEpoch == assets.titleEpochOf(asset) ? stored.key : address(0);
    }

    /// @inheritdoc IMeterRegistry
    function permitSignerOf(AssetId asset) external view returns (address signer, uint32 epoch, uint40 validFrom) {
        if (rotationKeyOf(asset) == address(0)) return (address(0), 0, 0);
        Appointment memory valid = _permitSigners[asset].latest;
        if (valid.validFrom > block.timestamp) valid = _permitSigners[asset].previous;
        return (valid.signer, valid.epoch, valid.validFrom);
    }

    /// @inheritdoc IMeterRegistry
    function digestOfStatus(Status calldata status) external view returns (bytes32) {
        return _digest(hashStatus(status));
    }

    /// @inheritdoc IMeterRegistry
    function digestOfBinding(MeterBinding calldata binding) external view returns (bytes32) {
        return _digest(hashMeterBinding(binding));
    }

    /// @inheritdoc IMeterRegistry
    function digestOfPermitSigner(PermitSigner calldata form) external view returns (bytes32) {
        return _digest(hashPermitSigner(form));
    }

    // Internals: meters

    /// @dev Epoch, key and proof of possession of a binding.
    function _checkBinding(MeterBinding calldata binding, Meter memory present, bytes calldata possession)
        private
        view
        returns (address signer)
    {
        signer = _signerAddress(binding.curve, binding.signer);
        if (binding.epoch != present.epoch + 1) {
            revert Meters_WrongEpoch(binding.assetId, binding.epoch, present.epoch + 1);
        }
        _checkUnused(signer);
        if (!_isSignedBy(binding.curve, signer, _digest(hashMeterBinding(binding)), possession)) {
            revert Meters_SignatureInvalid(binding.assetId, signer);
        }
    }

    function _checkGrade(AssetId asset, uint8 grade) private view {
        if (grade > GRADE_SECURE_ELEMENT) revert Meters_GradeUnknown(grade);
        if (grade == GRADE_SECURE_ELEMENT && msg.sender != assets.assetOf(asset).maker) {
            revert Meters_GradeNeedsMaker(grade);
        }
    }

    function _announce(MeterBinding calldata binding, address signer, uint8 grade) private {
        AssetId asset = binding.assetId;
        _checkEffectiveAt(asset, binding.effectiveAt);
        PendingMeter memory pending = PendingMeter({
            signer: signer,
            curve: binding.curve,
            grade: grade,
            epoch: binding.epoch,
            effectiveAt: binding.effectiveAt,
            odometer: binding.odometer,
            registersHash: binding.registersHash
        });
        _announcements[asset] = Announcement({meter: pending, titleEpoch: assets.titleEpochOf(asset)});
        emit MeterAnnounced(
            asset, signer, pending.epoch, pending.curve, grade, pending.effectiveAt, pending.registersHash
        );
    }

    /// @dev Long enough for every customer to see the announcement and to end before it takes effect.
    function _checkEffectiveAt(AssetId asset, uint40 effectiveAt) private view {
        uint256 earliest = block.timestamp + agreements.longestNoticeOf(asset);
        if (effectiveAt < earliest) revert Meters_EffectiveTooEarly(asset, effectiveAt, earliest);
        if (effectiveAt > earliest + LONGEST_WAIT) {
            revert Meters_EffectiveTooLate(asset, effectiveAt, earliest + LONGEST_WAIT);
        }
    }

    /// @dev Checked again here because another asset may have taken an announced key meanwhile. The status sequence starts
    ///      anew: a stolen key that ran it to its end must not silence the meters after it, and no status of another key
    ///      verifies under this one.
    function _install(AssetId asset, address signer, uint8 curve, uint8 grade, uint32 epoch) private {
        _checkUnused(signer);
        _servedBy[signer] = asset;
        _meters[asset] =
            Meter({signer: signer, curve: curve, grade: grade, epoch: epoch, since: uint40(block.timestamp)});
        _odometers[asset].sequence = 0;
        emit MeterActivated(asset, signer, epoch, curve, grade);
        assets.setMeter(asset, signer, epoch);
    }

    function _dropAnnouncement(AssetId asset) private {
        if (!_isPending(asset)) return;
        uint32 epoch = _announcements[asset].meter.epoch;
        delete _announcements[asset];
        emit AnnouncementWithdrawn(asset, epoch);
    }

    function _isPending(AssetId asset) private view returns (bool) {
        Announcement storage announcement = _announcements[asset];
        return announcement.meter.epoch != 0 && announcement.titleEpoch == assets.titleEpochOf(asset);
    }

    function _present(AssetId asset) private view returns (Meter storage meter) {
        meter = _meters[asset];
        if (meter.signer == address(0)) revert Meters_NoMeter(asset);
    }

    function _checkUnused(address signer) private view {
        AssetId asset = _servedBy[signer];
        if (asset != NO_ASSET) revert Meters_KeyInUse(signer, asset);
    }

    // Internals: status

    function _record(Status calldata status, bytes calldata signature) private {
        AssetId asset = status.assetId;
        Meter memory meter = _present(asset);
        if (status.state > STATE_SERVICE_RESET) revert Meters_StateUnknown(status.state);
        if (!_isSignedBy(meter.curve, meter.signer, _digest(hashStatus(status)), signature)) {
            revert Meters_SignatureInvalid(asset, meter.signer);
        }
        OdometerState memory last = _odometers[asset];
        if (status.sequence <= last.sequence) revert Meters_StaleStatus(asset, status.sequence, last.sequence);
        if (status.time > block.timestamp + CLOCK_TOLERANCE) {
            revert Meters_TimeAhead(asset, status.time, block.timestamp);
        }
        if (status.time < last.time) revert Meters_TimeFell(asset, status.time, last.time);
        if (status.odometer < last.odometer) revert Meters_OdometerFell(asset, status.odometer, last.odometer);
        uint256 most = OdometerMath.highest(last.odometer, last.ratePerDay, last.since, block.timestamp);
        if (status.odometer > most) revert Meters_OdometerTooFast(asset, status.odometer, most);

        _odometers[asset] = OdometerState({
            sequence: status.sequence,
            time: status.time,
            state: status.state,
            faultCode: status.faultCode,
            odometer: status.odometer,
            ratePerDay: last.ratePerDay,
            since: OdometerMath.carry(status.odometer - last.odometer, last.ratePerDay, last.since, block.timestamp)
        });
        emit StatusRecorded(asset, status.sequence, status.time, status.state, status.faultCode, status.odometer);
    }

    // Internals: curves

    /// @dev The address under which the route slot knows a key.
    function _signerAddress(uint8 curve, bytes calldata signer) private pure returns (address key) {
        if (curve > CURVE_ERC1271) revert Meters_UnknownCurve(curve);
        if (signer.length != (curve == CURVE_P256 ? 64 : 20)) revert Meters_SignerLength(curve, signer.length);
        key = curve == CURVE_P256 ? MeterSignatures.addressOfKey(signer) : address(bytes20(signer));
        if (key == address(0)) revert Meters_ZeroSigner();
    }

    function _isSignedBy(uint8 curve, address signer, bytes32 digest, bytes calldata signature)
        private
        view
        returns (bool)
    {
        if (curve == CURVE_P256) return MeterSignatures.signerP256(digest, signature) == signer;
        if (curve == CURVE_ERC1271) return MeterSignatures.isAcceptedByContract(signer, digest, signature);
        return MeterSignatures.recoverSecp256k1(digest, signature) == signer;
    }

    function _digest(bytes32 structHash) private view returns (bytes32) {
        return _hashTypedDataV4(structHash);
    }

    // Internals: title

    function _checkTitleOwner(AssetId asset) private view {
        address owner = assets.providerOf(asset);
        if (msg.sender != owner) revert Meters_NotTitleOwner(asset, msg.sender, owner);
    }
}
