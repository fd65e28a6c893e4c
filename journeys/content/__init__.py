"""Mails, brands and images as marketers write them; what goes out is made by `journeys.messages`."""
