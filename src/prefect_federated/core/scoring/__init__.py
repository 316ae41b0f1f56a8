"""What an update was worth to a validator: one file per rule."""
