"""The roof: settings, routes, the pipeline, and everything that may know all apps."""
