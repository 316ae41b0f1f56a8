"""Flows order tasks: participate, conclude, federated_round."""
