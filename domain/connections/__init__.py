"""Connections: the senders and chat widgets of a workspace, the mediums they stand on and who carries them."""
