"""What an administrator does to profiles from the command line."""
