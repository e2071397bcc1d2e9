"""One row type per dataset, a file per method; columns are TRL's where TRL has them."""
