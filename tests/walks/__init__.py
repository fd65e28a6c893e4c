"""The walks: the whole product, as its users start it."""
