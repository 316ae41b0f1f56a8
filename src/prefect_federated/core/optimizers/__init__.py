"""Server optimisers: from base model, exact aggregate and last state to the next model; one file per paper."""
