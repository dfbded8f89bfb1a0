"""What a scan will need, told before it starts, and whether there is room for it."""
