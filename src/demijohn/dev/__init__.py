"""Hold what helps while an application is being written."""
