"""Owned by its users: founded, joined, decided, refused, paused, expelled from; audited."""
