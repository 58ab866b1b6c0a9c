"""Pages of staff, by who looks at them."""
