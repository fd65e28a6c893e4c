"""Pages about journeys, by what people do on them."""
