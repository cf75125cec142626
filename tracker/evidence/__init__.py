"""Files that events carry as evidence: checked, freed of metadata, and stored encrypted."""

from tracker.evidence.cleaning import cleaned
from tracker.evidence.kinds import ACCEPTED, MOST_BYTES, Clean
from tracker.evidence.storing import Attached, attach, of, open_file

__all__ = ["ACCEPTED", "MOST_BYTES", "Attached", "Clean", "attach", "cleaned", "of", "open_file"]
