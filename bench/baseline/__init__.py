"""What a team writes first, to measure against."""
