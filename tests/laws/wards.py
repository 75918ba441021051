"""The wards of the library, under the name the laws know them by."""

from titration.testing.wards import DOSE_HOUR, DRUGS, FIRST_DAY, HOURS, REGIMENS, ward

__all__ = ["DOSE_HOUR", "DRUGS", "FIRST_DAY", "HOURS", "REGIMENS", "ward"]
