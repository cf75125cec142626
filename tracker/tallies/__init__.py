"""Running figures: what every measure has counted so far, exact, in the recording transaction."""
