"""Measured figures, each beside its floor or a peer in the same run; `make bench` writes them to docs/benchmarks.md."""
