"""The floor: small helpers that know no app."""
