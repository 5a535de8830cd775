"""The platform run again: every call of every transaction, with the auditor's own code, from an empty beginning.

Each contract has one module here with a handler for each function that changes state. A handler appends the logs that
the contract must emit and changes the books; the engine holds the logs against the chain's.
"""
