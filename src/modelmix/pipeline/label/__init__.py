"""Labels: what people are shown, what they say, and what follows from it."""
