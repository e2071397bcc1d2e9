"""The Dagster graph: what is built, from what. The only folder that imports dagster."""
