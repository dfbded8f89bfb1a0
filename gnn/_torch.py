"""The one place that loads PyTorch, which is an extra; modules that need it import it from here."""

try:
    import torch
    from torch import nn
except ImportError as error:
    raise ImportError("networks need PyTorch; install it with `pip install graphrisk[torch]`") from error

__all__ = ["nn", "torch"]
