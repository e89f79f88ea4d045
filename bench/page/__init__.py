"""What Lighthouse says of the inbox: where one signs in, with sixty who wait, and with ten thousand stored."""
