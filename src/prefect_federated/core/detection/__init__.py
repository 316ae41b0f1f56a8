"""Who behaved oddly in a round, told apart from what the rule did with it: one file a test."""
