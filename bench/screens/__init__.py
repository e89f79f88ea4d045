"""How soon a message is on the screens of the team, in a real browser, at one message a second and at fifty."""
