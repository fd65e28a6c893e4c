"""Broadcasts on screen: their forms, their pages, their results."""
