// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {
    Allow,
    EndAgreement,
    OpenAgreement,
    Register,
    SetCap,
    Suspend,
    Withdraw,
    hashAllow,
    hashEndAgreement,
    hashOpenAgreement,
    hashRegister,
    hashSetCap,
    hashSuspend,
    hashWithdraw
} from "../types/AccountForms.sol";
import {Permit, Start, hashPermit, hashStart} from "../types/DeviceForms.sol";
import {
    MeterBinding,
    PermitSigner,
    Reading,
    Status,
    hashMeterBinding,
    hashPermitSigner,
    hashReading,
    hashStatus
} from "../types/MeterForms.sol";
import {HandOver, hashHandOver} from "../types/Service.sol";

/// @title Struct hash and digest of every signed form, for any chain and verifying contract.
/// @notice Golden vectors and implementations in other languages are held against these.
contract TypedDataHarness {
    function domainSeparator(uint256 chainId, address verifyingContract) public pure returns (bytes32) {
        return keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("CISE"),
                keccak256("1"),
                chainId,
                verifyingContract
            )
        );
    }

    function readingHash(Reading calldata form) external pure returns (bytes32) {
        return hashReading(form);
    }

    function readingDigest(Reading calldata form, uint256 chainId, address verifyingContract)
        external
        pure
        returns (bytes32)
    {
        return _digest(hashReading(form), chainId, verifyingContract);
    }

    function statusHash(Status calldata form) external pure returns (bytes32) {
        return hashStatus(form);
    }

    function statusDigest(Status calldata form, uint256 chainId, address verifyingContract)
        external
        pure
        returns (bytes32)
    {
        return _digest(hashStatus(form), chainId, verifyingContract);
    }

    function meterBindingHash(MeterBinding calldata form) external pure returns (bytes32) {
        return hashMeterBinding(form);
    }

    function meterBindingDigest(MeterBinding calldata form, uint256 chainId, address verifyingContract)
        external
        pure
        returns (bytes32)
    {
        return _digest(hashMeterBinding(form), chainId, verifyingContract);
    }

    function permitSignerHash(PermitSigner calldata form) external pure returns (bytes32) {
        return hashPermitSigner(form);
    }

    function permitSignerDigest(PermitSigner calldata form, uint256 chainId, address verifyingContract)
        external
        pure
        returns (bytes32)
    {
        return _digest(hashPermitSigner(form), chainId, verifyingContract);
    }

    function permitHash(Permit calldata form) external pure returns (bytes32) {
        return hashPermit(form);
    }

    function permitDigest(Permit calldata form, uint256 chainId, address verifyingContract)
        external
        pure
        returns (bytes32)
    {
        return _digest(hashPermit(form), chainId, verifyingContract);
    }

    function startHash(Start calldata form) external pure returns (bytes32) {
        return hashStart(form);
    }

    function startDigest(Start calldata form, uint256 chainId, address verifyingContract)
        external
        pure
        returns (bytes32)
    {
        return _digest(hashStart(form), chainId, verifyingContract);
    }

    function registerHash(Register calldata form) external pure returns (bytes32) {
        return hashRegister(form);
    }

    function registerDigest(Register calldata form, uint256 chainId, address verifyingContract)
        external
        pure
        returns (bytes32)
    {
        return _digest(hashRegister(form), chainId, verifyingContract);
    }

    function openAgreementHash(OpenAgreement calldata form) external pure returns (bytes32) {
        return hashOpenAgreement(form);
    }

    function openAgreementDigest(OpenAgreement calldata form, uint256 chainId, address verifyingContract)
        external
        pure
        returns (bytes32)
    {
        return _digest(hashOpenAgreement(form), chainId, verifyingContract);
    }

    function endAgreementHash(EndAgreement calldata form) external pure returns (bytes32) {
        return hashEndAgreement(form);
    }

    function endAgreementDigest(EndAgreement calldata form, uint256 chainId, address verifyingContract)
        external
        pure
        returns (bytes32)
    {
        return _digest(hashEndAgreement(form), chainId, verifyingContract);
    }

    function setCapHash(SetCap calldata form) external pure returns (bytes32) {
        return hashSetCap(form);
    }

    function setCapDigest(SetCap calldata form, uint256 chainId, address verifyingContract)
        external
        pure
        returns (bytes32)
    {
        return _digest(hashSetCap(form), chainId, verifyingContract);
    }

    function suspendHash(Suspend calldata form) external pure returns (bytes32) {
        return hashSuspend(form);
    }

    function suspendDigest(Suspend calldata form, uint256 chainId, address verifyingContract)
        external
        pure
        returns (bytes32)
    {
        return _digest(hashSuspend(form), chainId, verifyingContract);
    }

    function allowHash(Allow calldata form) external pure returns (bytes32) {
        return hashAllow(form);
    }

    function allowDigest(Allow calldata form, uint256 chainId, address verifyingContract)
        external
        pure
        returns (bytes32)
    {
        return _digest(hashAllow(form), chainId, verifyingContract);
    }

    function withdrawHash(Withdraw calldata form) external pure returns (bytes32) {
        return hashWithdraw(form);
    }

    function withdrawDigest(Withdraw calldata form, uint256 chainId, address verifyingContract)
        external
        pure
        returns (bytes32)
    {
        return _digest(hashWithdraw(form), chainId, verifyingContract);
    }

    function handOverHash(HandOver calldata form) external pure returns (bytes32) {
        return hashHandOver(form);
    }

    function handOverDigest(HandOver calldata form, uint256 chainId, address verifyingContract)
        external
        pure
        returns (bytes32)
    {
        return _digest(hashHandOver(form), chainId, verifyingContract);
    }

    function _digest(bytes32 structHash, uint256 chainId, address verifyingContract) private pure returns (bytes32) {
        return MessageHashUtils.toTypedDataHash(domainSeparator(chainId, verifyingContract), structHash);
    }
}
