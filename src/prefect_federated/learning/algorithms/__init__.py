"""What a silo does in a round beside the plan's own training: one file per paper, named in a task's `local` section."""
