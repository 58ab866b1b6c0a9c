"""What `bench.pulse` runs against each other: servers of one live stream, and the crowd that reads them."""
