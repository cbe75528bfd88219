"""The command line: one file per command, no logic; what a command needs is imported when it runs."""
