"""One file per stage of a round; each task reads, decides with one core call, writes."""
