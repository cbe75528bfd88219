"""The report room: views and formats, on analyses made by hand (nothing here runs the engine)."""
