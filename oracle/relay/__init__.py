"""The relay: seal → submit → confirm, follow the chain, issue permits. Trusted with nothing; pays gas."""
