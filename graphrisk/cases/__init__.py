"""Cases: what people decide about rings, in a log that only grows."""
