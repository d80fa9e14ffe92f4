"""WhatsApp through Infobip."""
