// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AssetId, SplitId} from "./Identifiers.sol";

/// Identifiers count from 1; zero always means "none".
type SaleId is uint64;

using {isSameSale as ==, isOtherSale as !=} for SaleId global;

SaleId constant NO_SALE = SaleId.wrap(0);

function isSameSale(SaleId a, SaleId b) pure returns (bool) {
    return SaleId.unwrap(a) == SaleId.unwrap(b);
}

function isOtherSale(SaleId a, SaleId b) pure returns (bool) {
    return SaleId.unwrap(a) != SaleId.unwrap(b);
}

/// A title for sale at a fixed price.
struct Sale {
    AssetId asset;
    uint32 titleEpoch; // of the offer; void under any other
    uint40 until; // the last second
    uint80 price; // in base units of `currency`
    address seller;
    address buyer; // zero: anyone
    address currency;
    SplitId split; // the split that goes with the machine; zero: the buyer's choice
}
