"""What goes out by itself."""
