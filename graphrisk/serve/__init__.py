"""The page for investigators: rings, why they were flagged, and what was decided about them."""
