"""Long tests, run by `make chaos` alone."""
