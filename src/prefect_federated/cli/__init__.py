"""The `federated` command."""
