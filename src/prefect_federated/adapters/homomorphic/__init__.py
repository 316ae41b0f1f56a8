"""Encrypting and decrypting for `prefect_federated.core.homomorphic`, by Microsoft SEAL as TenSEAL ships it.

pip install 'prefect-federated[he]'
"""
