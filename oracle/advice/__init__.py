"""What owners, makers and members can conclude from figures: pure functions, no chain and no database."""
