"""The data plane: sessions, links and credit. Knows channels and offsets; never sockets, HTTP or the store."""
