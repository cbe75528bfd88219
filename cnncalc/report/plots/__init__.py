"""Pictures drawn with matplotlib, which is imported when one is asked for. Computing does not belong here."""
