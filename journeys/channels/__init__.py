"""Channels: the ways to reach people."""
