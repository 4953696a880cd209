"""What a run has to say: to people at a terminal, and to programs as JSON."""
