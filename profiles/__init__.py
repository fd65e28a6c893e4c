"""Profiles: who people are, what they did, what they allow."""
