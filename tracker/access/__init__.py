"""Who may hand in and read what: sources with their keys, tokens with their scopes."""
