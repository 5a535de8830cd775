"""The oracle's HTTP door: signed readings in, permits and figures out."""
