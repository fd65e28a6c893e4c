"""Tests of who people are and what they did."""
