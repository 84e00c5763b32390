"""What maintainers run: never imported by the packages, never shipped."""
