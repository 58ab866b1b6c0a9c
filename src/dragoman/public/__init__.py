"""The public plane: pages, feeds, files, the live stream. Knows no app above it; shows nothing before its proof."""
