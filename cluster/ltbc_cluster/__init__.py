"""Trains the networks of let-there-be-color with PyTorch, on one device or many."""
