"""Noord & Co, the sample shop: told by a seed, loaded like any other data, removed in one click."""
