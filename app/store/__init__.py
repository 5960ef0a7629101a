"""SQL: the tables, the unit of work, and the queries by noun."""
