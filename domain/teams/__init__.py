"""Teams: who attends what, what each of them knows, and who is at the desk now."""
