"""A washing machine bought by a three-tranche round: two years of washes, a bad half year, and two ways to end."""
