"""What can be asked of contacts, and who answers yes."""
