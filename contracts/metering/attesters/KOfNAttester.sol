// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @title A meter that is a committee: k of n attesters sign for a machine that cannot sign itself, such as one behind an old
///        gateway.
/// @notice Bound as an asset's meter with curve 2 (ERC-1271), usually at trust grade 0. A signature is k secp256k1 signatures of
///         65 bytes (r, s, v) of the same digest, by rising address of the attester, one after the other.
/// @dev Nobody owns it and it never changes: another committee is another contract and a replaced meter, which every customer
///      sees. One committee may serve one asset only (a meter serves one); the digest names the asset, so attesters may sit in
///      many committees. WARNING k attesters together are the meter: they can sign any reading within the tariff's bounds.
contract KOfNAttester is IERC1271 {
    /// Keeps an answer far below the gas that MeterRegistry grants it.
    uint256 public constant MOST_ATTESTERS = 32;
    uint256 private constant SIGNATURE_BYTES = 65;

    uint256 public immutable threshold;
    mapping(address => bool) public isAttester;
    address[] private _attesters;

    error Attesters_Threshold(uint256 threshold, uint256 attesters);
    error Attesters_NotRising(address attester);

    /// @param attesters By rising address, so that none is there twice and none is zero.
    constructor(address[] memory attesters, uint256 threshold_) {
        if (threshold_ == 0 || threshold_ > attesters.length || attesters.length > MOST_ATTESTERS) {
            revert Attesters_Threshold(threshold_, attesters.length);
        }
        address last = address(0);
        for (uint256 i = 0; i < attesters.length; ++i) {
            if (attesters[i] <= last) revert Attesters_NotRising(attesters[i]);
            last = attesters[i];
            isAttester[last] = true;
        }
        threshold = threshold_;
        _attesters = attesters;
    }

    /// @inheritdoc IERC1271
    function isValidSignature(bytes32 digest, bytes calldata signature) external view returns (bytes4) {
        return _isSigned(digest, signature) ? IERC1271.isValidSignature.selector : bytes4(0xffffffff);
    }

    function attestersOf() external view returns (address[] memory) {
        return _attesters;
    }

    /// @dev Rising addresses: no attester counts twice.
    function _isSigned(bytes32 digest, bytes calldata signature) private view returns (bool) {
        if (signature.length != threshold * SIGNATURE_BYTES) return false;
        address last = address(0);
        for (uint256 i = 0; i < signature.length; i += SIGNATURE_BYTES) {
            (address attester,,) = ECDSA.tryRecoverCalldata(digest, signature[i:i + SIGNATURE_BYTES]);
            if (attester <= last || !isAttester[attester]) return false;
            last = attester;
        }
        return true;
    }
}
