"""The ward round in a terminal. An application: nothing else imports it."""
