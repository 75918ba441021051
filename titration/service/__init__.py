"""The one door for front ends: assess, replay, ingest, packs."""
