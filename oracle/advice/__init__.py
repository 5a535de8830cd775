"""What the oracle would do in a provider's place: pure functions of figures."""
