"""SIGKILL at every named point (`oracle/points.py`), on a real chain, database and door: what must hold afterwards."""
