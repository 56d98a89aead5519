"""Archives of logs: indexed once, asked often. Needs no device; DuckDB is the optional extra ``logs``."""
