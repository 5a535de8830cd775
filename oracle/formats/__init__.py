"""Documents that travel with machines, in forms that others read."""
