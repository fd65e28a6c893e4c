"""Who is on their way: journeys as drawings, and the engine that takes people through them."""
