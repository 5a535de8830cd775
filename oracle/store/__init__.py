"""The oracle's memory: what must survive a kill, and the read model of the chain."""
