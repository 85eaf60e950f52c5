"""What people do, from end to end: a real relay, a real agent process, a real PTY, a real Chromium."""
