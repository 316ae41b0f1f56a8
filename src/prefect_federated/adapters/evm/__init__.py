"""Talking to an EVM chain: RPC client, outbox, logs, deployment, devnet."""
