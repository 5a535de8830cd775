"""The independent auditor: recomputes the platform from the chain alone, with code of its own.

    rpc  blocks  rlp  trie  chain      what the node tells, held against the hashes that headers commit to
    abi  calldata  signatures          what was asked, and who signed it
    quote  split                       what usage costs, who gets what
    replay/                            every contract run again; its logs must be the chain's, one by one
    storage  roots                     where contracts keep what; every word compared, no word besides
    tokens  checks                     custody in the currencies; I-1 … I-7 from logs and storage
    platform  verify                   from the Directory's address to the outcome
    statement  receipt  journal  report

It imports nothing else of the oracle but its errors, so that one mistake cannot be on both sides.
"""
