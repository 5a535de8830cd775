"""A machine's whole life: served, repaired, judged about, improved, collected, harvested, recycled; paid by its use."""
