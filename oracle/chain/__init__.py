"""The node and what it knows: client, ABIs, typed events, transactions, signers, a local chain."""
