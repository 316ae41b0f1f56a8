"""The pure domain: values in, values out; no I/O, no clock, no Prefect, web3 or torch."""
