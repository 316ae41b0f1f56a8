"""Many simulated participants on one machine, through the flows, contracts and tasks of real ones."""
