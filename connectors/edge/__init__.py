"""The edge box: beside machines, with a line that comes and goes. It keeps what they say until the house has it."""
