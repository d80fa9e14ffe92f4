"""What the people at the desk have prepared: canned replies, macros, replies that go out later, and views of the queues."""
