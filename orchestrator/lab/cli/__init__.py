"""The command line: the interactive shell, single commands, and what follows a pipe."""
