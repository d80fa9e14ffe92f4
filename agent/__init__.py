"""The mind: sessions, states, turns, the journal, the prompt, the models and the gate on what is said."""
