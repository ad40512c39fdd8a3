"""What may be used, under which licence, and where a revision can be cited."""
