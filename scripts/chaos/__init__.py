"""The long tests: faults, floods and clocks."""
