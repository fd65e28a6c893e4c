"""Journeys: who is on their way, what is owed to them, and the channels it goes out by."""
