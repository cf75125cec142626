"""Files that events carry as evidence: checked, freed of metadata, and stored encrypted."""
