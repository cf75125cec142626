"""What every way in shares: strict parsing, CloudEvents, validation, and reading files."""
