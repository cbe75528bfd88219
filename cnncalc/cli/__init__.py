"""The command line: one file per command, no logic; what a command needs is imported when it runs."""

import os

# no plugin of pydantic has a part here, and looking for them through all installed packages costs a tenth of the start
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
