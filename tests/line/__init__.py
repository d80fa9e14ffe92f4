"""Tests of the line: what comes in and goes out over WhatsApp, and the sandbox that plays the provider."""
