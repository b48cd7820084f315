"""Finding what was said: from what a person types to a query, and from a text to a snippet. Knows no model."""
