"""Members of the staff, who ask the shop for its figures and change it after their own yes."""
