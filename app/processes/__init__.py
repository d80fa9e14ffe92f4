"""The processes of an installation: who starts them and keeps them alive, and their pulse."""
