"""The command line `cise`: options in, results out; all logic is in the packages below."""
