// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title What every contract that accepts signed forms shares: unordered single-use nonces that can be cancelled.
interface ISignedForms {
    event NonceUsed(address indexed signer, uint256 nonce);
    event NonceCancelled(address indexed signer, uint256 nonce);

    error Forms_Expired(uint40 deadline, uint256 now_);
    error Forms_SignatureInvalid(address signer);
    error Forms_NonceUsed(address signer, uint256 nonce);

    /// @notice Makes every form of the caller with this nonce void.
    function cancelNonce(uint256 nonce) external;
    function isNonceUsed(address signer, uint256 nonce) external view returns (bool);
}
