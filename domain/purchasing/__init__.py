"""Buying goods: orders to suppliers, what arrives of them, and what goes back."""
