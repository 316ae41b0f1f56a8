"""I/O without Prefect: chain, content stores, MLflow, Great Expectations."""
