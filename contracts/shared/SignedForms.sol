// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {BitMaps} from "@openzeppelin/contracts/utils/structs/BitMaps.sol";
import {ISignedForms} from "../interfaces/ISignedForms.sol";

/// @dev Signers may be plain accounts or ERC-1271 contracts; the signature is checked at execution, never cached.
abstract contract SignedForms is ISignedForms, EIP712 {
    using BitMaps for BitMaps.BitMap;

    mapping(address signer => BitMaps.BitMap) private _usedNonces;

    constructor() EIP712("CISE", "1") {}

    /// @inheritdoc ISignedForms
    function cancelNonce(uint256 nonce) external {
        if (isNonceUsed(msg.sender, nonce)) revert Forms_NonceUsed(msg.sender, nonce);
        _usedNonces[msg.sender].set(nonce);
        emit NonceCancelled(msg.sender, nonce);
    }

    /// @inheritdoc ISignedForms
    function isNonceUsed(address signer, uint256 nonce) public view returns (bool) {
        return _usedNonces[signer].get(nonce);
    }

    /// @dev Spends the nonce before the check so that an ERC-1271 signer cannot re-enter with the same form.
    function _consumeForm(address signer, bytes32 structHash, uint256 nonce, uint40 deadline, bytes calldata signature)
        internal
    {
        if (block.timestamp > deadline) revert Forms_Expired(deadline, block.timestamp);
        if (isNonceUsed(signer, nonce)) revert Forms_NonceUsed(signer, nonce);
        _usedNonces[signer].set(nonce);
        emit NonceUsed(signer, nonce);
        if (!SignatureChecker.isValidSignatureNowCalldata(signer, _hashTypedDataV4(structHash), signature)) {
            revert Forms_SignatureInvalid(signer);
        }
    }
}
