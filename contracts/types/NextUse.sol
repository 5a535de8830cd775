// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// What becomes of a machine, best first. From Repurpose on it is no longer that machine and is retired.
enum NextUse {
    None,
    ReuseElsewhere,
    Repair,
    Refurbish,
    Remanufacture,
    Repurpose,
    Harvest,
    Recycle,
    Dispose
}

/// What became of a recovered material.
enum Fate {
    Reused,
    Recycled,
    Energy,
    Lost
}

struct Recovered {
    bytes32 material; // as named in the passport, short ASCII
    uint64 grams;
    Fate fate;
}
