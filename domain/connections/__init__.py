"""Connections: the WhatsApp senders and chat widgets of a workspace."""
