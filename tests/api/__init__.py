"""The HTTP door: its frame (server, routing, headers, limits, documents), tried over real TCP."""
