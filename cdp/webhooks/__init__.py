"""Outgoing webhooks: what happens here is told to programs outside, signed, retried, logged and replayable."""
