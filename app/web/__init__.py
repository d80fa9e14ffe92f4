"""The web process: the doors through which providers, browsers and machines come in."""
