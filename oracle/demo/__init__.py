"""A platform on one machine, and stories that run on it and check themselves."""
