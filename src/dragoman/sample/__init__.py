"""The demonstration's plain data: people, a fact sheet, statements. Loaded by `dragoman.cli.sample`."""
