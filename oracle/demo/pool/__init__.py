"""A story: ten factories share spare motors for three years."""
