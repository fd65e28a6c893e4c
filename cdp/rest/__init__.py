"""What of the partner API takes the whole house, its routes and its description."""
