"""What tests are made of: shops, customers and their threads, payloads and evidence."""
