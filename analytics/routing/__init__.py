"""Routes: who brings what to whom, in which order, within what a vehicle carries and the hours of everybody."""
