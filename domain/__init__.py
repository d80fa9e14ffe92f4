"""The business: one folder per noun, each cut alike into models, repository, service and schemas."""
