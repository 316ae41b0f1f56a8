"""The publicly known accounts of development chains; their keys are in every tutorial, never fund them for real.

Both kinds of devnet have the same ones, so that a program finds money on either.
"""

from functools import cache

CHAIN_ID = 31337
MNEMONIC = "test test test test test test test test test test test junk"  # anvil's and hardhat's default
FUNDER_KEY = bytes.fromhex("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80")  # its first account


@cache
def _key(index: int) -> bytes:
    from eth_account import Account

    Account.enable_unaudited_hdwallet_features()
    return bytes(Account.from_mnemonic(MNEMONIC, account_path=f"m/44'/60'/0'/0/{index}").key)


def dev_keys(count: int) -> list[bytes]:
    """Private keys of the first `count` accounts.

    >>> dev_keys(1)[0] == FUNDER_KEY
    True
    """
    return [FUNDER_KEY if index == 0 else _key(index) for index in range(count)]


def rich_key() -> bytes:
    """Key of the account that pays for `devnet_setBalance` on the embedded chain."""
    from eth_utils.crypto import keccak

    return keccak(text="prefect-federated devnet faucet")
