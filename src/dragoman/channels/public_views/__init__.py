"""What the public and other servers send to channels."""
