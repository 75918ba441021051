"""Handover: a ward's rounds sheet and a patient's sheet as text, Markdown, HTML or CSV. Nothing leaves the machine.

Pure functions from what the door told to text; ``write_sheet`` puts a text into a file only its owner can read.
"""

from titration.service.rounds.handover.formats import Format, patient_sheet, ward_sheet
from titration.service.rounds.handover.writing import write_sheet

__all__ = ["Format", "patient_sheet", "ward_sheet", "write_sheet"]
