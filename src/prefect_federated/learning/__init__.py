"""Local training: the training-plan protocol and its torch implementation."""
