"""The spec itself and its suppressions (CN9xx)."""
