"""MQTT: readings of machines under `nexova/{workspace}/{machine}/{sensor}`, taken with QoS 1 by a durable session."""
