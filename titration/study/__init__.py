"""The study: a protocol as data, who is due, endpoints, safety, and the tables and figures of a case or a group."""
