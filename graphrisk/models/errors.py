"""What can be wrong with data that a model shall learn from."""


class TrainingError(ValueError):
    """The data cannot be learned from."""
