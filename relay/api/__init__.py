"""The HTTP and WebSocket door: routes as data, one folder a dialect."""
