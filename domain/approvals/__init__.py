"""Approvals: a change that was proposed to a member of the staff, and what they said to it. No answer is a no."""
