"""MLflow as a mirror of chain and store: runs, model versions, files, and the way back from them."""
