"""Meters fed from recorded operation instead of a simulated machine."""
