"""Stories about the partner API."""
