"""Reference models: what the contracts must do, in plain integers."""
