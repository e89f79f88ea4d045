"""What goes out by e-mail: letters, the server they are handed to, and the clerk who hands them over."""
