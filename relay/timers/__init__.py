"""The door the clock knocks on: tasks that wake by themselves and call one service step each."""
