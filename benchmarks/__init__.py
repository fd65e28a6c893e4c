"""Measurements, each against a baseline that was committed first and stays as it is."""
