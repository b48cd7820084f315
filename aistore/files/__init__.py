"""The bytes of uploads, without their rows: received, told apart, named, laid down. Knows no model."""
