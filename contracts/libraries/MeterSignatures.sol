// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {P256} from "@openzeppelin/contracts/utils/cryptography/P256.sol";
import {IMeterRegistry} from "../interfaces/IMeterRegistry.sol";

/// @title Who signed: the address of a meter, or zero. Low-s only; never reverts on a bad signature.
library MeterSignatures {
    /// What an ERC-1271 meter may spend on an answer: some fifteen ecrecovers of attesters, or two P-256 keys without the precompile.
    uint256 internal constant ERC1271_GAS = 500_000;
    uint256 internal constant P256_SIGNATURE_BYTES = 128;

    /// @param signature 64 bytes (EIP-2098) or 65 bytes (r, s, v).
    function recoverSecp256k1(bytes32 digest, bytes calldata signature) internal pure returns (address signer) {
        if (signature.length == 64) {
            (signer,,) = ECDSA.tryRecover(digest, bytes32(signature[:32]), bytes32(signature[32:]));
        } else {
            (signer,,) = ECDSA.tryRecoverCalldata(digest, signature);
        }
    }

    /// @notice The address of the key in a P-256 signature, zero where that key did not sign the digest.
    /// @param signature 128 bytes r‖s‖x‖y: nothing can be recovered from r and s alone at a bearable price.
    function signerP256(bytes32 digest, bytes calldata signature) internal view returns (address signer) {
        if (signature.length != P256_SIGNATURE_BYTES) return address(0);
        bool isValid = P256.verify(
            digest,
            bytes32(signature[:32]),
            bytes32(signature[32:64]),
            bytes32(signature[64:96]),
            bytes32(signature[96:])
        );
        if (isValid) signer = addressOfKey(signature[64:]);
    }

    /// @dev The same rule for both curves.
    function addressOfKey(bytes calldata publicKey) internal pure returns (address) {
        return address(uint160(uint256(keccak256(publicKey))));
    }

    /// @notice Whether the contract accepts the signature now. It can neither write, nor spend more than its share of gas, nor
    ///         fill our memory; its answer is asked for anew each time.
    function isAcceptedByContract(address signer, bytes32 digest, bytes calldata signature)
        internal
        view
        returns (bool accepted)
    {
        bytes memory question = abi.encodeCall(IERC1271.isValidSignature, (digest, signature));
        // A call gets at most 63/64 of what is left: with less than this a sender of little gas could turn a yes into a no.
        uint256 needed = ERC1271_GAS + ERC1271_GAS / 63 + 3_000;
        if (gasleft() < needed) revert IMeterRegistry.Meters_TooLittleGas(gasleft(), needed);
        bytes32 yes = IERC1271.isValidSignature.selector;
        assembly ("memory-safe") {
            let answered := staticcall(ERC1271_GAS, signer, add(question, 0x20), mload(question), 0, 0x20)
            accepted := and(and(answered, gt(returndatasize(), 0x1f)), eq(mload(0), yes))
        }
    }
}
