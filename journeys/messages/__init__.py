"""Messages: what is owed, what it says, how it gets out."""
