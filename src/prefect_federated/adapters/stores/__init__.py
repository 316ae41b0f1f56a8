"""Content stores: local folder, S3, IPFS."""
