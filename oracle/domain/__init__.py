"""The rules of the platform as pure functions: no clock, no network, no disk, integers only."""
