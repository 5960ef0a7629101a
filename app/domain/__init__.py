"""What is true: nouns, states and rules. Standard library only."""
