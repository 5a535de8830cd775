"""Formats of the outside world: lives of machines as EPCIS events."""
