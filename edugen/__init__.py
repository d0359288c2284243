"""edugen: a machine learning course in code.  Every equation executed, every gradient written by hand."""

__version__ = "0.1.0"

__all__ = ["__version__"]
