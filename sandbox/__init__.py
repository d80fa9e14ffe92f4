"""The far ends for people without accounts: Infobip with its customers' phones, and a provider of models."""
