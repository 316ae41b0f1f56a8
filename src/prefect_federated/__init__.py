"""Federated learning rounds as Prefect flows, coordinated by an EVM chain. See `prefect_federated.flows`."""
