"""The independent auditor: recomputes the platform from the chain alone, with code of its own.

    rpc  ahead  blocks  rlp  trie      what the node tells, a window at a time, the next one on its way
    chain  stream                      held block by block against the hashes that headers commit to, then let go
    abi  calldata  signatures          what was asked, and who signed it
    quote  split  buyback  waterfall   what usage costs, who gets what, what a machine and a tranche are worth
    replay/                            every contract run again; its logs must be the chain's, one by one
    told  tally  tokens                what the logs say, and the sums of it: custody in the currencies, I-1 … I-7;
                                       guarantee_, order_, pool_, round_ and title_tally for theirs
    storage  roots  dump  checks       where contracts keep what; every word compared, no word besides
    check_guarantees  …                I-8 … I-13, I-18 … I-20, one module for each part of the platform
    platform  verify                   from the Directory's address to the outcome
    onlooker                           whoever needs single readings keeps them: the audit holds state, no history
    statement  receipt  journal  history  report

It imports nothing else of the oracle but its errors, so that one mistake cannot be on both sides.
"""
