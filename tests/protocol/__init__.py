"""The wire, proved without a wire: properties of frames, messages, windows and the link's state tables."""
