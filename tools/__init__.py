"""Tools for maintainers. The packages never import them, and no wheel contains them."""
