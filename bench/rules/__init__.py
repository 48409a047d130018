"""What evaluating the rules costs for a large fleet."""
