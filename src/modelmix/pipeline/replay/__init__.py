"""Replay: recorded requests asked again of cheaper candidates, graded, and booked to the cent."""
