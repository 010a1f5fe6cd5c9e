"""What makes answers: handlers, automatic operations, samples."""
