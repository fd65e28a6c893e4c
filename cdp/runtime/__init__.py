"""What the one-command start needs: an embedded PostgreSQL, a broker, and a supervisor for our processes."""
