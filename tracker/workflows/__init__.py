"""What a lifecycle alone cannot say: who may act, and what follows from an act."""
