"""How a profile's file is read, and all that is wrong in it said at once."""
