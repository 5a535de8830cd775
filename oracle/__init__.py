"""The oracle: everything of the platform that runs off chain."""
