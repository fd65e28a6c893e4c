"""The journey editor: the drawing, its forms and what its page shows. Its views are in `journeys.views`."""
