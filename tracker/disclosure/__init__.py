"""How figures are put before readers: their wording in each language."""
