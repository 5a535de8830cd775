"""What customers, makers and providers do themselves: each act one function, with the actor's own key."""
