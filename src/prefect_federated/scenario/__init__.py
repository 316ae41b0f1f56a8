"""A whole federation set up from nothing: for the demo, the tests and the benchmarks."""
