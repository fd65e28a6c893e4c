"""`manage.py quickstart` and what else is run from a command line."""
