"""Gates around the contracts, run from the Makefile; none of it ships."""
