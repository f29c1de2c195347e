"""A place as data: read, linted as a whole without a database, compared, published."""
